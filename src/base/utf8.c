#include "base/utf8.h"

static size_t sequence_len(const unsigned char *p, size_t len)
{
    unsigned char c = p[0];
    if (c < 0x80)
        return 1;
    if (c < 0xC2)
        return 0;
    size_t n = c < 0xE0 ? 2 : c < 0xF0 ? 3 : c < 0xF5 ? 4 : 0;
    if (n == 0 || n > len)
        return 0;
    for (size_t i = 1; i < n; i++)
        if ((p[i] & 0xC0) != 0x80)
            return 0;
    if ((c == 0xE0 && p[1] < 0xA0) || (c == 0xED && p[1] >= 0xA0) || (c == 0xF0 && p[1] < 0x90) ||
        (c == 0xF4 && p[1] >= 0x90))
        return 0;
    return n;
}

size_t utf8_valid_len(struct str s)
{
    const unsigned char *p = (const unsigned char *)s.ptr;
    size_t i = 0;
    while (i < s.len) {
        uint64_t word;
        if (s.len - i >= sizeof(word)) {
            memcpy(&word, p + i, sizeof(word));
            if ((word & UINT64_C(0x8080808080808080)) == 0) {
                i += sizeof(word);
                continue;
            }
        }
        size_t n = sequence_len(p + i, s.len - i);
        if (n == 0)
            break;
        i += n;
    }
    return i;
}

size_t utf8_encode(uint32_t c, char *at)
{
    if (c < 0x80) {
        at[0] = (char)c;
        return 1;
    }
    if (c < 0x800) {
        at[0] = (char)(0xC0 | (c >> 6));
        at[1] = (char)(0x80 | (c & 0x3F));
        return 2;
    }
    if (c < 0x10000) {
        at[0] = (char)(0xE0 | (c >> 12));
        at[1] = (char)(0x80 | ((c >> 6) & 0x3F));
        at[2] = (char)(0x80 | (c & 0x3F));
        return 3;
    }
    at[0] = (char)(0xF0 | (c >> 18));
    at[1] = (char)(0x80 | ((c >> 12) & 0x3F));
    at[2] = (char)(0x80 | ((c >> 6) & 0x3F));
    at[3] = (char)(0x80 | (c & 0x3F));
    return 4;
}

size_t utf8_decode(struct str s, uint32_t *ret)
{
    const unsigned char *p = (const unsigned char *)s.ptr;
    if (p[0] < 0x80 || s.len < 2) {
        *ret = p[0];
        return 1;
    }
    if (p[0] < 0xE0 || s.len < 3) {
        *ret = ((uint32_t)(p[0] & 0x1F) << 6) | (p[1] & 0x3F);
        return 2;
    }
    if (p[0] < 0xF0 || s.len < 4) {
        *ret = ((uint32_t)(p[0] & 0x0F) << 12) | ((uint32_t)(p[1] & 0x3F) << 6) | (p[2] & 0x3F);
        return 3;
    }
    *ret = ((uint32_t)(p[0] & 0x07) << 18) | ((uint32_t)(p[1] & 0x3F) << 12) |
           ((uint32_t)(p[2] & 0x3F) << 6) | (p[3] & 0x3F);
    return 4;
}

size_t utf8_count(struct str s)
{
    size_t count = 0;
    for (size_t i = 0; i < s.len; i++)
        count += ((unsigned char)s.ptr[i] & 0xC0) != 0x80;
    return count;
}

size_t utf8_count_utf16(struct str s)
{
    size_t count = utf8_count(s);
    for (size_t i = 0; i < s.len; i++)
        count += (unsigned char)s.ptr[i] >= 0xF0;
    return count;
}
