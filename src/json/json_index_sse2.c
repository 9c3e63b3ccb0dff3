/* The kernel of every x86 of 64 bits. */
#include "json/json_index_kernel.h"

#if defined(__x86_64__)

#include <emmintrin.h>

#define KERNEL
#define KERNEL_FULL KERNEL
#define KERNEL_GLANCE

typedef __m128i lane;
enum { LANES = 4 };

static inline lane lane_load(const unsigned char *p)
{
    return _mm_loadu_si128((const __m128i *)(const void *)p);
}

static inline lane lane_of(unsigned char c)
{
    return _mm_set1_epi8((char)c);
}

static inline lane lane_equal(lane a, lane b)
{
    return _mm_cmpeq_epi8(a, b);
}

static inline lane lane_least(lane a, lane b)
{
    return _mm_min_epu8(a, b);
}

static inline lane lane_or(lane a, lane b)
{
    return _mm_or_si128(a, b);
}

static inline lane lane_minus(lane a, lane b)
{
    return _mm_sub_epi8(a, b);
}

static inline uint64_t lanes_bits(const lane lanes[LANES])
{
    uint64_t ret = 0;
    for (int i = 0; i < LANES; i++)
        ret |= (uint64_t)(unsigned)_mm_movemask_epi8(lanes[i]) << (16 * i);
    return ret;
}

#include "json/json_index_shift.h"

#include "json/json_index_lanes.h"

#include "json/json_index_block.h"

static bool supported(void)
{
    return true;
}

const struct json_index_kernel json_index_sse2 = { .name = "sse2",
                                                   .supported = supported,
                                                   .read = kernel_read };

#endif
