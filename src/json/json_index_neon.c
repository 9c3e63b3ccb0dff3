/* The kernel of every ARM of 64 bits. */
#include "json/json_index_kernel.h"

#if defined(__aarch64__)

#include <arm_neon.h>

#define KERNEL
#define KERNEL_FULL KERNEL
#define KERNEL_GLANCE

typedef uint8x16_t lane;
enum { LANES = 4 };

static inline lane lane_load(const unsigned char *p)
{
    return vld1q_u8(p);
}

static inline lane lane_of(unsigned char c)
{
    return vdupq_n_u8(c);
}

static inline lane lane_equal(lane a, lane b)
{
    return vceqq_u8(a, b);
}

static inline lane lane_least(lane a, lane b)
{
    return vminq_u8(a, b);
}

static inline lane lane_or(lane a, lane b)
{
    return vorrq_u8(a, b);
}

static inline lane lane_minus(lane a, lane b)
{
    return vsubq_u8(a, b);
}

/* A bit of its own is left of each byte of eight; adding neighbours three times brings eight together. */
static inline uint64_t lanes_bits(const lane lanes[LANES])
{
    static const uint8_t places[16] = { 1, 2, 4, 8, 16, 32, 64, 128, 1, 2, 4, 8, 16, 32, 64, 128 };
    const lane place = vld1q_u8(places);
    lane low = vpaddq_u8(vandq_u8(lanes[0], place), vandq_u8(lanes[1], place));
    lane high = vpaddq_u8(vandq_u8(lanes[2], place), vandq_u8(lanes[3], place));
    lane all = vpaddq_u8(low, high);
    return vgetq_lane_u64(vreinterpretq_u64_u8(vpaddq_u8(all, all)), 0);
}

#include "json/json_index_shift.h"

#include "json/json_index_lanes.h"

#include "json/json_index_block.h"

static bool supported(void)
{
    return true;
}

const struct json_index_kernel json_index_neon = { .name = "neon",
                                                   .supported = supported,
                                                   .read = kernel_read };

#endif
