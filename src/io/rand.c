#include "io/rand.h"

#include "io/digest.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/random.h>

enum { RAND_POOL_BYTES = 4096 }; /* 256 ids: then the system call costs less than the id's text */

struct rand_pool {
    unsigned char bytes[RAND_POOL_BYTES];
    size_t used; /* bytes before this were given out and are wiped */
    bool filled;
    bool seeded;
    uint64_t seed_state;
};

static _Thread_local struct rand_pool rand_pool;

/* The kernel's generator does not fail once it is seeded, which getrandom waits for. */
static void rand_system(unsigned char *at, size_t len)
{
    while (len) {
        ssize_t got = getrandom(at, len, 0);
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0) {
            fprintf(stderr, "crema: getrandom failed; without randomness ids would repeat\n");
            abort();
        }
        at += got;
        len -= (size_t)got;
    }
}

/* SplitMix64: a counter through a finalizer of 64 bits. Repeatable, not secret. */
static uint64_t rand_seeded_next(struct rand_pool *pool)
{
    uint64_t z = pool->seed_state += UINT64_C(0x9E3779B97F4A7C15);
    z = (z ^ (z >> 30)) * UINT64_C(0xBF58476D1CE4E5B9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94D049BB133111EB);
    return z ^ (z >> 31);
}

static void rand_fill(struct rand_pool *pool)
{
    if (pool->seeded) {
        for (size_t i = 0; i < RAND_POOL_BYTES; i += sizeof(uint64_t)) {
            uint64_t word = rand_seeded_next(pool);
            for (size_t byte = 0; byte < sizeof(word); byte++) /* the same on every byte order */
                pool->bytes[i + byte] = (unsigned char)(word >> (8 * byte));
        }
    } else {
        rand_system(pool->bytes, RAND_POOL_BYTES);
    }
    pool->used = 0;
    pool->filled = true;
}

void rand_bytes(void *at, size_t len)
{
    struct rand_pool *pool = &rand_pool;
    unsigned char *out = at;
    while (len) {
        if (!pool->filled || pool->used == RAND_POOL_BYTES)
            rand_fill(pool);
        size_t count = RAND_POOL_BYTES - pool->used;
        if (count > len)
            count = len;
        memcpy(out, pool->bytes + pool->used, count);
        memset(pool->bytes + pool->used, 0, count);
        pool->used += count;
        out += count;
        len -= count;
    }
}

uint64_t rand_u64(void)
{
    unsigned char bytes[sizeof(uint64_t)];
    rand_bytes(bytes, sizeof(bytes));
    uint64_t word = 0;
    for (size_t i = 0; i < sizeof(bytes); i++)
        word |= (uint64_t)bytes[i] << (8 * i);
    return word;
}

void rand_seed(uint64_t seed)
{
    rand_pool.seeded = true;
    rand_pool.seed_state = seed;
    rand_pool.filled = false;
}

static void uuid_write(unsigned char bytes[16], unsigned version, char *at)
{
    static const char digits[] = "0123456789abcdef";
    bytes[6] = (unsigned char)((bytes[6] & 0x0F) | (version << 4));
    bytes[8] = (unsigned char)((bytes[8] & 0x3F) | 0x80);
    for (size_t i = 0; i < 16; i++) {
        if (i == 4 || i == 6 || i == 8 || i == 10)
            *at++ = '-';
        *at++ = digits[bytes[i] >> 4];
        *at++ = digits[bytes[i] & 15];
    }
}

void uuid_random(char *at)
{
    unsigned char bytes[16];
    rand_bytes(bytes, sizeof(bytes));
    uuid_write(bytes, 4, at);
}

void uuid_of_name(struct str name, char *at)
{
    unsigned char bytes[MD5_BYTES];
    digest_md5(name, bytes);
    uuid_write(bytes, 3, at);
}
