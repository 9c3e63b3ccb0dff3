/* The kernel of any machine: a class a bit, looked up for each byte, and turned from bytes into masks eight at
 * a time. */
#include "json/json_index_kernel.h"

#define KERNEL
#define KERNEL_FULL inline

enum {
    QUOTE = 1 << 0,
    BACKSLASH = 1 << 1,
    CONTROL = 1 << 2,
    HIGH = 1 << 3,
    SPACE = 1 << 4,
    COMMA = 1 << 5,
    COLON = 1 << 6,
    CURLY = 1 << 7,
    OPEN = 1 << 8,
    CLOSE = 1 << 9,
    DIGIT = 1 << 10,
    ZERO = 1 << 11,
    MINUS = 1 << 12,
    PLUS = 1 << 13,
    DOT = 1 << 14,
    EXPONENT = 1 << 15,
};

#define HIGH_8 HIGH, HIGH, HIGH, HIGH, HIGH, HIGH, HIGH, HIGH
#define HIGH_32 HIGH_8, HIGH_8, HIGH_8, HIGH_8

static const uint16_t classes[256] = {
    CONTROL,
    CONTROL,
    CONTROL,
    CONTROL,
    CONTROL,
    CONTROL,
    CONTROL,
    CONTROL,
    CONTROL,
    CONTROL | SPACE,
    CONTROL | SPACE,
    CONTROL,
    CONTROL,
    CONTROL | SPACE,
    CONTROL,
    CONTROL,
    CONTROL,
    CONTROL,
    CONTROL,
    CONTROL,
    CONTROL,
    CONTROL,
    CONTROL,
    CONTROL,
    CONTROL,
    CONTROL,
    CONTROL,
    CONTROL,
    CONTROL,
    CONTROL,
    CONTROL,
    CONTROL,
    [' '] = SPACE,
    ['"'] = QUOTE,
    ['\\'] = BACKSLASH,
    [','] = COMMA,
    [':'] = COLON,
    ['{'] = OPEN | CURLY,
    ['}'] = CLOSE | CURLY,
    ['['] = OPEN,
    [']'] = CLOSE,
    ['0'] = DIGIT | ZERO,
    ['1'] = DIGIT,
    ['2'] = DIGIT,
    ['3'] = DIGIT,
    ['4'] = DIGIT,
    ['5'] = DIGIT,
    ['6'] = DIGIT,
    ['7'] = DIGIT,
    ['8'] = DIGIT,
    ['9'] = DIGIT,
    ['-'] = MINUS,
    ['+'] = PLUS,
    ['.'] = DOT,
    ['e'] = EXPONENT,
    ['E'] = EXPONENT,
    [128] = HIGH_32,
    HIGH_32,
    HIGH_32,
    HIGH_32,
};

/* Bit c of byte r becomes bit r of byte c. */
static inline uint64_t transpose(uint64_t x)
{
    uint64_t t = (x ^ x >> 7) & UINT64_C(0x00AA00AA00AA00AA);
    x ^= t ^ t << 7;
    t = (x ^ x >> 14) & UINT64_C(0x0000CCCC0000CCCC);
    x ^= t ^ t << 14;
    t = (x ^ x >> 28) & UINT64_C(0x00000000F0F0F0F0);
    return x ^ t ^ t << 28;
}

static inline void kernel_masks(const unsigned char *p, struct json_index_masks *ret)
{
    uint64_t masks[16] = { 0 };
    for (unsigned shift = 0; shift < BLOCK; shift += 8) {
        uint64_t low = 0, high = 0;
        for (unsigned i = 0; i < 8; i++) {
            unsigned class = classes[p[shift + i]];
            low |= (uint64_t)(class & 0xFF) << (8 * i);
            high |= (uint64_t)(class >> 8) << (8 * i);
        }
        low = transpose(low);
        high = transpose(high);
        for (unsigned n = 0; n < 8; n++) {
            masks[n] |= (low >> (8 * n) & 0xFF) << shift;
            masks[n + 8] |= (high >> (8 * n) & 0xFF) << shift;
        }
    }
    *ret = (struct json_index_masks){ .quote = masks[0],
                                      .backslash = masks[1],
                                      .control = masks[2],
                                      .high = masks[3],
                                      .space = masks[4],
                                      .comma = masks[5],
                                      .colon = masks[6],
                                      .curly = masks[7],
                                      .open = masks[8],
                                      .close = masks[9],
                                      .digit = masks[10],
                                      .zero = masks[11],
                                      .minus = masks[12],
                                      .plus = masks[13],
                                      .dot = masks[14],
                                      .exponent = masks[15] };
}

struct kernel_constants {
    char none;
};

static inline void kernel_begin(struct kernel_constants *ret)
{
    ret->none = 0;
}

#include "json/json_index_shift.h"

static inline void kernel_list(const struct kernel_constants *c, uint32_t *out, uint32_t base, uint64_t m,
                               size_t count)
{
    (void)c;
    (void)count;
    for (; m; m &= m - 1)
        *out++ = base + (uint32_t)__builtin_ctzll(m);
}

#include "json/json_index_block.h"

static bool always(void)
{
    return true;
}

const struct json_index_kernel json_index_portable = {
    .name = "portable",
    .supported = always,
    .read = kernel_read,
};
