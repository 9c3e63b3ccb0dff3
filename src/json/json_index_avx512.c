/* The kernel of x86 with AVX-512 as far as VBMI2: a block is one register, a class one comparison. */
#include "json/json_index_kernel.h"

#if defined(__x86_64__)

#include <immintrin.h>

#define KERNEL_GLANCE
#define KERNEL_FULL KERNEL
#define KERNEL \
    __attribute__((target("avx512f,avx512bw,avx512vl,avx512vbmi,avx512vbmi2,pclmul,popcnt,bmi,bmi2,lzcnt")))

/* ---- neighbours ---- */

/* Kinds of the bytes that stand outside of strings in a plain block, looked up by their low six bits: no two of
 * them share those. A table each: the byte itself, what it is, what may not follow it, and of what stands before a
 * zero what allows a digit behind it. */
enum {
    DIGIT = 1 << 0,
    MINUS = 1 << 1,
    DOT = 1 << 2,
    BEGIN = 1 << 3, /* a quote or an opening bracket */
    CLOSE = 1 << 4,
    SEPARATOR = 1 << 5,
    KEYED = 1 << 6,
    DIGIT_BEHIND_ZERO = 1 << 7,
    BEHIND_BEGIN = DOT | SEPARATOR,
    BEHIND_SEPARATOR = DOT | CLOSE | SEPARATOR,
    BEHIND_VALUE = DIGIT | MINUS | DOT | BEGIN,
    BEHIND_DIGIT = MINUS | BEGIN,
    BEHIND_SIGN = MINUS | DOT | BEGIN | CLOSE | SEPARATOR,
};

#define AT(c) [(c)&63]
#define DIGITS(zero, value)                                                                       \
    AT('0') = (zero), AT('1') = (value), AT('2') = (value), AT('3') = (value), AT('4') = (value), \
    AT('5') = (value), AT('6') = (value), AT('7') = (value), AT('8') = (value), AT('9') = (value)

static const unsigned char itself[64] = {
    AT('"') = '"', AT(',') = ',', AT('-') = '-', AT('.') = '.', AT(':') = ':', AT('[') = '[', AT(']') = ']',
    AT('{') = '{', AT('}') = '}', AT('0') = '0', AT('1') = '1', AT('2') = '2', AT('3') = '3', AT('4') = '4',
    AT('5') = '5', AT('6') = '6', AT('7') = '7', AT('8') = '8', AT('9') = '9',
};
static const unsigned char kinds[64] = {
    DIGITS(DIGIT | DIGIT_BEHIND_ZERO, DIGIT | DIGIT_BEHIND_ZERO),
    AT('"') = BEGIN,
    AT('[') = BEGIN,
    AT('{') = BEGIN | KEYED,
    AT(']') = CLOSE,
    AT('}') = CLOSE | KEYED,
    AT(',') = SEPARATOR,
    AT(':') = SEPARATOR | KEYED,
    AT('-') = MINUS,
    AT('.') = DOT,
};
static const unsigned char not_behind[64] = {
    DIGITS(BEHIND_DIGIT | DIGIT_BEHIND_ZERO, BEHIND_DIGIT),
    AT('"') = BEHIND_VALUE,
    AT(']') = BEHIND_VALUE,
    AT('}') = BEHIND_VALUE,
    AT('[') = BEHIND_BEGIN,
    AT('{') = BEHIND_BEGIN,
    AT(',') = BEHIND_SEPARATOR,
    AT(':') = BEHIND_SEPARATOR,
    AT('-') = BEHIND_SIGN,
    AT('.') = BEHIND_SIGN,
};
static const unsigned char zero_goes_on[64] = {
    DIGITS(DIGIT_BEHIND_ZERO, DIGIT_BEHIND_ZERO),
    AT('.') = DIGIT_BEHIND_ZERO,
};

static inline KERNEL __m512i look_up(const unsigned char table[64], __m512i v)
{
    return _mm512_permutexvar_epi8(v, _mm512_loadu_si512(table));
}

static inline KERNEL bool kernel_glance(const unsigned char *p, size_t len, bool first,
                                        struct json_index_glance *ret)
{
    /* Before the text stands what a value may follow, behind it what is no byte of it. */
    const __m512i fill = _mm512_set1_epi8(':');
    const __mmask64 all = ~(__mmask64)0, valid = len < BLOCK ? ((__mmask64)1 << len) - 1 : all;
    __m512i v, before, before2;
    if (len == BLOCK)
        v = _mm512_loadu_si512(p);
    else
        v = _mm512_mask_loadu_epi8(_mm512_set1_epi8(' '), valid, p);
    before = _mm512_mask_loadu_epi8(fill, (valid << 1 | 1) & (first ? all << 1 : all), p - 1);
    before2 = _mm512_mask_loadu_epi8(fill, (valid << 2 | 3) & (first ? all << 2 : all), p - 2);
    /* Controls and what is not ASCII; escapes. */
    __mmask64 rare =
        _mm512_cmpge_epu8_mask(_mm512_sub_epi8(v, _mm512_set1_epi8(0x20)), _mm512_set1_epi8(0x60));
    if (!_kortestz_mask64_u8(rare, _mm512_cmpeq_epi8_mask(v, _mm512_set1_epi8('\\'))))
        return true;
    __m512i kind = look_up(kinds, v);
    __m512i not_here = _mm512_andnot_si512(look_up(zero_goes_on, before2), look_up(not_behind, before));
    ret->quote = _mm512_cmpeq_epi8_mask(v, _mm512_set1_epi8('"'));
    ret->other = _mm512_mask_cmpneq_epi8_mask(valid, v, look_up(itself, v));
    ret->wrong = _mm512_test_epi8_mask(kind, not_here);
    ret->open = _mm512_test_epi8_mask(kind, _mm512_set1_epi8(BEGIN));
    ret->close = _mm512_test_epi8_mask(kind, _mm512_set1_epi8(CLOSE));
    ret->ops = _mm512_test_epi8_mask(kind, _mm512_set1_epi8(BEGIN | CLOSE | SEPARATOR));
    ret->keyed = _mm512_test_epi8_mask(kind, _mm512_set1_epi8(KEYED));
    ret->dot = _mm512_test_epi8_mask(kind, _mm512_set1_epi8(DOT));
    return false;
}

/* ---- classes ---- */

static inline KERNEL void kernel_masks(const unsigned char *p, struct json_index_masks *ret)
{
    const __m512i v = _mm512_loadu_si512(p), lower = _mm512_or_si512(v, _mm512_set1_epi8(0x20));
    /* Looked up by its low half each white space finds itself. */
    const __m512i spaces = _mm512_broadcast_i32x4(
        _mm_setr_epi8(' ', -1, -1, -1, -1, -1, -1, -1, -1, '\t', '\n', -1, -1, '\r', -1, -1));
    ret->quote = _mm512_cmpeq_epi8_mask(v, _mm512_set1_epi8('"'));
    ret->backslash = _mm512_cmpeq_epi8_mask(v, _mm512_set1_epi8('\\'));
    ret->control = _mm512_cmplt_epu8_mask(v, _mm512_set1_epi8(0x20));
    ret->high = _mm512_movepi8_mask(v);
    ret->space = _mm512_cmpeq_epi8_mask(v, _mm512_shuffle_epi8(spaces, v));
    ret->comma = _mm512_cmpeq_epi8_mask(v, _mm512_set1_epi8(','));
    ret->colon = _mm512_cmpeq_epi8_mask(v, _mm512_set1_epi8(':'));
    ret->open = _mm512_cmpeq_epi8_mask(lower, _mm512_set1_epi8('{'));
    ret->close = _mm512_cmpeq_epi8_mask(lower, _mm512_set1_epi8('}'));
    ret->curly = (ret->open | ret->close) & _mm512_cmpeq_epi8_mask(v, lower);
    ret->digit = _mm512_cmplt_epu8_mask(_mm512_sub_epi8(v, _mm512_set1_epi8('0')), _mm512_set1_epi8(10));
    ret->zero = _mm512_cmpeq_epi8_mask(v, _mm512_set1_epi8('0'));
    ret->minus = _mm512_cmpeq_epi8_mask(v, _mm512_set1_epi8('-'));
    ret->plus = _mm512_cmpeq_epi8_mask(v, _mm512_set1_epi8('+'));
    ret->dot = _mm512_cmpeq_epi8_mask(v, _mm512_set1_epi8('.'));
    ret->exponent = _mm512_cmpeq_epi8_mask(lower, _mm512_set1_epi8('e'));
}

static inline KERNEL uint64_t kernel_prefix_xor(uint64_t m)
{
    __m128i product = _mm_clmulepi64_si128(_mm_cvtsi64_si128((long long)m), _mm_set1_epi8(-1), 0);
    return (uint64_t)_mm_cvtsi128_si64(product);
}

static inline KERNEL void kernel_list(uint32_t *out, uint32_t base, uint64_t m, size_t count)
{
    const __m512i numbers =
        _mm512_set_epi8(63, 62, 61, 60, 59, 58, 57, 56, 55, 54, 53, 52, 51, 50, 49, 48, 47, 46, 45, 44, 43,
                        42, 41, 40, 39, 38, 37, 36, 35, 34, 33, 32, 31, 30, 29, 28, 27, 26, 25, 24, 23, 22,
                        21, 20, 19, 18, 17, 16, 15, 14, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0);
    const __m512i start = _mm512_set1_epi32((int)base);
    __m512i bits = _mm512_maskz_compress_epi8(m, numbers);
    _mm512_storeu_si512(out, _mm512_add_epi32(start, _mm512_cvtepu8_epi32(_mm512_castsi512_si128(bits))));
    if (__builtin_expect(count <= 16, 1))
        return;
    _mm512_storeu_si512(out + 16,
                        _mm512_add_epi32(start, _mm512_cvtepu8_epi32(_mm512_extracti32x4_epi32(bits, 1))));
    if (count <= 32)
        return;
    _mm512_storeu_si512(out + 32,
                        _mm512_add_epi32(start, _mm512_cvtepu8_epi32(_mm512_extracti32x4_epi32(bits, 2))));
    _mm512_storeu_si512(out + 48,
                        _mm512_add_epi32(start, _mm512_cvtepu8_epi32(_mm512_extracti32x4_epi32(bits, 3))));
}

#include "json/json_index_block.h"

static bool supported(void)
{
    return __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl") &&
           __builtin_cpu_supports("avx512vbmi") && __builtin_cpu_supports("avx512vbmi2") &&
           __builtin_cpu_supports("pclmul") && __builtin_cpu_supports("popcnt") &&
           __builtin_cpu_supports("bmi2");
}

const struct json_index_kernel json_index_avx512 = { .name = "avx512",
                                                     .supported = supported,
                                                     .read = kernel_read };

#endif
