/* matcher_clause.h - the clauses of all rules, each kept once: a block of bytes without pointers, so that two are
 * the same when their bytes are.
 *
 *     clause   place, uses | tests[0] tests[1] ... | what the tests point to: texts, numbers, pieces, tests
 *
 * Threads: the writer makes and drops them; readers see those of the conjunctions they found.
 */
#ifndef MATCH_MATCHER_CLAUSE_H
#define MATCH_MATCHER_CLAUSE_H

#include "match/match_place.h"
#include "match/matcher_number.h"
#include "match/pattern_clause.h"

/* Offsets count from the clause's first byte. */
struct matcher_test {
    uint32_t at;  /* of what the kind has */
    uint32_t len; /* of the text; how many pieces, or tests; how many bits of an address count */
    uint32_t
        hash;     /* of STRING, NUMBER, IGNORE_CASE: of equal values the same; of PREFIX and SUFFIX: its word;
                    * of NONE_OF: where its sight is; 0: it has none */
    uint8_t kind; /* enum pattern_test_kind */
    uint8_t flags;
    uint16_t start; /* of STRING: its first two bytes */
};

/* Of NUMERIC; of CIDR; of NONE_OF: all are prefixes, or suffixes, of 1 to 4 bytes; or strings, LIST_MAX at most. */
enum { LOW_GIVEN = 1, LOW_INCLUDED = 2, HIGH_GIVEN = 4, HIGH_INCLUDED = 8 };
enum { ADDRESS_V6 = 1 };
enum { SHORT_PREFIXES = 1, SHORT_SUFFIXES = 2, STRING_LIST = 4 };
enum { LIST_MAX = 32 };

/* What single bytes of a string say about a list of texts, none of which it may pass: it does (FAILS), or it must be
 * held against them (ASKS), or, if none of its bytes says either, it does not. Not of the empty string. */
struct matcher_sight {
    uint8_t of[256]; /* by byte */
    bool within;     /* some says so of a byte anywhere, not only of the first or the last */
    bool others;     /* what is no string must be held against them, too */
    uint32_t set;    /* of the list: a struct matcher_set; 0: it is short */
};

enum {
    FIRST_FAILS = 1,
    FIRST_ASKS = 2,
    LAST_FAILS = 4,
    LAST_ASKS = 8,
    WITHIN_FAILS = 16,
    WITHIN_ASKS = 32,
    ANY_FAILS = FIRST_FAILS | LAST_FAILS | WITHIN_FAILS,
    ANY_ASKS = FIRST_ASKS | LAST_ASKS | WITHIN_ASKS,
};

enum matcher_seen { FAILS_AT_SIGHT, PASSES_AT_SIGHT, TO_BE_ASKED };

/* at: this, then the text. */
struct matcher_test_number {
    struct matcher_number number;
};

struct matcher_test_range {
    struct matcher_number low, high;
    uint32_t low_at, low_len, high_at, high_len;
};

struct matcher_test_piece {
    uint32_t at, len;
};

struct matcher_set;

struct matcher_clause {
    struct match_place *place;
    uint32_t uses;
    uint32_t hash;
    uint32_t size; /* with all that follows */
    uint32_t memo; /* its own number: where readers keep its outcome for an event */
    uint32_t test_count;
    bool absent_too, absent_only;
    bool dear; /* to ask again */
    bool many; /* there is a set of them: the last four bytes say where */
    struct matcher_test tests[];
};

/* It is one string: conjunctions keep its hash beside it. */
static inline bool matcher_clause_is_exact(const struct matcher_clause *clause)
{
    return clause->test_count == 1 && clause->tests[0].kind == TEST_STRING;
}

static inline const void *matcher_clause_at(const struct matcher_clause *clause, uint32_t at)
{
    return (const char *)clause + at;
}

/* NULL: its tests are few. */
static inline const struct matcher_set *matcher_clause_set(const struct matcher_clause *clause)
{
    if (!clause->many)
        return NULL;
    const uint32_t *at = matcher_clause_at(clause, clause->size - (uint32_t)sizeof(*at));
    return matcher_clause_at(clause, *at);
}

static inline struct str matcher_clause_text(const struct matcher_clause *clause,
                                             const struct matcher_test *test)
{
    return str_of((const char *)clause + test->at +
                      (test->kind == TEST_NUMBER ? sizeof(struct matcher_test_number) : 0),
                  test->len);
}

static inline const struct matcher_sight *matcher_clause_sight(const struct matcher_clause *clause,
                                                               const struct matcher_test *test)
{
    return test->kind == TEST_NONE_OF && test->hash ? matcher_clause_at(clause, test->hash) : NULL;
}

static inline enum matcher_seen matcher_sight_see(const struct matcher_sight *sight, bool is_string,
                                                  struct str text)
{
    const unsigned char *at = (const unsigned char *)text.ptr;
    if (!is_string)
        return sight->others ? TO_BE_ASKED : PASSES_AT_SIGHT;
    if (text.len == 0)
        return TO_BE_ASKED;
    unsigned seen = (sight->of[at[0]] & (FIRST_FAILS | FIRST_ASKS)) |
                    (sight->of[at[text.len - 1]] & (LAST_FAILS | LAST_ASKS));
    if (sight->within)
        for (size_t i = 0; i < text.len; i++)
            seen |= sight->of[at[i]] & (WITHIN_FAILS | WITHIN_ASKS);
    return seen & ANY_FAILS ? FAILS_AT_SIGHT : seen & ANY_ASKS ? TO_BE_ASKED : PASSES_AT_SIGHT;
}

/* The first four bytes of a text, or the last (those of a shorter one all): most texts differ there. */
static inline uint32_t matcher_first_word(struct str text)
{
    const unsigned char *at = (const unsigned char *)text.ptr;
    uint32_t word = 0;
    if (text.len >= 4)
        return at[0] | (uint32_t)at[1] << 8 | (uint32_t)at[2] << 16 | (uint32_t)at[3] << 24;
    for (size_t i = 0; i < text.len; i++)
        word |= (uint32_t)at[i] << (8 * i);
    return word;
}

static inline uint32_t matcher_last_word(struct str text)
{
    if (text.len >= 4)
        return matcher_first_word(str_of(text.ptr + text.len - 4, 4));
    return text.len ? matcher_first_word(text) << (8 * (4 - text.len)) : 0;
}

/* Seeds of hashes, one for each way to look at a text. */
enum matcher_seed {
    SEED_STRING,
    SEED_NUMBER,
    SEED_IGNORE_CASE,
    SEED_PREFIX,
    SEED_PREFIX_IGNORE_CASE,
    SEED_SUFFIX,
    SEED_SUFFIX_IGNORE_CASE,
    SEED_CIDR,
    SEED_GRAM,
    SEED_COUNT,
};

struct matcher_clauses {
    struct matcher_memory *memory;
    struct match_places *places;
    uint64_t seeds[SEED_COUNT];
    struct matcher_clause **table; /* open addressing, linear probing; NULL: empty */
    uint32_t mask, count;
    char *room; /* where one is put together */
    size_t len, cap;
    uint32_t *memos; /* that came back */
    uint32_t memos_unused, memos_room;
    uint32_t memo_count;
    uint64_t tests;
};

void matcher_clauses_init(struct matcher_clauses *clauses, struct matcher_memory *memory,
                          struct match_places *places, uint64_t seed);
void matcher_clauses_fini(struct matcher_clauses *clauses);

/* The clause as one of ours, with one use more; made if need be. */
struct matcher_clause *matcher_clause_take(struct matcher_clauses *clauses,
                                           const struct pattern_clause *clause);
void matcher_clause_drop(struct matcher_clauses *clauses, struct matcher_clause *clause);

#endif
