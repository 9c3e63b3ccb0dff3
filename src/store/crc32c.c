#include "store/crc32c.h"

#include <stdatomic.h>

/* Castagnoli's polynomial, bits reversed. */
#define POLYNOMIAL 0x82f63b78u

typedef uint32_t crc32c_f(uint32_t crc, struct str bytes);

/* tables[0] takes one byte further; tables[k] takes a byte and k zero bytes after it. */
struct tables {
    uint32_t at[8][256];
};

static struct tables tables_made;
static _Atomic int tables_state; /* 0: not made, 1: being made, 2: made */

static const struct tables *tables(void)
{
    while (atomic_load_explicit(&tables_state, memory_order_acquire) != 2) {
        int expected = 0;
        if (!atomic_compare_exchange_strong(&tables_state, &expected, 1))
            continue; /* another thread is at it; it takes microseconds */
        for (uint32_t i = 0; i < 256; i++) {
            uint32_t crc = i;
            for (unsigned bit = 0; bit < 8; bit++)
                crc = crc & 1 ? crc >> 1 ^ POLYNOMIAL : crc >> 1;
            tables_made.at[0][i] = crc;
        }
        for (uint32_t i = 0; i < 256; i++)
            for (unsigned k = 1; k < 8; k++) {
                uint32_t before = tables_made.at[k - 1][i];
                tables_made.at[k][i] = before >> 8 ^ tables_made.at[0][before & 0xff];
            }
        atomic_store_explicit(&tables_state, 2, memory_order_release);
    }
    return &tables_made;
}

uint32_t crc32c_by_table(uint32_t crc, struct str bytes)
{
    const struct tables *t = tables();
    const unsigned char *at = (const unsigned char *)bytes.ptr;
    size_t len = bytes.len;
    crc = ~crc;
    for (; len >= 8; len -= 8, at += 8) {
        uint32_t low =
            crc ^ ((uint32_t)at[0] | (uint32_t)at[1] << 8 | (uint32_t)at[2] << 16 | (uint32_t)at[3] << 24);
        crc = t->at[7][low & 0xff] ^ t->at[6][low >> 8 & 0xff] ^ t->at[5][low >> 16 & 0xff] ^
              t->at[4][low >> 24] ^ t->at[3][at[4]] ^ t->at[2][at[5]] ^ t->at[1][at[6]] ^ t->at[0][at[7]];
    }
    for (; len; len--, at++)
        crc = crc >> 8 ^ t->at[0][(crc ^ *at) & 0xff];
    return ~crc;
}

#if defined(__x86_64__) && defined(__GNUC__)
__attribute__((target("sse4.2"))) static uint32_t by_instruction(uint32_t crc, struct str bytes)
{
    const char *at = bytes.ptr;
    size_t len = bytes.len;
    uint64_t wide = ~crc;
    for (; len >= 8; len -= 8, at += 8) {
        uint64_t word;
        memcpy(&word, at, 8);
        wide = __builtin_ia32_crc32di(wide, word);
    }
    crc = (uint32_t)wide;
    for (; len; len--, at++)
        crc = __builtin_ia32_crc32qi(crc, (unsigned char)*at);
    return ~crc;
}

static crc32c_f *choose(void)
{
    return __builtin_cpu_supports("sse4.2") ? by_instruction : crc32c_by_table;
}
#else
static crc32c_f *choose(void)
{
    return crc32c_by_table;
}
#endif

uint32_t crc32c(uint32_t crc, struct str bytes)
{
    /* Choosing twice at once gives the same answer twice. */
    static crc32c_f *_Atomic chosen;
    crc32c_f *f = atomic_load_explicit(&chosen, memory_order_relaxed);
    if (!f) {
        f = choose();
        atomic_store_explicit(&chosen, f, memory_order_relaxed);
    }
    return f(crc, bytes);
}
