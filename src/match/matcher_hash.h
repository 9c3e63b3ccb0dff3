/* matcher_hash.h - hashing of texts so that those of all beginnings (or ends) of one text come at little more
 * than the cost of one: whole words first, what is left of a word last.
 *
 *     "eu-central-1"   state = mix(seed, "eu-centr")   hash of 8: mix(state, "", 8)
 *                                                      hash of 10: mix(state, "al", 10)
 *
 * The seed is secret to the matcher, so that nobody chooses texts that collide.
 */
#ifndef MATCH_MATCHER_HASH_H
#define MATCH_MATCHER_HASH_H

#include "base/str.h"

static inline uint64_t matcher_hash_mix(uint64_t a, uint64_t b)
{
    __extension__ typedef unsigned __int128 wide;
    wide product = (wide)a * b;
    return (uint64_t)product ^ (uint64_t)(product >> 64);
}

static inline uint64_t matcher_hash_word(const char *at)
{
    uint64_t word;
    memcpy(&word, at, 8);
    return word;
}

/* The 0 to 8 bytes there, nothing beyond them is touched. */
static inline uint64_t matcher_hash_few(const char *at, size_t len)
{
    if (len >= 8)
        return matcher_hash_word(at);
    if (len >= 4) {
        uint32_t low, high;
        memcpy(&low, at, 4);
        memcpy(&high, at + len - 4, 4);
        return low | (uint64_t)high << (8 * (len - 4));
    }
    if (len == 0)
        return 0;
    const unsigned char *bytes = (const unsigned char *)at;
    return bytes[0] | (uint64_t)bytes[len >> 1] << (8 * (len >> 1)) |
           (uint64_t)bytes[len - 1] << (8 * (len - 1));
}

static inline uint64_t matcher_hash_step(uint64_t state, uint64_t word)
{
    return matcher_hash_mix(state ^ word, UINT64_C(0xA0761D6478BD642F));
}

static inline uint64_t matcher_hash_end(uint64_t state, uint64_t rest, size_t len)
{
    return matcher_hash_mix(state ^ rest ^ UINT64_C(0xE7037ED1A0B428DB),
                            UINT64_C(0x8EBC6AF09C88C6E3) ^ len << 3);
}

static inline uint64_t matcher_hash_text(struct str text, uint64_t seed)
{
    uint64_t state = seed;
    size_t at = 0;
    for (; at + 8 <= text.len; at += 8)
        state = matcher_hash_step(state, matcher_hash_word(text.ptr + at));
    return matcher_hash_end(state, matcher_hash_few(text.ptr + at, text.len - at), text.len);
}

/* ---- texts of up to 16 bytes: as two words, at once ---- */

struct matcher_hash_pair {
    uint64_t head, tail; /* the first 8 bytes, and those behind */
};

static inline struct matcher_hash_pair matcher_hash_pair_of(const char *at, size_t len)
{
    return (struct matcher_hash_pair){ .head = matcher_hash_few(at, len),
                                       .tail = len > 8 ? matcher_hash_few(at + 8, len - 8) : 0 };
}

#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
enum { MATCHER_HASH_READS_AHEAD = 16 };
#else
enum { MATCHER_HASH_READS_AHEAD = 1 << 30 }; /* never */
#endif

/* The same where 16 bytes may be read: without a branch, for nobody can foretell how long a text is. */
static inline struct matcher_hash_pair matcher_hash_pair_in(const char *at, size_t len)
{
    static const uint64_t kept[17] = { /* of the word in which a text ends */
                                       0,
                                       0xFF,
                                       0xFFFF,
                                       0xFFFFFF,
                                       0xFFFFFFFF,
                                       UINT64_C(0xFFFFFFFFFF),
                                       UINT64_C(0xFFFFFFFFFFFF),
                                       UINT64_C(0xFFFFFFFFFFFFFF),
                                       UINT64_MAX,
                                       UINT64_MAX,
                                       UINT64_MAX,
                                       UINT64_MAX,
                                       UINT64_MAX,
                                       UINT64_MAX,
                                       UINT64_MAX,
                                       UINT64_MAX,
                                       UINT64_MAX
    };
    return (struct matcher_hash_pair){ .head = matcher_hash_word(at) & kept[len],
                                       .tail = matcher_hash_word(at + 8) & kept[len > 8 ? len - 8 : 0] };
}

static inline uint64_t matcher_hash_of_pair(struct matcher_hash_pair pair, size_t len, uint64_t seed)
{
    return matcher_hash_mix(pair.head ^ seed, pair.tail ^ UINT64_C(0xE7037ED1A0B428DB) ^ (uint64_t)len << 56);
}

/* Of a text as a whole. */
static inline uint64_t matcher_hash_whole(struct str text, uint64_t seed)
{
    if (text.len > 16)
        return matcher_hash_text(text, seed);
    return matcher_hash_of_pair(matcher_hash_pair_of(text.ptr, text.len), text.len, seed);
}

/* ---- from the end ---- */

/* Words are cut from the end. */
static inline uint64_t matcher_hash_text_back(struct str text, uint64_t seed)
{
    uint64_t state = seed;
    size_t left = text.len;
    for (; left >= 8; left -= 8)
        state = matcher_hash_step(state, matcher_hash_word(text.ptr + left - 8));
    return matcher_hash_end(state, matcher_hash_few(text.ptr, left), text.len);
}

/* ---- addresses ---- */

/* Of the leading bits. */
static inline uint32_t matcher_hash_address(uint64_t seed, const unsigned char *address, uint32_t prefix_bits)
{
    unsigned char kept[16] = { 0 };
    uint32_t bytes = prefix_bits / 8;
    memcpy(kept, address, bytes);
    if (prefix_bits % 8)
        kept[bytes] = (unsigned char)(address[bytes] & (0xFF00u >> (prefix_bits % 8)));
    return (uint32_t)matcher_hash_text(str_of((const char *)kept, sizeof(kept)), seed + prefix_bits * 2);
}

#endif
