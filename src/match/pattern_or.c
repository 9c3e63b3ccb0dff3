/* From the clauses of a pattern to its conjunctions: one for each way through all $or.
 *
 *     a, $or: { b | c, $or: { d | e } }, b      ways: a b | a c d b | a c e b
 *
 * Of two clauses for one place on a way the last counts, as of two lists for one place in a pattern without $or. */
#include "match/pattern_reader.h"

#include <stdlib.h>

enum { FEW_CLAUSES = 16 }; /* sorted by insertion */

/* Names that the service keeps for itself in an $or, beside those of match types. */
static const char *const kept_names[] = {
    "=",
    "<",
    "<=",
    ">",
    ">=",
    "regex",
    "not-wildcard",
    "not-equals-ignore-case",
    "date-after",
    "date-on-or-after",
    "date-before",
    "date-on-or-before",
    "in-date-range",
    "ip-address-in-range",
    "ip-address-not-in-range",
};

static bool is_kept(struct str name)
{
    for (size_t i = 0; i < sizeof(kept_names) / sizeof(kept_names[0]); i++)
        if (str_eq(name, str_from(kept_names[i])))
            return true;
    return pattern_is_match_type(name);
}

/* Here or in the objects below, as deep as JSON may be. */
static bool has_kept_name(const struct json *object)
{
    for (uint32_t i = 0; i < object->count; i++) {
        const struct json_member *member = &object->members[i];
        if (is_kept(member->key) || (member->value.type == JSON_OBJECT && has_kept_name(&member->value)))
            return true;
    }
    return false;
}

/* What earlier versions looked for. */
static bool has_match_type(const struct json *object)
{
    for (uint32_t i = 0; i < object->count; i++)
        if (pattern_is_match_type(object->members[i].key))
            return true;
    return false;
}

bool pattern_is_or(const struct pattern_reader *r, const struct json *value)
{
    if (value->type != JSON_ARRAY || value->count < 2)
        return false;
    for (uint32_t i = 0; i < value->count; i++)
        if (value->items[i].type != JSON_OBJECT ||
            (r->limits.kept ? has_match_type : has_kept_name)(&value->items[i]))
            return false;
    return true;
}

/* ---- places ---- */

struct sorted {
    struct pattern_clause *clause;
    uint32_t at; /* in the text, counted in clauses */
};

static int clause_order(const void *left, const void *right)
{
    const struct sorted *a = left, *b = right;
    int order = str_compare(a->clause->place, b->clause->place);
    return order ? order : (a->at > b->at) - (a->at < b->at);
}

static struct sorted *sort_clauses(struct pattern_reader *r, struct arena *arena)
{
    struct sorted *sorted = (void *)arena_bytes(arena, r->clause_count * sizeof(*sorted));
    size_t count = 0;
    for (size_t i = 0; i < r->steps.len; i++) {
        if (r->steps.at[i].kind != STEP_CLAUSE)
            continue;
        sorted[count] = (struct sorted){ .clause = r->steps.at[i].clause, .at = (uint32_t)count };
        count++;
    }
    if (count > FEW_CLAUSES) {
        qsort(sorted, count, sizeof(*sorted), clause_order);
        return sorted;
    }
    for (size_t i = 1; i < count; i++) {
        struct sorted moved = sorted[i];
        size_t at = i;
        for (; at > 0 && clause_order(&moved, &sorted[at - 1]) < 0; at--)
            sorted[at] = sorted[at - 1];
        sorted[at] = moved;
    }
    return sorted;
}

static bool same_place(const struct sorted *a, const struct sorted *b)
{
    return str_eq(a->clause->place, b->clause->place);
}

static void add_clause(struct pattern *pattern, struct pattern_clause *clause)
{
    clause->number = pattern->clause_count++;
    pattern->wildcard_count += clause->wildcard_count;
}

/* ---- without $or ---- */

static void make_one(struct pattern_reader *r, struct pattern *ret)
{
    size_t count = r->clause_count;
    const struct sorted *sorted = sort_clauses(r, r->arena);
    const struct pattern_clause **clauses = (void *)arena_bytes(r->arena, count * sizeof(*clauses));
    struct pattern_conjunction *conjunction = (void *)arena_bytes(r->arena, sizeof(*conjunction));
    *conjunction = (struct pattern_conjunction){ .clauses = clauses };
    for (size_t i = 0; i < count; i++) {
        if (i + 1 < count && same_place(&sorted[i], &sorted[i + 1]))
            continue;
        clauses[conjunction->count++] = sorted[i].clause;
        add_clause(ret, sorted[i].clause);
    }
    ret->conjunctions = conjunction;
    ret->count = 1;
}

/* ---- with $or ---- */

/* A way is a row of numbers, for each place that of its clause plus one; 0: the way does not ask there. */
struct ways {
    uint32_t *rows;
    size_t count, cap;
};

struct expansion {
    struct pattern_reader *reader;
    struct arena scratch;
    size_t at;        /* step */
    uint32_t clause;  /* number of the next clause */
    uint32_t *places; /* of each clause, as places sort */
    size_t place_count;
};

static void ways_append(struct expansion *e, struct ways *ways, const struct ways *more)
{
    size_t row = e->place_count * sizeof(*ways->rows);
    if (ways->count + more->count > ways->cap) {
        size_t cap = (ways->count + more->count) * 2;
        uint32_t *rows = (void *)arena_bytes(&e->scratch, cap * row);
        if (ways->count)
            memcpy(rows, ways->rows, ways->count * row);
        ways->rows = rows;
        ways->cap = cap;
    }
    memcpy(ways->rows + ways->count * e->place_count, more->rows, more->count * row);
    ways->count += more->count;
}

static enum err fail_count(struct expansion *e, const struct json *list)
{
    struct pattern_reader *r = e->reader;
    struct str reason =
        arena_printf(r->arena, "Rule is too complex - $or makes more than %u combinations of it",
                     r->limits.conjunctions_max);
    return pattern_fail_behind(r, list, arena_cstr(r->arena, reason));
}

/* Leads every way on through the steps up to the end of the alternative (or of the pattern). */
static enum err expand(struct expansion *e, struct ways *ways)
{
    const struct pattern_reader *r = e->reader;
    while (e->at < r->steps.len && r->steps.at[e->at].kind < STEP_NEXT) {
        const struct pattern_step *step = &r->steps.at[e->at++];
        if (step->kind == STEP_CLAUSE) {
            uint32_t number = e->clause++;
            for (size_t i = 0; i < ways->count; i++)
                ways->rows[i * e->place_count + e->places[number]] = number + 1;
            continue;
        }
        struct ways all = { 0 };
        do {
            struct ways alternative = { 0 };
            ways_append(e, &alternative, ways);
            enum err err = expand(e, &alternative);
            if (err)
                return err;
            if (all.count + alternative.count > r->limits.conjunctions_max)
                return fail_count(e, step->value);
            ways_append(e, &all, &alternative);
        } while (r->steps.at[e->at++].kind == STEP_NEXT);
        *ways = all;
    }
    return ERR_OK;
}

static void find_places(struct expansion *e, const struct sorted *sorted)
{
    size_t count = e->reader->clause_count;
    e->places = (void *)arena_bytes(&e->scratch, count * sizeof(*e->places));
    for (size_t i = 0; i < count; i++) {
        e->place_count += i == 0 || !same_place(&sorted[i - 1], &sorted[i]);
        e->places[sorted[i].at] = (uint32_t)e->place_count - 1;
    }
}

static void set_conjunction(struct expansion *e, const uint32_t *row, struct pattern_clause *const *numbered,
                            struct pattern_conjunction *ret)
{
    const struct pattern_clause **clauses;
    *ret = (struct pattern_conjunction){ 0 };
    for (size_t i = 0; i < e->place_count; i++)
        ret->count += row[i] != 0;
    clauses = (void *)arena_bytes(e->reader->arena, ret->count * sizeof(*clauses));
    ret->clauses = clauses;
    for (size_t i = 0; i < e->place_count; i++)
        if (row[i])
            *clauses++ = numbered[row[i] - 1];
}

static void set_conjunctions(struct expansion *e, const struct ways *ways, const struct sorted *sorted,
                             struct pattern *ret)
{
    struct pattern_reader *r = e->reader;
    struct pattern_clause **numbered = (void *)arena_bytes(&e->scratch, r->clause_count * sizeof(*numbered));
    bool *used = ARENA_ARRAY(&e->scratch, bool, r->clause_count);
    struct pattern_conjunction *conjunctions =
        (void *)arena_bytes(r->arena, ways->count * sizeof(*conjunctions));
    for (size_t i = 0; i < r->clause_count; i++)
        numbered[sorted[i].at] = sorted[i].clause;
    for (size_t i = 0; i < ways->count; i++)
        set_conjunction(e, ways->rows + i * e->place_count, numbered, &conjunctions[i]);
    for (size_t i = 0; i < ways->count * e->place_count; i++)
        if (ways->rows[i])
            used[ways->rows[i] - 1] = true;
    for (size_t i = 0; i < r->clause_count; i++)
        if (used[i])
            add_clause(ret, numbered[i]);
    ret->conjunctions = conjunctions;
    ret->count = (uint32_t)ways->count;
}

static enum err make_all(struct pattern_reader *r, struct pattern *ret)
{
    struct expansion e = { .reader = r };
    const struct sorted *sorted = sort_clauses(r, &e.scratch);
    find_places(&e, sorted);
    struct ways ways = { .rows = ARENA_ARRAY(&e.scratch, uint32_t, e.place_count), .count = 1, .cap = 1 };
    enum err err = expand(&e, &ways);
    if (!err)
        set_conjunctions(&e, &ways, sorted, ret);
    arena_fini(&e.scratch);
    return err;
}

enum err pattern_make_conjunctions(struct pattern_reader *r, struct pattern *ret)
{
    if (r->or_seen)
        return make_all(r, ret);
    make_one(r, ret);
    return ERR_OK;
}
