/* Why a pattern matches an event or does not, clause by clause.
 *
 * Every clause is judged as if it stood alone. When all of them pass and the conjunction fails nevertheless, what
 * they ask for is there, but in different items of an array: that array's place is named.
 *
 * What is to be judged are rules of a matcher of its own, so that the event is looked at once for all of them. */
#include "match/match_place.h"
#include "match/matcher.h"
#include "match/pattern_walk.h"

#include <assert.h>
#include <stdlib.h>

/* ---- what stands at a place ---- */

struct values {
    struct json *at; /* room for PATTERN_VALUES_SHOWN */
    uint32_t count, more;
};

static void add_value(struct values *values, const struct json *value, struct arena *arena)
{
    if (values->count == PATTERN_VALUES_SHOWN) {
        values->more++;
        return;
    }
    struct json *shown = &values->at[values->count++];
    *shown = *value;
    if (str_empty(shown->raw))
        shown->raw = json_text(arena, value);
}

/* At the places of the clauses, in one go over the event: of each clause, as they stand in the event. */
static struct values *collect(struct arena *arena, const struct pattern_clause *const *clauses,
                              uint32_t count, const struct json *event)
{
    struct matcher_memory memory;
    struct match_places places;
    struct match_event read = { .keeps_sources = true };
    struct values *values = ARENA_ARRAY(arena, struct values, count);
    struct match_place **asked = ARENA_ARRAY(arena, struct match_place *, count);
    matcher_memory_init(&memory);
    match_places_init(&places, &memory, (uint64_t)(uintptr_t)&places);
    for (uint32_t i = 0; i < count; i++) {
        asked[i] = match_place_ask(&places, clauses[i]->names, clauses[i]->name_count);
        values[i].at = (void *)arena_bytes(arena, PATTERN_VALUES_SHOWN * sizeof(struct json));
    }
    uint32_t *by_slot = ARENA_ARRAY(arena, uint32_t, places.slots.count);
    for (uint32_t i = 0; i < count; i++)
        by_slot[asked[i]->slot] = i;
    match_event_begin(&read);
    match_walk(places.root, event, &read);
    for (uint32_t i = 0; i < read.value_count; i++)
        add_value(&values[by_slot[read.values[i].place->slot]], read.sources[i], arena);
    for (uint32_t i = 0; i < count; i++)
        match_place_drop(&places, asked[i]);
    match_places_fini(&places);
    matcher_memory_fini(&memory);
    match_event_fini(&read);
    return values;
}

/* Whether an array stands there, also one in an array on the way. */
static bool array_stands(struct walk *walk, struct source source, const struct str *names, uint32_t count)
{
    bool found = false;
    if (source_is_array(&source)) {
        found = count == 0;
        for (uint32_t i = 0; i < source.value->count && !found; i++)
            found = array_stands(walk, (struct source){ .value = &source.value->items[i] }, names, count);
    } else if (count > 0) {
        size_t start = walk->len;
        walk_push_below(walk, source, names[0]);
        size_t end = walk->len;
        for (size_t i = start; i < end && !found; i++)
            found = array_stands(walk, walk->sources[i], names + 1, count - 1);
        walk->len = start;
    }
    return found;
}

/* ---- judging ---- */

/* Conjunctions, by number, and whether the event matches them. */
struct judge {
    struct matcher *matcher;
    struct arena *arena;
    uint64_t count;
};

static void judge_begin(struct judge *judge, struct arena *arena)
{
    *judge = (struct judge){ .matcher = matcher_new(NULL), .arena = arena };
}

static void judge_put(struct judge *judge, const struct pattern_conjunction *conjunction)
{
    const struct pattern alone = { .conjunctions = conjunction, .count = 1 };
    enum err err = matcher_add_pattern(judge->matcher, judge->count++, &alone);
    assert(!err);
}

static void judge_put_clause(struct judge *judge, const struct pattern_clause *clause)
{
    judge_put(judge, &(struct pattern_conjunction){ .clauses = &clause, .count = 1 });
}

/* By number, in the arena. */
static bool *judge_end(struct judge *judge, const struct json *event)
{
    bool *matched = ARENA_ARRAY(judge->arena, bool, judge->count + 1);
    struct matcher_reader *reader = matcher_reader_new(judge->matcher);
    struct matcher_result result;
    matcher_match_value(reader, event, &result);
    for (size_t i = 0; i < result.count; i++)
        matched[result.rules[i]] = true;
    matcher_reader_free(&reader);
    matcher_free(&judge->matcher);
    return matched;
}

/* ---- one conjunction ---- */

/* The same clauses, in the order in which the pattern has them. */
static int text_order(const void *left, const void *right)
{
    const struct pattern_clause *a = *(const struct pattern_clause *const *)left,
                                *b = *(const struct pattern_clause *const *)right;
    return (a->tests->raw.ptr > b->tests->raw.ptr) - (a->tests->raw.ptr < b->tests->raw.ptr);
}

static struct str kind_name(const struct pattern_test *test)
{
    static const char *const names[] = {
        [TEST_STRING] = "equals",
        [TEST_NUMBER] = "equals",
        [TEST_NULL] = "equals",
        [TEST_TRUE] = "equals",
        [TEST_FALSE] = "equals",
        [TEST_PREFIX] = "prefix",
        [TEST_PREFIX_IGNORE_CASE] = "prefix",
        [TEST_SUFFIX] = "suffix",
        [TEST_SUFFIX_IGNORE_CASE] = "suffix",
        [TEST_IGNORE_CASE] = "equals-ignore-case",
        [TEST_WILDCARD] = "wildcard",
        [TEST_NUMERIC] = "numeric",
        [TEST_CIDR] = "cidr",
        [TEST_NONE_OF] = "anything-but",
        [TEST_EXISTS] = "exists",
        [TEST_ABSENT] = "exists",
    };
    return str_from(names[test->kind]);
}

/* As the pattern has it, on one line. */
static struct str compact(struct arena *arena, struct str raw)
{
    struct json value;
    return json_read(arena, raw, 0, &value, NULL) ? raw : json_text(arena, &value);
}

static void judge_put_test(struct judge *judge, const struct pattern_clause *clause,
                           const struct pattern_test *test)
{
    struct pattern_clause single = *clause;
    single.tests = test;
    single.test_count = 1;
    single.absent_too = single.absent_only = test->kind == TEST_ABSENT;
    judge_put_clause(judge, &single);
}

/* alone: whether the event passes each of the tests, and nothing else is asked. */
static void find_clause(struct arena *arena, const struct pattern_clause *clause, const struct values *values,
                        bool passed, const bool *alone, struct pattern_finding *ret)
{
    bool some = false;
    for (uint32_t i = 0; i < clause->test_count; i++) {
        const struct pattern_test *test = &clause->tests[i];
        ret[i] = (struct pattern_finding){ .place = clause->place,
                                           .test = compact(arena, test->raw),
                                           .kind = kind_name(test),
                                           .values = values->at,
                                           .value_count = values->count,
                                           .values_more = values->more,
                                           .passed = alone[i] };
        some |= ret[i].passed;
    }
    /* Beside others, exists:false asks only of the item of an array that they are found in. */
    for (uint32_t i = 0; i < clause->test_count && passed && !some; i++)
        ret[i].passed = clause->tests[i].kind == TEST_ABSENT;
}

/* ---- the array that divides ---- */

static bool is_below(const struct pattern_clause *clause, const struct pattern_clause *of, uint32_t names)
{
    if (clause->name_count < names)
        return false;
    for (uint32_t i = 0; i < names; i++)
        if (!str_eq(clause->names[i], of->names[i]))
            return false;
    return true;
}

/* What is asked below the first names of a clause, if that are several clauses; the room is theirs. */
static void judge_put_part(struct judge *judge, const struct pattern_conjunction *conjunction,
                           const struct pattern_clause *of, uint32_t names,
                           const struct pattern_clause **room)
{
    struct pattern_conjunction part = { .clauses = room };
    for (uint32_t i = 0; i < conjunction->count; i++)
        if (is_below(conjunction->clauses[i], of, names))
            room[part.count++] = conjunction->clauses[i];
    judge_put(judge, &part);
}

/* Of names of the clause at i; the parts below one place are judged once. */
static bool is_new_part(const struct pattern_conjunction *conjunction, uint32_t i, uint32_t names)
{
    return i == 0 || !is_below(conjunction->clauses[i - 1], conjunction->clauses[i], names);
}

/* Every clause passes alone and the conjunction fails: the innermost place below which they fail together, or the
 * array around it. */
static struct str find_divided(struct arena *arena, const struct pattern_conjunction *conjunction,
                               const struct json *event)
{
    struct walk walk;
    const struct pattern_clause **room = (void *)arena_bytes(arena, conjunction->count * sizeof(*room));
    const struct pattern_clause *found = conjunction->clauses[0];
    uint32_t names = 0;
    uint64_t part = 0;
    struct judge judge;
    judge_begin(&judge, arena);
    walk_init(&walk, arena);
    for (uint32_t i = 0; i < conjunction->count; i++)
        for (uint32_t n = conjunction->clauses[i]->name_count; n > 0 && is_new_part(conjunction, i, n); n--)
            judge_put_part(&judge, conjunction, conjunction->clauses[i], n, room);
    const bool *matched = judge_end(&judge, event);
    for (uint32_t i = 0; i < conjunction->count; i++)
        for (uint32_t n = conjunction->clauses[i]->name_count; n > 0 && is_new_part(conjunction, i, n);
             n--, part++)
            if (!matched[part] && n > names) {
                names = n;
                found = conjunction->clauses[i];
            }
    while (names > 0 && !array_stands(&walk, (struct source){ .value = event }, found->names, names))
        names--;
    if (names == 0)
        return STR_EMPTY;
    const char *end = found->names[names - 1].ptr + found->names[names - 1].len;
    return str_of(found->place.ptr, (size_t)(end - found->place.ptr));
}

/* ---- all of them ---- */

int pattern_explanation_compare(const struct pattern_explanation *a, const struct pattern_explanation *b)
{
    if (a->matched != b->matched)
        return a->matched ? -1 : 1;
    uint64_t left = (uint64_t)a->clauses_passed * b->clauses,
             right = (uint64_t)b->clauses_passed * a->clauses;
    if (left != right)
        return left > right ? -1 : 1;
    return (a->clauses_passed < b->clauses_passed) - (a->clauses_passed > b->clauses_passed);
}

static void weigh(const struct pattern_conjunction *conjunction, const bool *alone, bool matched,
                  struct pattern_explanation *ret)
{
    ret->clauses = conjunction->count;
    for (uint32_t i = 0; i < conjunction->count; i++)
        ret->clauses_passed += alone[conjunction->clauses[i]->number];
    ret->matched = matched;
    if (ret->matched)
        ret->clauses_passed = conjunction->count;
}

static void find_all(struct arena *arena, const struct pattern_conjunction *conjunction, const bool *alone,
                     const struct json *event, struct pattern_explanation *ret)
{
    const struct pattern_clause **clauses = (void *)arena_bytes(arena, conjunction->count * sizeof(*clauses));
    struct judge judge;
    memcpy(clauses, conjunction->clauses, conjunction->count * sizeof(*clauses));
    qsort(clauses, conjunction->count, sizeof(*clauses), text_order);
    judge_begin(&judge, arena);
    for (uint32_t i = 0; i < conjunction->count; i++)
        for (uint32_t k = 0; k < clauses[i]->test_count; k++)
            judge_put_test(&judge, clauses[i], &clauses[i]->tests[k]);
    ret->finding_count = (uint32_t)judge.count;
    const bool *passed = judge_end(&judge, event);
    const struct values *values = collect(arena, clauses, conjunction->count, event);
    struct pattern_finding *at = (void *)arena_bytes(arena, ret->finding_count * sizeof(*at));
    ret->findings = at;
    for (uint32_t i = 0; i < conjunction->count; i++) {
        find_clause(arena, clauses[i], &values[i], ret->matched || alone[clauses[i]->number], passed, at);
        at += clauses[i]->test_count;
        passed += clauses[i]->test_count;
    }
}

/* Each of its clauses alone, by number, and then each of its conjunctions. */
static void judge_put_pattern(struct judge *judge, const struct pattern *pattern)
{
    const struct pattern_clause **clauses =
        ARENA_ARRAY(judge->arena, const struct pattern_clause *, pattern->clause_count);
    for (uint32_t i = 0; i < pattern->count; i++)
        for (uint32_t n = 0; n < pattern->conjunctions[i].count; n++)
            clauses[pattern->conjunctions[i].clauses[n]->number] = pattern->conjunctions[i].clauses[n];
    for (uint32_t i = 0; i < pattern->clause_count; i++)
        judge_put_clause(judge, clauses[i]);
    for (uint32_t i = 0; i < pattern->count; i++)
        judge_put(judge, &pattern->conjunctions[i]);
}

/* What was judged of the pattern begins at alone: the conjunction that came nearest. */
static void find_nearest(const struct pattern *pattern, const bool *alone, struct pattern_explanation *ret)
{
    const bool *matched = alone + pattern->clause_count;
    *ret = (struct pattern_explanation){ 0 };
    for (uint32_t i = 0; i < pattern->count && !ret->matched; i++) {
        struct pattern_explanation next = { .conjunction = i };
        weigh(&pattern->conjunctions[i], alone, matched[i], &next);
        if (i == 0 || pattern_explanation_compare(&next, ret) < 0)
            *ret = next;
    }
    ret->conjunctions = pattern->count;
}

void pattern_explain(const struct pattern *pattern, struct arena *arena, const struct json *event,
                     struct pattern_explanation *ret)
{
    struct judge judge;
    judge_begin(&judge, arena);
    judge_put_pattern(&judge, pattern);
    const bool *alone = judge_end(&judge, event);
    find_nearest(pattern, alone, ret);
    const struct pattern_conjunction *shown = &pattern->conjunctions[ret->conjunction];
    find_all(arena, shown, alone, event, ret);
    if (!ret->matched && ret->clauses_passed == ret->clauses)
        ret->divided_place = find_divided(arena, shown, event);
}

void pattern_rank(const struct pattern *const *patterns, size_t count, struct arena *arena,
                  const struct json *event, struct pattern_explanation *ret)
{
    struct judge judge;
    judge_begin(&judge, arena);
    for (size_t i = 0; i < count; i++)
        judge_put_pattern(&judge, patterns[i]);
    const bool *alone = judge_end(&judge, event);
    for (size_t i = 0; i < count; i++) {
        find_nearest(patterns[i], alone, &ret[i]);
        alone += patterns[i]->clause_count + patterns[i]->count;
    }
}

/* ---- as JSON ---- */

static void write_finding(const struct pattern_finding *finding, struct json_writer *w)
{
    json_begin_object(w);
    json_put_member_str(w, STR("Place"), finding->place);
    json_put_member_str(w, STR("Kind"), finding->kind);
    json_put_member_str(w, STR("Test"), finding->test);
    json_key(w, STR("Values"));
    json_begin_array(w);
    for (uint32_t i = 0; i < finding->value_count; i++)
        json_put_str(w, finding->values[i].raw);
    json_end_array(w);
    if (finding->values_more)
        json_put_member_i64(w, STR("ValuesMore"), finding->values_more);
    json_put_member_bool(w, STR("Passed"), finding->passed);
    json_end_object(w);
}

void pattern_explanation_write(const struct pattern_explanation *explanation, struct json_writer *w)
{
    json_begin_object(w);
    json_put_member_bool(w, STR("Matched"), explanation->matched);
    json_put_member_i64(w, STR("Clauses"), explanation->clauses);
    json_put_member_i64(w, STR("ClausesPassed"), explanation->clauses_passed);
    if (explanation->divided_place.len)
        json_put_member_str(w, STR("DividedPlace"), explanation->divided_place);
    json_put_member_i64(w, STR("Alternative"), explanation->conjunction + 1);
    json_put_member_i64(w, STR("Alternatives"), explanation->conjunctions);
    json_key(w, STR("Findings"));
    json_begin_array(w);
    for (uint32_t i = 0; i < explanation->finding_count; i++)
        write_finding(&explanation->findings[i], w);
    json_end_array(w);
    json_end_object(w);
}
