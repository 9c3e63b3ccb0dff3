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

static inline KERNEL void kernel_masks(const unsigned char *p, struct json_index_masks *ret)
{
    lane v[LANES], lower[LANES], is[LANES];
    for (int i = 0; i < LANES; i++) {
        v[i] = lane_load(p + i * (BLOCK / LANES));
        lower[i] = lane_or(v[i], lane_of(0x20));
    }
#define CLASS(name, test)           \
    for (int i = 0; i < LANES; i++) \
        is[i] = (test);             \
    ret->name = lanes_bits(is)

    CLASS(quote, lane_is(v[i], '"'));
    CLASS(backslash, lane_is(v[i], '\\'));
    CLASS(control, lane_is_at_most(v[i], 0x1F));
    CLASS(high, lane_equal(lane_least(v[i], lane_of(0x80)), lane_of(0x80)));
    CLASS(space, lane_is_space(v[i]));
    CLASS(comma, lane_is(v[i], ','));
    CLASS(colon, lane_is(v[i], ':'));
    CLASS(open, lane_is(lower[i], '{'));
    CLASS(close, lane_is(lower[i], '}'));
    CLASS(curly, lane_or(lane_is(v[i], '{'), lane_is(v[i], '}')));
    CLASS(digit, lane_is_at_most(lane_minus(v[i], lane_of('0')), 9));
    CLASS(zero, lane_is(v[i], '0'));
    CLASS(minus, lane_is(v[i], '-'));
    CLASS(plus, lane_is(v[i], '+'));
    CLASS(dot, lane_is(v[i], '.'));
    CLASS(exponent, lane_is(lower[i], 'e'));
#undef CLASS
}

struct kernel_constants {
    char none;
};

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
            out[n + i] = base + (uint32_t)__builtin_ctzll(m | UINT64_C(1) << 63);
            m &= m - 1;
        }
    }
}
