/* The kernel of x86 with AVX2. */
#include "json/json_index_kernel.h"

#if defined(__x86_64__)

#include <immintrin.h>

#define KERNEL __attribute__((target("avx2,pclmul,popcnt,bmi")))
#define KERNEL_FULL KERNEL
#define KERNEL_GLANCE

typedef __m256i lane;
enum { LANES = 2 };

static inline KERNEL lane lane_load(const unsigned char *p)
{
    return _mm256_loadu_si256((const __m256i *)(const void *)p);
}

static inline KERNEL lane lane_of(unsigned char c)
{
    return _mm256_set1_epi8((char)c);
}

static inline KERNEL lane lane_equal(lane a, lane b)
{
    return _mm256_cmpeq_epi8(a, b);
}

static inline KERNEL lane lane_least(lane a, lane b)
{
    return _mm256_min_epu8(a, b);
}

static inline KERNEL lane lane_or(lane a, lane b)
{
    return _mm256_or_si256(a, b);
}

static inline KERNEL lane lane_minus(lane a, lane b)
{
    return _mm256_sub_epi8(a, b);
}

static inline KERNEL uint64_t lanes_bits(const lane lanes[LANES])
{
    return (uint32_t)_mm256_movemask_epi8(lanes[0]) | (uint64_t)(uint32_t)_mm256_movemask_epi8(lanes[1])
                                                          << 32;
}

static inline KERNEL uint64_t kernel_prefix_xor(uint64_t m)
{
    __m128i product = _mm_clmulepi64_si128(_mm_cvtsi64_si128((long long)m), _mm_set1_epi8(-1), 0);
    return (uint64_t)_mm_cvtsi128_si64(product);
}

#include "json/json_index_lanes.h"

#include "json/json_index_block.h"

static bool supported(void)
{
    return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("pclmul") &&
           __builtin_cpu_supports("popcnt") && __builtin_cpu_supports("bmi");
}

const struct json_index_kernel json_index_avx2 = { .name = "avx2",
                                                   .supported = supported,
                                                   .read = kernel_read };

#endif
