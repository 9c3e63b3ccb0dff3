/* cidr: a block of addresses. What stands in an event is in it when it is the text of an address of the same
 * version with the same leading bits. Texts are those of RFC 4291 and of four decimal numbers without leading zeros;
 * an IPv4 address that is written as IPv6 is IPv6. */
#include "match/pattern_reader.h"

/* A number of 1 to digits_max digits of the base at *at, which is moved behind it. */
static bool read_digits(struct str text, size_t *at, unsigned base, unsigned digits_max, unsigned *ret)
{
    unsigned value = 0, digits = 0;
    for (; *at < text.len && digits < digits_max; (*at)++, digits++) {
        char c = text.ptr[*at];
        unsigned digit = c >= '0' && c <= '9'   ? (unsigned)(c - '0')
                         : c >= 'a' && c <= 'f' ? (unsigned)(c - 'a') + 10
                         : c >= 'A' && c <= 'F' ? (unsigned)(c - 'A') + 10
                                                : base;
        if (digit >= base)
            break;
        value = value * base + digit;
    }
    *ret = value;
    return digits > 0;
}

static bool read_v4(struct str text, unsigned char *ret)
{
    size_t at = 0;
    for (unsigned i = 0; i < 4; i++) {
        unsigned value;
        size_t start = at;
        if (!read_digits(text, &at, 10, 3, &value) || value > 255 ||
            (text.ptr[start] == '0' && at > start + 1))
            return false;
        ret[i] = (unsigned char)value;
        if (i < 3 && (at == text.len || text.ptr[at++] != '.'))
            return false;
    }
    return at == text.len;
}

static bool read_v6(struct str text, unsigned char *ret)
{
    unsigned char bytes[16] = { 0 };
    size_t at = 0, len = 0, gap = SIZE_MAX; /* bytes before the "::" */
    if (str_starts(text, STR("::"))) {
        gap = 0;
        at = 2;
    }
    while (at < text.len) {
        unsigned value;
        size_t start = at;
        if (len == 16)
            return false;
        if (!read_digits(text, &at, 16, 4, &value))
            return false;
        if (at < text.len && text.ptr[at] == '.') {
            if (len > 12 || !read_v4(str_from_offset(text, start), bytes + len))
                return false;
            len += 4;
            at = text.len;
            break;
        }
        bytes[len++] = (unsigned char)(value >> 8);
        bytes[len++] = (unsigned char)value;
        if (at == text.len)
            break;
        if (text.ptr[at++] != ':' || at == text.len)
            return false;
        if (text.ptr[at] != ':')
            continue;
        if (gap != SIZE_MAX)
            return false;
        gap = len;
        at++;
    }
    if (gap == SIZE_MAX ? len != 16 : len > 14)
        return false;
    if (gap == SIZE_MAX)
        gap = len;
    memset(ret, 0, 16);
    memcpy(ret, bytes, gap);
    memcpy(ret + 16 - (len - gap), bytes + gap, len - gap);
    return true;
}

bool pattern_address_read(struct str text, unsigned char *ret, uint8_t *ret_bits)
{
    bool v4 = text.len <= 15 && read_v4(text, ret);
    *ret_bits = v4 ? 32 : 128;
    return v4 || (text.len <= 45 && read_v6(text, ret));
}

static void clear_behind(unsigned char *address, unsigned prefix_bits)
{
    for (unsigned i = 0; i < 16; i++) {
        unsigned kept = prefix_bits > i * 8 ? prefix_bits - i * 8 : 0;
        if (kept < 8)
            address[i] &= (unsigned char)(0xFF00u >> kept);
    }
}

enum err pattern_read_cidr(struct pattern_reader *r, const struct json *value, struct pattern_test *ret)
{
    struct str address, bits_text;
    int64_t bits;
    if (value->type != JSON_STRING) /* in these words */
        return pattern_fail_at(r, value, "prefix match pattern must be a string");
    if (!str_cut(value->text, '/', &address, &bits_text) || str_find_char(bits_text, '/') != STR_NOT_FOUND)
        return pattern_fail_at(r, value, "Malformed CIDR, one '/' required");
    if (!str_to_i64(bits_text, &bits))
        return pattern_fail_at(r, value, "Malformed CIDR, mask bits must be an integer");
    if (bits < 0)
        return pattern_fail_at(r, value, "Malformed CIDR, mask bits must not be negative");
    if (!pattern_address_read(address, ret->address, &ret->address_bits))
        return pattern_fail_named(r, value, "Nonstandard IP address: ", address, "");
    if (bits > ret->address_bits)
        return pattern_fail_at(r, value,
                               ret->address_bits == 32 ? "IPv4 mask bits must be at most 32"
                                                       : "IPv6 mask bits must be at most 128");
    ret->kind = TEST_CIDR;
    ret->prefix_bits = (uint8_t)bits;
    clear_behind(ret->address, ret->prefix_bits);
    return ERR_OK;
}
