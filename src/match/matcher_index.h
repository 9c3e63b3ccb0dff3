/* matcher_index.h - how the conjunctions that an event may match are found.
 *
 *     root branch -- [conjunctions that nothing leads to: only exists:false]
 *       place "source"  field -- "aws.s3" -> branch -- [conjunctions]
 *                              |               '- field of "detail-type" -- "Object Created" -> branch -- [...]
 *                              '- prefix "aws." -> branch -- [conjunctions]
 *       place "detail.size"  field -- 10 to 20 -> branch -- [conjunctions]
 *
 * A branch is what is left to be asked once one test has passed. A conjunction is listed in one branch (in several,
 * if the clause that leads there has several tests), at the clause that the fewest others share; when a branch has
 * many, those that come later go on to a branch below it, by another of their clauses. What is found is a
 * candidate: all its clauses are then held against the event, so that a key may stand for more than its test.
 *
 * The writer changes one thing at a time so that readers find all that is there: an entry is written before it is
 * counted, emptied entries stay until the whole is built anew, and what was replaced is retired.
 */
#ifndef MATCH_MATCHER_INDEX_H
#define MATCH_MATCHER_INDEX_H

#include "match/matcher_clause.h"

#include <math.h>

struct matcher_branch;

/* ---- conjunctions ---- */

#define REF_EXACT UINT32_C(0x80000000)

/* One clause of a conjunction. slot | REF_EXACT: it is one string, of this hash. */
struct matcher_ref {
    struct matcher_clause *clause;
    uint32_t slot;
    uint32_t hash;
};

struct matcher_listing {
    struct matcher_branch *branch;
    uint32_t position; /* in its list */
};

/* Readers see the head and the refs; the writer's part stands behind them. */
struct matcher_conjunction {
    uint64_t rule;
    uint64_t born;     /* the version of the matcher that has it */
    uint64_t sequence; /* four bits a step: which of the refs is best asked first, second, ... */
    uint32_t ref_count;
    uint16_t shared_depth; /* names that the places of two of its clauses begin with alike */
    bool listed_often;
    struct matcher_ref refs[]; /* sorted by place */
};

enum { SEQUENCE_MAX = 16 }; /* of more refs there is none */

struct matcher_filing {
    struct matcher_conjunction *next; /* of the rule */
    union {
        struct matcher_listing listing;
        struct {
            struct matcher_listing *at;
            uint32_t count;
        } listings;
    };
};

static inline struct matcher_filing *matcher_filing_of(struct matcher_conjunction *conjunction)
{
    return (void *)&conjunction->refs[conjunction->ref_count];
}

/* ---- the index ---- */

/* First stand masks, as many as there is room for, then as many conjunctions: what of matcher_bit each of them needs.
 * Most candidates end there, before they are fetched. */
struct matcher_list {
    _Atomic(uint32_t) used;
    /* Of those used not emptied, times 32; and which power of two the room is, LIST_ROOM_MIN at least: eight masks can
     * be read at once from any eighth. */
    _Atomic(uint32_t) state;
    _Atomic(uint64_t) masks[];
};

enum { LIST_ROOM_MIN = 4, LIST_ONE = 32 };

static inline uint32_t matcher_list_room(const struct matcher_list *list)
{
    return UINT32_C(1) << (atomic_load_explicit(&list->state, memory_order_relaxed) % LIST_ONE);
}

static inline uint32_t matcher_list_live(const struct matcher_list *list)
{
    return atomic_load_explicit(&list->state, memory_order_relaxed) / LIST_ONE;
}

static inline _Atomic(struct matcher_conjunction *) *matcher_list_at(struct matcher_list *list)
{
    return (_Atomic(struct matcher_conjunction *) *)((char *)list + sizeof(*list) +
                                                     matcher_list_room(list) * sizeof(uint64_t));
}

/* One of 64, of a string at a place. Who asks for exactly that string passes no event without its bit. */
static inline uint64_t matcher_bit(uint32_t slot, uint32_t hash)
{
    return UINT64_C(1) << ((hash ^ slot * UINT32_C(0x9E3779B1)) * UINT32_C(0x85EBCA6B) >> 26);
}

/* From keys to branches; several may have one key. Slot: NULL and key 0: never used; NULL: emptied. */
struct matcher_table {
    uint32_t mask, used, live;
    _Atomic(uint32_t) repeated; /* some key stands there twice, or did */
    _Atomic(uint64_t) seen; /* a bit for each key, by its upper bits: most values end here */
    _Atomic(struct matcher_branch *) branches[]; /* mask + 1; behind them as many keys */
};

static inline _Atomic(uint32_t) *matcher_table_keys(struct matcher_table *table)
{
    return (_Atomic(uint32_t) *)((char *)table + offsetof(struct matcher_table, branches) +
                                 ((size_t)table->mask + 1) * sizeof(struct matcher_branch *));
}

/* Numbers that are asked for in some key of a field: how long its prefixes are, ... Ascending. */
struct matcher_features {
    uint32_t count;
    struct {
        uint32_t feature;
        uint32_t uses; /* the writer's */
    } at[];
};

/* What must be looked through, entry by entry. */
struct matcher_rows {
    _Atomic(uint32_t) used;
    uint32_t room, live;
    struct matcher_row {
        /* A range's ends as doubles; a wildcard's letters and pairs of letters; an anything-but and its clause, to be
         * looked at only while there is a branch. */
        uint64_t a, b;
        _Atomic(struct matcher_branch *) branch; /* NULL: emptied */
    } at[];
};

/* Ranges, sorted by their lower ends; behind them, for each, as of matcher_runs.c, how far up those of its part
 * reach. */
struct matcher_run {
    uint32_t number; /* its own among the runs of the field, from 1 */
    uint32_t count, live;
    struct matcher_row rows[];
};

static inline double *matcher_run_most(struct matcher_run *run)
{
    return (double *)(void *)&run->rows[run->count];
}

struct matcher_runs {
    uint32_t count;
    struct matcher_run *at[];
};

enum matcher_feature {
    FEATURE_PREFIX,
    FEATURE_PREFIX_IGNORE_CASE,
    FEATURE_SUFFIX,
    FEATURE_SUFFIX_IGNORE_CASE,
    FEATURE_CIDR_V4,
    FEATURE_CIDR_V6,
    FEATURE_GRAM,
    FEATURE_COUNT,
    FEATURE_NONE = FEATURE_COUNT,
};

enum matcher_row_kind { ROWS_RANGE, ROWS_LETTERS, ROWS_LIST, ROWS_COUNT, ROWS_NONE = ROWS_COUNT };

enum { LISTS_MAX = 16 }; /* of one field: what comes later is found by whatever stands there */

/* What asks for more than a key's equality. */
struct matcher_special {
    _Atomic(struct matcher_features *) features[FEATURE_COUNT];
    _Atomic(struct matcher_rows *) rows[ROWS_COUNT];
    _Atomic(struct matcher_runs *) runs;  /* ranges beyond the rows; readers look at the rows before */
    _Atomic(struct matcher_branch *) any; /* whatever stands there */
    _Atomic(uint32_t) ignore_case;        /* keys of folded strings */
};

/* What is asked about one place, under one branch. */
struct matcher_field {
    _Atomic(struct matcher_table *) table;
    _Atomic(struct matcher_special *) special;
    _Atomic(uint32_t) exact; /* bits of json_type: there are, or were, keys of such values */
    uint32_t conjunctions;
    struct match_place *place;
    struct matcher_branch *branch;
};

struct matcher_parts {
    uint32_t count;
    struct matcher_part {
        uint32_t slot;
        struct matcher_field *field;
    } at[];
};

/* How a test is found: by the key alone, or also by the feature or the row. */
struct matcher_key {
    uint32_t key;
    uint32_t feature; /* its value */
    enum matcher_feature feature_kind;
    enum matcher_row_kind row_kind;
    enum pattern_test_kind kind;
    uint64_t a, b;
};

struct matcher_branch {
    _Atomic(struct matcher_list *) list;   /* NULL: none */
    _Atomic(struct matcher_parts *) parts; /* NULL: none */
    struct matcher_field *field;           /* where it hangs; NULL: the root */
    uint32_t key;
    uint32_t number;  /* its own among the branches */
    uint32_t count;   /* conjunctions here and below */
    uint32_t feature; /* of a range: the number of its run; 0: it is in the rows */
    uint32_t row;
    uint8_t kind, feature_kind, row_kind;
};

struct matcher_index {
    struct matcher_memory *memory;
    struct matcher_clauses *clauses; /* for their seeds */
    struct matcher_branch *root;
    uint32_t *numbers; /* of branches, that came back */
    uint32_t numbers_unused, numbers_room;
    uint32_t number_count;
};

void matcher_index_init(struct matcher_index *index, struct matcher_memory *memory,
                        struct matcher_clauses *clauses);
void matcher_index_fini(struct matcher_index *index);

/* Lists the conjunction where it will be found. */
void matcher_index_add(struct matcher_index *index, struct matcher_conjunction *conjunction);
void matcher_index_remove(struct matcher_index *index, struct matcher_conjunction *conjunction);

/* ---- parts of the writer ---- */

void matcher_list_add(struct matcher_index *index, struct matcher_branch *branch,
                      struct matcher_conjunction *conjunction, struct matcher_listing *ret);
/* NULL: there is none. */
struct matcher_branch *matcher_field_find(const struct matcher_field *field, const struct matcher_key *key);
struct matcher_branch *matcher_field_get(struct matcher_index *index, struct matcher_field *field,
                                         const struct matcher_key *key);
/* The branch holds nothing any more. */
void matcher_field_remove(struct matcher_index *index, struct matcher_field *field,
                          struct matcher_branch *branch);

void matcher_special_add(struct matcher_index *index, struct matcher_field *field,
                         struct matcher_branch *branch, const struct matcher_key *key);
void matcher_special_remove(struct matcher_index *index, struct matcher_field *field,
                            struct matcher_branch *branch);

/* The field's rows of ranges, all of them, become a run, before they go. */
void matcher_runs_take(struct matcher_index *index, struct matcher_special *special,
                       const struct matcher_rows *rows);
void matcher_runs_remove(struct matcher_index *index, struct matcher_special *special,
                         const struct matcher_branch *branch);
struct matcher_row *matcher_runs_row(const struct matcher_special *special,
                                     const struct matcher_branch *branch);

/* How a test of the clause is found in the field (NULL: in one that is still empty). */
void matcher_key_of(const struct matcher_index *index, const struct matcher_field *field,
                    const struct matcher_clause *clause, const struct matcher_test *test,
                    struct matcher_key *ret);
/* Bits of the letters, and of the pairs of letters, in a text. */
void matcher_key_letters(struct str text, uint64_t *letters, uint64_t *pairs);
uint32_t matcher_key_gram(const uint64_t *seeds, const char *at, uint32_t len);
uint32_t matcher_key_literal(int type); /* enum json_type */

#endif
