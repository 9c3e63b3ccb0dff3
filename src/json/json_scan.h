/* json_scan.h - the two ways through a run of plain bytes, 16 at a time where the
 * machine can. Of this room only. */
#ifndef JSON_JSON_SCAN_H
#define JSON_JSON_SCAN_H

#include "base/str.h"

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

/* The first quote, backslash or control byte at or after p, or end. *high turns true when a byte above 0x7F
 * is passed on the way (and stays as it is otherwise). */
static inline const char *json_scan_plain(const char *p, const char *end, bool *high)
{
#if defined(__SSE2__)
    const __m128i quote = _mm_set1_epi8('"'), backslash = _mm_set1_epi8('\\'), control = _mm_set1_epi8(0x1F);
    while (end - p >= 16) {
        __m128i bytes = _mm_loadu_si128((const __m128i *)(const void *)p);
        __m128i stops =
            _mm_or_si128(_mm_or_si128(_mm_cmpeq_epi8(bytes, quote), _mm_cmpeq_epi8(bytes, backslash)),
                         _mm_cmpeq_epi8(_mm_min_epu8(bytes, control), bytes));
        unsigned stop = (unsigned)_mm_movemask_epi8(stops), above = (unsigned)_mm_movemask_epi8(bytes);
        if (stop) {
            *high |= (above & ((stop & -stop) - 1)) != 0;
            return p + __builtin_ctz(stop);
        }
        *high |= above != 0;
        p += 16;
    }
#endif
    for (; p < end; p++) {
        unsigned char c = (unsigned char)*p;
        if (c == '"' || c == '\\' || c < 0x20)
            return p;
        *high |= c >= 0x80;
    }
    return end;
}

#endif
