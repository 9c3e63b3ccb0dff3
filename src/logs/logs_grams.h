/* logs_grams.h - the hash of four bytes that stand together, for writing blocks and for reading them. Pure. */
#ifndef LOGS_LOGS_GRAMS_H
#define LOGS_LOGS_GRAMS_H

#include <stdint.h>
#include <string.h>

/* Its low bits are used: fewer of them for a smaller filter. */
static inline uint32_t logs_gram_hash(const char *at)
{
    uint32_t gram;
    memcpy(&gram, at, sizeof(gram));
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
    gram = __builtin_bswap32(gram);
#endif
    return (gram * UINT32_C(2654435761)) >> 12;
}

#endif
