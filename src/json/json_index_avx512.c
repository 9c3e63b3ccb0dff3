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
    DIGIT_BEHIND_ZERO = 1 << 1,
    DOT = 1 << 2,
    BEGIN = 1 << 3, /* a quote, an opening bracket, a minus */
    CLOSE = 1 << 4,
    SEPARATOR = 1 << 5,
    KEYED = 1 << 6,
    LISTED = 1 << 7,
    BEHIND_BEGIN = DOT | SEPARATOR,
    BEHIND_SEPARATOR = DOT | CLOSE | SEPARATOR,
    BEHIND_VALUE = DIGIT | DOT | BEGIN,
    BEHIND_DIGIT = BEGIN,
    BEHIND_SIGN = DOT | BEGIN | CLOSE | SEPARATOR,
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
    AT('[') = BEGIN | LISTED,
    AT('{') = BEGIN | LISTED | KEYED,
    AT(']') = CLOSE | LISTED,
    AT('}') = CLOSE | LISTED | KEYED,
    AT(',') = SEPARATOR | LISTED,
    AT(':') = SEPARATOR | LISTED | KEYED,
    AT('-') = BEGIN,
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

/* What stays in registers while a text is read; the compiler would make each anew where it is used. */
struct kernel_constants {
    __m512i itself, kinds, not_behind, zero_goes_on;
    __m512i space, backslash, quote, begin, close, keyed, dot;
    __m512i numbers; /* 0, 1, ... 63 */
};

static inline KERNEL __m512i keep(__m512i v)
{
    __asm__("" : "+v"(v));
    return v;
}

static inline KERNEL __m512i keep_byte(int c)
{
    return keep(_mm512_set1_epi8((char)c));
}

static inline KERNEL void kernel_begin(struct kernel_constants *ret)
{
    static const unsigned char numbers[64] = {
        0,  1,  2,  3,  4,  5,  6,  7,  8,  9,  10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21,
        22, 23, 24, 25, 26, 27, 28, 29, 30, 31, 32, 33, 34, 35, 36, 37, 38, 39, 40, 41, 42, 43,
        44, 45, 46, 47, 48, 49, 50, 51, 52, 53, 54, 55, 56, 57, 58, 59, 60, 61, 62, 63,
    };
    ret->itself = keep(_mm512_loadu_si512(itself));
    ret->kinds = keep(_mm512_loadu_si512(kinds));
    ret->not_behind = keep(_mm512_loadu_si512(not_behind));
    ret->zero_goes_on = keep(_mm512_loadu_si512(zero_goes_on));
    ret->space = keep_byte(' ');
    ret->backslash = keep_byte('\\');
    ret->quote = keep_byte('"');
    ret->begin = keep_byte(BEGIN);
    ret->close = keep_byte(CLOSE);
    ret->keyed = keep_byte(KEYED);
    ret->dot = keep_byte(DOT);
    ret->numbers = keep(_mm512_loadu_si512(numbers));
}

/* Masks are worked on as integers. */
static inline KERNEL uint64_t bits(__mmask64 mask)
{
    uint64_t ret = mask;
    __asm__("" : "+r"(ret));
    return ret;
}

static inline KERNEL bool kernel_glance(const struct kernel_constants *c, const unsigned char *p, size_t len,
                                        bool first, struct json_index_glance *ret)
{
    __m512i v, before, before2;
    __mmask64 valid = ~(__mmask64)0;
    if (len == BLOCK && !first) {
        v = _mm512_loadu_si512(p);
        before = _mm512_loadu_si512(p - 1);
        before2 = _mm512_loadu_si512(p - 2);
    } else {
        /* Before the text stands what a value may follow, behind it what is no byte of it. */
        const __m512i fill = _mm512_set1_epi8(':');
        const __mmask64 all = ~(__mmask64)0;
        valid = len < BLOCK ? ((__mmask64)1 << len) - 1 : all;
        v = _mm512_mask_loadu_epi8(_mm512_set1_epi8(' '), valid, p);
        before = _mm512_mask_loadu_epi8(fill, (valid << 1 | 1) & (first ? all << 1 : all), p - 1);
        before2 = _mm512_mask_loadu_epi8(fill, (valid << 2 | 3) & (first ? all << 2 : all), p - 2);
    }
    /* Controls, and what is not ASCII, which is below 0 as the comparison sees it; escapes. */
    const __mmask64 escape = _mm512_cmpeq_epi8_mask(v, c->backslash);
    ret->high = 0;
    if (__builtin_expect(!_kortestz_mask64_u8(_mm512_cmplt_epi8_mask(v, c->space), escape), 0)) {
        if (!_kortestz_mask64_u8(_mm512_cmplt_epu8_mask(v, c->space), escape))
            return true;
        ret->high = bits(_mm512_movepi8_mask(v));
    }
    __m512i kind = _mm512_permutexvar_epi8(v, c->kinds);
    __m512i not_here = _mm512_andnot_si512(_mm512_permutexvar_epi8(before2, c->zero_goes_on),
                                           _mm512_permutexvar_epi8(before, c->not_behind));
    ret->quote = bits(_mm512_cmpeq_epi8_mask(v, c->quote));
    ret->other = bits(_mm512_cmpneq_epi8_mask(v, _mm512_permutexvar_epi8(v, c->itself))) & valid;
    ret->wrong = bits(_mm512_test_epi8_mask(kind, not_here));
    ret->ops = bits(_mm512_movepi8_mask(kind));
    ret->open = bits(_mm512_test_epi8_mask(kind, c->begin)) & ret->ops;
    ret->close = bits(_mm512_test_epi8_mask(kind, c->close));
    ret->keyed = bits(_mm512_test_epi8_mask(kind, c->keyed));
    ret->dot = bits(_mm512_test_epi8_mask(kind, c->dot));
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

static inline KERNEL __m512i offsets_of(__m128i numbers, uint32_t base)
{
    /* By way of memory: the other way needs the port that is busiest. */
    __asm__("" : "+m"(base));
    return _mm512_add_epi32(_mm512_set1_epi32((int)base), _mm512_cvtepu8_epi32(numbers));
}

static inline KERNEL void kernel_list(const struct kernel_constants *c, uint32_t *out, uint32_t base,
                                      uint64_t m, size_t count)
{
    __m512i set = _mm512_maskz_compress_epi8(m, c->numbers);
    _mm512_storeu_si512(out, offsets_of(_mm512_castsi512_si128(set), base));
    if (__builtin_expect(count <= 16, 1))
        return;
    _mm512_storeu_si512(out + 16, offsets_of(_mm512_extracti32x4_epi32(set, 1), base));
    if (count <= 32)
        return;
    _mm512_storeu_si512(out + 32, offsets_of(_mm512_extracti32x4_epi32(set, 2), base));
    _mm512_storeu_si512(out + 48, offsets_of(_mm512_extracti32x4_epi32(set, 3), base));
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
