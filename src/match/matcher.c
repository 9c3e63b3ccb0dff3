/* The writer's and the readers' calls. A rule's conjunctions are listed one after the other, then the version goes
 * up: readers that began before see none of them. */
#include "match/matcher.h"
#include "match/matcher_find.h"

#include <assert.h>
#include <stdlib.h>

struct matcher {
    struct matcher_memory memory;
    struct match_places places;
    struct matcher_clauses clauses;
    struct matcher_index index;
    struct pattern_limits limits;
    _Atomic(uint64_t) version;
    struct matcher_conjunction **rules; /* open addressing, linear probing; NULL: empty */
    size_t rule_mask, rule_count;
    struct arena scratch; /* for patterns */
};

struct matcher_reader {
    struct matcher *matcher;
    struct matcher_slot *slot;
    struct matcher_find find;
    struct match_scan *scan;
};

enum { RULES_FIRST = 16 };

/* ---- life ---- */

struct matcher *matcher_new(const struct pattern_limits *limits)
{
    struct matcher *m = calloc(1, sizeof(*m));
    if (!m)
        abort();
    /* Where things lie in memory differs from run to run. */
    uint64_t seed = (uint64_t)(uintptr_t)m * UINT64_C(0x9E3779B97F4A7C15) ^ (uint64_t)(uintptr_t)&seed << 20 ^
                    (uint64_t)(uintptr_t)&matcher_new;
    matcher_memory_init(&m->memory);
    match_places_init(&m->places, &m->memory, seed);
    matcher_clauses_init(&m->clauses, &m->memory, &m->places, seed);
    matcher_index_init(&m->index, &m->memory, &m->clauses);
    if (limits)
        m->limits = *limits;
    return m;
}

static void rule_take_out(struct matcher *m, struct matcher_conjunction *conjunction);

void matcher_free(struct matcher **matcher)
{
    struct matcher *m = *matcher;
    if (!m)
        return;
    for (size_t i = 0; m->rules && i <= m->rule_mask; i++)
        if (m->rules[i])
            rule_take_out(m, m->rules[i]);
    matcher_memory_turn(&m->memory);
    matcher_memory_free(&m->memory, m->rules, (m->rule_mask + 1) * sizeof(struct matcher_conjunction *));
    matcher_index_fini(&m->index);
    matcher_clauses_fini(&m->clauses);
    match_places_fini(&m->places);
    matcher_memory_fini(&m->memory);
    arena_fini(&m->scratch);
    free(m);
    *matcher = NULL;
}

/* ---- the rules by number ---- */

static size_t rule_home(const struct matcher *m, uint64_t rule)
{
    uint64_t hash = rule * UINT64_C(0x9E3779B97F4A7C15);
    return (size_t)(hash ^ hash >> 32) & m->rule_mask;
}

/* Where it is, or where it would be. */
static size_t rule_at(const struct matcher *m, uint64_t rule)
{
    size_t at = rule_home(m, rule);
    while (m->rules[at] && m->rules[at]->rule != rule)
        at = (at + 1) & m->rule_mask;
    return at;
}

static void rules_resize(struct matcher *m, size_t cap)
{
    struct matcher_conjunction **old = m->rules;
    size_t old_cap = old ? m->rule_mask + 1 : 0;
    m->rules = cap ? matcher_memory_alloc(&m->memory, cap * sizeof(*old)) : NULL;
    m->rule_mask = cap ? cap - 1 : 0;
    for (size_t i = 0; cap && i < old_cap; i++)
        if (old[i])
            m->rules[rule_at(m, old[i]->rule)] = old[i];
    matcher_memory_free(&m->memory, old, old_cap * sizeof(*old));
}

static void rules_remove(struct matcher *m, size_t gap)
{
    m->rules[gap] = NULL;
    for (size_t at = (gap + 1) & m->rule_mask; m->rules[at]; at = (at + 1) & m->rule_mask) {
        size_t home = rule_home(m, m->rules[at]->rule);
        if (((at - home) & m->rule_mask) < ((at - gap) & m->rule_mask))
            continue;
        m->rules[gap] = m->rules[at];
        m->rules[at] = NULL;
        gap = at;
    }
    m->rule_count--;
    if (m->rule_count == 0)
        rules_resize(m, 0);
    else if (m->rule_mask >= 2 * RULES_FIRST && m->rule_count * 8 < m->rule_mask)
        rules_resize(m, (m->rule_mask + 1) / 2);
}

/* ---- conjunctions ---- */

static size_t conjunction_bytes(uint32_t refs)
{
    return sizeof(struct matcher_conjunction) + refs * sizeof(struct matcher_ref) +
           sizeof(struct matcher_filing);
}

/* Names that the two places begin with alike. */
static uint32_t shared_names(const struct match_place *a, const struct match_place *b)
{
    while (a->depth > b->depth)
        a = a->parent;
    while (b->depth > a->depth)
        b = b->parent;
    for (; a != b; a = a->parent)
        b = b->parent;
    return a->depth;
}

/* Of clauses that are sorted by place, those that share most stand beside each other, but for what stands between
 * "a" and "a.b", such as "a-b". */
static uint32_t shared_depth(const struct matcher_conjunction *conjunction)
{
    uint32_t most = 0;
    for (uint32_t i = 0; i < conjunction->ref_count; i++) {
        const struct match_place *place = conjunction->refs[i].clause->place;
        uint32_t shared = i ? shared_names(conjunction->refs[i - 1].clause->place, place) : 0;
        for (uint32_t k = i; k-- > 0 && shared + 1 < place->depth && place->depth > 1;) {
            uint32_t with = shared_names(conjunction->refs[k].clause->place, place);
            shared = with > shared ? with : shared;
        }
        most = shared > most ? shared : most;
    }
    return most;
}

static struct matcher_conjunction *conjunction_new(struct matcher *m, uint64_t rule,
                                                   const struct pattern_conjunction *from)
{
    struct matcher_conjunction *c = matcher_memory_alloc(&m->memory, conjunction_bytes(from->count));
    c->rule = rule;
    c->born = atomic_load_explicit(&m->version, memory_order_relaxed) + 1;
    c->ref_count = from->count;
    for (uint32_t i = 0; i < from->count; i++) {
        struct matcher_clause *clause = matcher_clause_take(&m->clauses, from->clauses[i]);
        bool exact = matcher_clause_is_exact(clause);
        c->refs[i] = (struct matcher_ref){ .clause = clause,
                                           .slot = clause->place->slot | (exact ? REF_EXACT : 0),
                                           .hash = clause->tests[0].hash };
    }
    c->shared_depth = (uint16_t)shared_depth(c);
    return c;
}

/* Of all its conjunctions. */
static void rule_take_out(struct matcher *m, struct matcher_conjunction *conjunction)
{
    for (struct matcher_conjunction *c = conjunction; c; c = matcher_filing_of(c)->next)
        matcher_index_remove(&m->index, c);
    while (conjunction) {
        struct matcher_conjunction *next = matcher_filing_of(conjunction)->next;
        for (uint32_t i = 0; i < conjunction->ref_count; i++)
            matcher_clause_drop(&m->clauses, conjunction->refs[i].clause);
        matcher_memory_retire(&m->memory, conjunction, conjunction_bytes(conjunction->ref_count));
        conjunction = next;
    }
}

/* ---- add and remove ---- */

enum err matcher_add_pattern(struct matcher *m, uint64_t rule, const struct pattern *pattern)
{
    if (!m->rules || (m->rule_count + 1) * 4 > (m->rule_mask + 1) * 3)
        rules_resize(m, m->rules ? (m->rule_mask + 1) * 2 : RULES_FIRST);
    size_t at = rule_at(m, rule);
    if (m->rules[at])
        return ERR_CONFLICT;
    struct matcher_conjunction *first = NULL;
    for (uint32_t i = pattern->count; i-- > 0;) {
        struct matcher_conjunction *c = conjunction_new(m, rule, &pattern->conjunctions[i]);
        matcher_filing_of(c)->next = first;
        first = c;
        matcher_index_add(&m->index, c);
    }
    m->rules[at] = first;
    m->rule_count++;
    atomic_fetch_add_explicit(&m->version, 1, memory_order_release);
    matcher_memory_turn(&m->memory);
    return ERR_OK;
}

enum err matcher_add(struct matcher *m, uint64_t rule, struct str text, struct arena *arena,
                     struct str *reterr)
{
    struct pattern *pattern;
    struct str error = STR_EMPTY;
    arena_reset(&m->scratch);
    enum err err = pattern_compile(&m->scratch, text, &m->limits, &pattern, &error);
    if (err)
        *reterr = arena_copy(arena, error);
    else
        err = matcher_add_pattern(m, rule, pattern);
    return err;
}

enum err matcher_remove(struct matcher *m, uint64_t rule)
{
    if (!m->rules)
        return ERR_NOTFOUND;
    size_t at = rule_at(m, rule);
    struct matcher_conjunction *conjunction = m->rules[at];
    if (!conjunction)
        return ERR_NOTFOUND;
    rules_remove(m, at);
    rule_take_out(m, conjunction);
    matcher_memory_turn(&m->memory);
    return ERR_OK;
}

void matcher_stats(const struct matcher *m, struct matcher_stats *ret)
{
    *ret = (struct matcher_stats){
        .rules = m->rule_count, .bytes = m->memory.bytes, .places = m->places.asked, .tests = m->clauses.tests
    };
}

/* ---- readers ---- */

struct matcher_reader *matcher_reader_new(struct matcher *matcher)
{
    struct matcher_reader *reader = calloc(1, sizeof(*reader));
    if (!reader)
        abort();
    reader->matcher = matcher;
    reader->slot = matcher_memory_slot_take(&matcher->memory);
    reader->scan = match_scan_new();
    matcher_view_init(&reader->find.view, matcher->clauses.seeds);
    return reader;
}

void matcher_reader_free(struct matcher_reader **reader)
{
    if (!*reader)
        return;
    matcher_memory_slot_leave((*reader)->slot);
    match_scan_free(&(*reader)->scan);
    matcher_find_fini(&(*reader)->find);
    free(*reader);
    *reader = NULL;
}

static void reader_enter(struct matcher_reader *reader)
{
    struct matcher *m = reader->matcher;
    matcher_memory_enter(&m->memory, reader->slot);
    reader->find.version = atomic_load_explicit(&m->version, memory_order_acquire);
    match_event_begin(&reader->find.view.event);
}

static void reader_finish(struct matcher_reader *reader, struct matcher_result *ret)
{
    matcher_view_begin(&reader->find.view);
    matcher_find_rules(&reader->find, reader->matcher->index.root);
    matcher_memory_leave(reader->slot);
    *ret = (struct matcher_result){ .rules = reader->find.rules, .count = reader->find.rule_count };
}

enum err matcher_match(struct matcher_reader *reader, struct str event, struct matcher_result *ret,
                       struct json_error *reterr)
{
    reader_enter(reader);
    reader->find.view.readable_start = (uintptr_t)event.ptr;
    reader->find.view.readable_end = (uintptr_t)event.ptr + event.len;
    uint64_t epoch = atomic_load_explicit(&reader->slot->epoch, memory_order_relaxed);
    enum err err = match_scan(reader->scan, reader->matcher->places.root, epoch, event,
                              &reader->find.view.event, reterr);
    if (err) {
        matcher_memory_leave(reader->slot);
        return err;
    }
    reader_finish(reader, ret);
    return ERR_OK;
}

void matcher_match_value(struct matcher_reader *reader, const struct json *event, struct matcher_result *ret)
{
    reader_enter(reader);
    reader->find.view.readable_start = reader->find.view.readable_end = 0;
    match_walk(reader->matcher->places.root, event, &reader->find.view.event);
    reader_finish(reader, ret);
}

uint64_t matcher_reader_work(const struct matcher_reader *reader)
{
    return reader->find.view.work;
}

bool matcher_match_once(const struct pattern *pattern, const struct json *event)
{
    struct matcher *matcher = matcher_new(NULL);
    struct matcher_reader *reader = matcher_reader_new(matcher);
    struct matcher_result result;
    enum err err = matcher_add_pattern(matcher, 0, pattern);
    assert(!err);
    matcher_match_value(reader, event, &result);
    bool matched = result.count > 0;
    matcher_reader_free(&reader);
    matcher_free(&matcher);
    return matched;
}
