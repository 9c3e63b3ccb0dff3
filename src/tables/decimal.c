#include "tables/decimal.h"

#include <assert.h>

enum {
    EXPONENT_SATURATED = 100000000,
    PAIR_EXPONENT_BIAS = 65, /* -130 / 2 */
    PAIRS_MAX = 20,
};

/* ---- text ---- */

/* Collects significant digits as they come; counts what does not fit. */
struct digit_sink {
    struct decimal *number;
    size_t zeros; /* zeros after the last digit that is not 0, not yet written */
    bool too_many;
};

static void sink_digit(struct digit_sink *sink, uint8_t digit)
{
    struct decimal *number = sink->number;
    if (digit == 0) {
        if (number->count)
            sink->zeros++;
        return;
    }
    if (number->count + sink->zeros + 1 > DECIMAL_DIGITS_MAX) {
        sink->too_many = true;
        return;
    }
    for (; sink->zeros; sink->zeros--)
        number->digits[number->count++] = 0;
    number->digits[number->count++] = digit;
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* [+-]?[0-9]+ as the whole rest; saturates. */
static bool read_exponent(struct str text, int64_t *ret)
{
    size_t at = 0;
    bool negative = false;
    if (at < text.len && (text.ptr[at] == '+' || text.ptr[at] == '-'))
        negative = text.ptr[at++] == '-';
    if (at == text.len)
        return false;
    int64_t value = 0;
    for (; at < text.len; at++) {
        if (!is_digit(text.ptr[at]))
            return false;
        if (value < EXPONENT_SATURATED)
            value = value * 10 + (text.ptr[at] - '0');
    }
    *ret = negative ? -value : value;
    return true;
}

enum decimal_outcome decimal_read(struct str text, struct decimal *ret)
{
    struct decimal number = { 0 };
    struct digit_sink sink = { .number = &number };
    size_t at = 0;
    if (at < text.len && (text.ptr[at] == '+' || text.ptr[at] == '-'))
        number.negative = text.ptr[at++] == '-';
    bool seen_point = false, seen_digit = false, started = false;
    int64_t leading = -1; /* exponent of the first significant digit */
    for (; at < text.len; at++) {
        char c = text.ptr[at];
        if (c == '.' && !seen_point) {
            seen_point = true;
            continue;
        }
        if (!is_digit(c))
            break;
        seen_digit = true;
        started = started || c != '0';
        /* Each digit before the point raises the first one; each zero before the first
         * digit, after it, lowers it. */
        if (started && !seen_point)
            leading++;
        else if (!started && seen_point)
            leading--;
        sink_digit(&sink, (uint8_t)(c - '0'));
    }
    if (!seen_digit)
        return DECIMAL_NOT_A_NUMBER;
    int64_t exponent = 0;
    if (at < text.len) {
        if (text.ptr[at] != 'e' && text.ptr[at] != 'E')
            return DECIMAL_NOT_A_NUMBER;
        if (!read_exponent(str_from_offset(text, at + 1), &exponent))
            return DECIMAL_NOT_A_NUMBER;
    }
    if (!started) {
        *ret = (struct decimal){ 0 };
        return DECIMAL_OK;
    }
    leading += exponent;
    if (leading > DECIMAL_EXPONENT_MAX)
        return DECIMAL_TOO_LARGE;
    if (leading < DECIMAL_EXPONENT_MIN)
        return DECIMAL_TOO_SMALL;
    if (sink.too_many)
        return DECIMAL_TOO_PRECISE;
    number.exponent = (int16_t)leading;
    *ret = number;
    return DECIMAL_OK;
}

size_t decimal_write(const struct decimal *number, char *at)
{
    if (number->count == 0) {
        at[0] = '0';
        return 1;
    }
    char *to = at;
    int digit = 0, count = number->count;
    if (number->negative)
        *to++ = '-';
    if (number->exponent < 0) {
        *to++ = '0';
        *to++ = '.';
        for (int i = -1; i > number->exponent; i--)
            *to++ = '0';
    } else {
        for (int i = 0; i <= number->exponent; i++)
            *to++ = (char)('0' + (digit < count ? number->digits[digit++] : 0));
        if (digit < count)
            *to++ = '.';
    }
    while (digit < count)
        *to++ = (char)('0' + number->digits[digit++]);
    assert((size_t)(to - at) <= DECIMAL_TEXT_BYTES_MAX);
    return (size_t)(to - at);
}

/* ---- packed ---- */

size_t decimal_pack(const struct decimal *number, char *at)
{
    unsigned char *to = (unsigned char *)at;
    if (number->count == 0) {
        to[0] = 0x80;
        to[1] = 0x00;
        return 2;
    }
    bool odd =
        number->exponent & 1; /* then two digits stand in the first pair; right for negative ones too */
    unsigned q = (unsigned)((number->exponent - odd) / 2 + PAIR_EXPONENT_BIAS);
    size_t len = 0;
    to[len++] = (unsigned char)(number->negative ? 0x7F - q : 0x80 + q);
    for (int i = odd ? 0 : -1; i < number->count; i += 2) {
        unsigned high = i < 0 ? 0 : number->digits[i];
        unsigned low = i + 1 < number->count ? number->digits[i + 1] : 0;
        unsigned pair = high * 10 + low;
        to[len++] = (unsigned char)(number->negative ? 0xFF - (pair + 1) : pair + 1);
    }
    to[len++] = number->negative ? 0xFF : 0x00;
    assert(len <= DECIMAL_PACKED_BYTES_MAX);
    return len;
}

size_t decimal_packed_len(struct str bytes)
{
    if (bytes.len < 2)
        return 0;
    unsigned char end = (unsigned char)bytes.ptr[0] >= 0x80 ? 0x00 : 0xFF;
    for (size_t i = 1; i < bytes.len && i < DECIMAL_PACKED_BYTES_MAX; i++) {
        if ((unsigned char)bytes.ptr[i] == end)
            return i + 1;
    }
    return 0;
}

bool decimal_unpack(struct str bytes, struct decimal *ret)
{
    if (decimal_packed_len(bytes) != bytes.len || bytes.len == 0)
        return false;
    const unsigned char *from = (const unsigned char *)bytes.ptr;
    struct decimal number = { .negative = from[0] < 0x80 };
    unsigned q = number.negative ? 0x7Fu - from[0] : from[0] - 0x80u;
    struct digit_sink sink = { .number = &number };
    for (size_t i = 1; i + 1 < bytes.len; i++) {
        unsigned pair = (number.negative ? 0xFFu - from[i] : from[i]) - 1u;
        if (pair > 99)
            return false;
        sink_digit(&sink, (uint8_t)(pair / 10));
        sink_digit(&sink, (uint8_t)(pair % 10));
    }
    if (sink.too_many)
        return false;
    if (number.count == 0) {
        if (bytes.len != 2 || number.negative || q != 0)
            return false;
        *ret = (struct decimal){ 0 };
        return true;
    }
    unsigned first = (number.negative ? 0xFFu - from[1] : from[1]) - 1u;
    number.exponent = (int16_t)(((int)q - PAIR_EXPONENT_BIAS) * 2 + (first >= 10));
    *ret = number;
    return first != 0;
}

/* ---- arithmetic ---- */

/* One cell per power of ten that a sum can touch, highest first: a carry above the
 * range, and all digits of the smallest number. */
enum {
    CELL_EXPONENT_MAX = DECIMAL_EXPONENT_MAX + 1,
    CELL_EXPONENT_MIN = DECIMAL_EXPONENT_MIN - DECIMAL_DIGITS_MAX + 1,
    CELLS = CELL_EXPONENT_MAX - CELL_EXPONENT_MIN + 1,
};

static void cells_add(int *cells, const struct decimal *number, bool flip)
{
    int sign = (number->negative != flip) ? -1 : 1;
    for (int i = 0; i < number->count; i++)
        cells[CELL_EXPONENT_MAX - (number->exponent - i)] += sign * number->digits[i];
}

/* Brings every cell to 0..9 given that the whole is not negative. False when it is negative. */
static bool cells_carry(int *cells)
{
    int carry = 0;
    for (int i = CELLS - 1; i >= 0; i--) {
        int value = cells[i] + carry;
        carry = value < 0 ? -1 : value / 10;
        cells[i] = value - carry * 10;
    }
    return carry == 0;
}

static enum decimal_outcome sum(const struct decimal *a, const struct decimal *b, bool flip,
                                struct decimal *ret)
{
    int cells[CELLS] = { 0 };
    struct decimal number = { 0 };
    cells_add(cells, a, false);
    cells_add(cells, b, flip);
    if (!cells_carry(cells)) {
        memset(cells, 0, sizeof(cells));
        cells_add(cells, a, true);
        cells_add(cells, b, !flip);
        bool positive = cells_carry(cells);
        assert(positive);
        number.negative = true;
    }
    struct digit_sink sink = { .number = &number };
    int exponent = 0;
    for (int i = 0; i < CELLS; i++) {
        if (cells[i] && number.count == 0)
            exponent = CELL_EXPONENT_MAX - i;
        sink_digit(&sink, (uint8_t)cells[i]);
    }
    if (number.count == 0) {
        *ret = (struct decimal){ 0 };
        return DECIMAL_OK;
    }
    if (exponent > DECIMAL_EXPONENT_MAX)
        return DECIMAL_TOO_LARGE;
    if (exponent < DECIMAL_EXPONENT_MIN)
        return DECIMAL_TOO_SMALL;
    if (sink.too_many)
        return DECIMAL_TOO_PRECISE;
    number.exponent = (int16_t)exponent;
    *ret = number;
    return DECIMAL_OK;
}

enum decimal_outcome decimal_add(const struct decimal *a, const struct decimal *b, struct decimal *ret)
{
    return sum(a, b, false, ret);
}

enum decimal_outcome decimal_subtract(const struct decimal *a, const struct decimal *b, struct decimal *ret)
{
    return sum(a, b, true, ret);
}

size_t decimal_size(const struct decimal *number)
{
    int whole = 0;
    if (number->exponent >= 0)
        whole = number->count < number->exponent + 1 ? number->count : number->exponent + 1;
    int fraction = number->count - whole;
    return (size_t)(1 + (whole + 1) / 2 + (fraction + 1) / 2 + (number->negative ? 1 : 0));
}
