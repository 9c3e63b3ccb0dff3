/* json_index_lanes.h - classes of 64 bytes on registers of 16 or 32, for kernels that define before they include
 * this:
 *
 *     KERNEL, lane, LANES            a register, and how many make a block
 *     lane_load(p), lane_of(byte)
 *     lane_equal(a, b), lane_least(a, b), lane_or(a, b), lane_minus(a, b)    byte by byte, unsigned
 *     lanes_bits(lanes)              a bit for each byte of all LANES, which are 0 or 0xFF
 */
#include "json/json_index_kernel.h"

static inline KERNEL lane lane_is(lane v, unsigned char c)
{
    return lane_equal(v, lane_of(c));
}

static inline KERNEL lane lane_is_at_most(lane v, unsigned char c)
{
    return lane_equal(lane_least(v, lane_of(c)), v);
}

static inline KERNEL lane lane_is_space(lane v)
{
    return lane_or(lane_or(lane_is(v, ' '), lane_is(v, '\n')), lane_or(lane_is(v, '\r'), lane_is(v, '\t')));
}

static inline KERNEL lane lane_is_high(lane v)
{
    return lane_equal(lane_least(v, lane_of(0x80)), lane_of(0x80));
}

static inline KERNEL bool lane_any(lane is)
{
    lane lanes[LANES];
    for (int i = 0; i < LANES; i++)
        lanes[i] = is;
    return lanes_bits(lanes) != 0;
}

/* Of the registers v[] to a mask. */
#define CLASS(ret_mask, test)       \
    for (int i = 0; i < LANES; i++) \
        is[i] = (test);             \
    (ret_mask) = lanes_bits(is)

static inline KERNEL void kernel_masks(const unsigned char *p, struct json_index_masks *ret)
{
    lane v[LANES], lower[LANES], is[LANES];
    for (int i = 0; i < LANES; i++) {
        v[i] = lane_load(p + i * (BLOCK / LANES));
        lower[i] = lane_or(v[i], lane_of(0x20));
    }

    CLASS(ret->quote, lane_is(v[i], '"'));
    CLASS(ret->backslash, lane_is(v[i], '\\'));
    CLASS(ret->control, lane_is_at_most(v[i], 0x1F));
    CLASS(ret->high, lane_is_high(v[i]));
    CLASS(ret->space, lane_is_space(v[i]));
    CLASS(ret->comma, lane_is(v[i], ','));
    CLASS(ret->colon, lane_is(v[i], ':'));
    CLASS(ret->open, lane_is(lower[i], '{'));
    CLASS(ret->close, lane_is(lower[i], '}'));
    CLASS(ret->curly, lane_or(lane_is(v[i], '{'), lane_is(v[i], '}')));
    CLASS(ret->digit, lane_is_at_most(lane_minus(v[i], lane_of('0')), 9));
    CLASS(ret->zero, lane_is(v[i], '0'));
    CLASS(ret->minus, lane_is(v[i], '-'));
    CLASS(ret->plus, lane_is(v[i], '+'));
    CLASS(ret->dot, lane_is(v[i], '.'));
    CLASS(ret->exponent, lane_is(lower[i], 'e'));
}

/* Of a byte before a block. */
enum {
    BEFORE_SEPARATOR = 1 << 0,
    BEFORE_OPEN = 1 << 1,
    BEFORE_END = 1 << 2, /* a quote or a closing bracket */
    BEFORE_DIGIT = 1 << 3,
    BEFORE_SIGN = 1 << 4, /* a dot or a minus */
    BEFORE_FRACTION = 1 << 5,
};

static const unsigned char before_kinds[256] = {
    [','] = BEFORE_SEPARATOR,
    [':'] = BEFORE_SEPARATOR,
    ['['] = BEFORE_OPEN,
    ['{'] = BEFORE_OPEN,
    ['"'] = BEFORE_END,
    [']'] = BEFORE_END,
    ['}'] = BEFORE_END,
    ['-'] = BEFORE_SIGN,
    ['.'] = BEFORE_SIGN | BEFORE_FRACTION,
    ['0'] = BEFORE_DIGIT | BEFORE_FRACTION,
    ['1'] = BEFORE_DIGIT | BEFORE_FRACTION,
    ['2'] = BEFORE_DIGIT | BEFORE_FRACTION,
    ['3'] = BEFORE_DIGIT | BEFORE_FRACTION,
    ['4'] = BEFORE_DIGIT | BEFORE_FRACTION,
    ['5'] = BEFORE_DIGIT | BEFORE_FRACTION,
    ['6'] = BEFORE_DIGIT | BEFORE_FRACTION,
    ['7'] = BEFORE_DIGIT | BEFORE_FRACTION,
    ['8'] = BEFORE_DIGIT | BEFORE_FRACTION,
    ['9'] = BEFORE_DIGIT | BEFORE_FRACTION,
};

/* The bits behind those of m, and the first if the byte before is of the kind. */
static inline KERNEL uint64_t behind_kind(uint64_t m, unsigned before, unsigned kind)
{
    return m << 1 | (uint64_t)((before & kind) != 0);
}

struct kernel_constants {
    char none;
};

static inline KERNEL __attribute__((always_inline)) bool kernel_glance(const struct kernel_constants *c,
                                                                       const unsigned char *p, size_t len,
                                                                       bool first,
                                                                       struct json_index_glance *ret)
{
    /* Before the text stands what a value may follow, behind it what is no byte of it. */
    const unsigned before = before_kinds[first ? ':' : p[-1]], before2 = before_kinds[first ? ':' : p[-2]];
    const bool zero_before = !first && p[-1] == '0' && !(before2 & BEFORE_FRACTION);
    unsigned char block[BLOCK];
    lane v[LANES], lower[LANES], is[LANES], all = lane_of(0), rare = lane_of(0);
    uint64_t digit, zero, minus, separator;
    (void)c;
    if (len < BLOCK) {
        memset(block, ' ', sizeof(block));
        memcpy(block, p, len);
        p = block;
    }
    for (int i = 0; i < LANES; i++) {
        v[i] = lane_load(p + i * (BLOCK / LANES));
        lower[i] = lane_or(v[i], lane_of(0x20));
        all = lane_or(all, v[i]);
        rare = lane_or(rare, lane_or(lane_is(v[i], '\\'), lane_is_at_most(v[i], 0x1F)));
    }
    if (lane_any(rare))
        return true;
    CLASS(ret->quote, lane_is(v[i], '"'));
    CLASS(separator, lane_or(lane_is(v[i], ','), lane_is(v[i], ':')));
    CLASS(ret->open, lane_is(lower[i], '{'));
    CLASS(ret->close, lane_is(lower[i], '}'));
    CLASS(ret->keyed, lane_or(lane_or(lane_is(v[i], '{'), lane_is(v[i], '}')), lane_is(v[i], ':')));
    CLASS(ret->dot, lane_is(v[i], '.'));
    CLASS(minus, lane_is(v[i], '-'));
    CLASS(digit, lane_is_at_most(lane_minus(v[i], lane_of('0')), 9));
    CLASS(zero, lane_is(v[i], '0'));
    ret->high = 0;
    if (lane_any(lane_is_high(all))) {
        CLASS(ret->high, lane_is_high(v[i]));
    }
    ret->ops = separator | ret->open | ret->close;
    ret->other = ~(ret->ops | ret->quote | ret->dot | minus | digit);
    if (len < BLOCK)
        ret->other &= (UINT64_C(1) << len) - 1;
    uint64_t begin = ret->quote | ret->open | minus;
    zero &= ~behind_kind(digit | ret->dot, before, BEFORE_FRACTION);
    ret->wrong =
        (behind_kind(separator, before, BEFORE_SEPARATOR) & (ret->dot | ret->close | separator)) |
        (behind_kind(ret->open, before, BEFORE_OPEN) & (ret->dot | separator)) |
        (behind_kind(ret->close | ret->quote, before, BEFORE_END) & (digit | ret->dot | begin)) |
        (behind_kind(digit, before, BEFORE_DIGIT) & begin) |
        (behind_kind(ret->dot | minus, before, BEFORE_SIGN) & (ret->dot | begin | ret->close | separator)) |
        ((zero << 1 | (uint64_t)zero_before) & digit);
    return false;
}
#undef CLASS

static inline KERNEL void kernel_begin(struct kernel_constants *ret)
{
    ret->none = 0;
}

/* Eight at a time without looking: most blocks have no more. */
static inline KERNEL void kernel_list(const struct kernel_constants *c, uint32_t *out, uint32_t base,
                                      uint64_t m, size_t count)
{
    (void)c;
    for (size_t n = 0; n < count; n += 8) {
        for (size_t i = 0; i < 8; i++) {
            uint32_t bit = (uint32_t)__builtin_ctzll(m | UINT64_C(1) << 63);
            __asm__(""
                    : "+r"(bit)); /* or the compiler gathers them in a register first, which takes longer */
            out[n + i] = base + bit;
            m &= m - 1;
        }
    }
}
