/* Why a pattern matches an event or does not, clause by clause.
 *
 * Every clause is judged as if it stood alone. When all of them pass and the conjunction fails nevertheless, what
 * they ask for is there, but in different items of an array: that array's place is named. */
#include "match/pattern_evaluate.h"
#include "base/vec.h"

#include <stdlib.h>

/* ---- what stands at a place ---- */

struct values {
    struct arena *arena;
    struct json *at; /* room for PATTERN_VALUES_SHOWN; NULL: only counted */
    uint32_t count, more;
    bool array; /* one stands at the place */
};

static void add_value(struct values *values, const struct json *value)
{
    if (value->type == JSON_ARRAY) {
        values->array = true;
        for (uint32_t i = 0; i < value->count; i++)
            add_value(values, &value->items[i]);
    } else if (value->type != JSON_OBJECT) {
        if (!values->at || values->count == PATTERN_VALUES_SHOWN) {
            values->more++;
            return;
        }
        struct json *shown = &values->at[values->count++];
        *shown = *value;
        if (str_empty(shown->raw))
            shown->raw = json_text(values->arena, value);
    }
}

/* What stands below the source under the names, in all items of arrays on the way. */
static void collect(struct walk *walk, struct source source, const struct str *names, uint32_t count,
                    struct values *ret)
{
    if (count == 0) {
        if (str_empty(source.prefix))
            add_value(ret, source.value);
        return;
    }
    if (source_is_array(&source)) {
        for (uint32_t i = 0; i < source.value->count; i++)
            collect(walk, (struct source){ .value = &source.value->items[i] }, names, count, ret);
        return;
    }
    size_t start = walk->len;
    walk_push_below(walk, source, names[0]);
    size_t end = walk->len;
    for (size_t i = start; i < end; i++)
        collect(walk, walk->sources[i], names + 1, count - 1, ret);
    walk->len = start;
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

static void find_clause(struct pattern_evaluator *e, const struct pattern_clause *clause,
                        const struct json *event, bool passed, struct pattern_finding *ret)
{
    struct arena *arena = e->walk.arena;
    struct values values = { .arena = arena,
                             .at = (void *)arena_bytes(arena, PATTERN_VALUES_SHOWN * sizeof(*values.at)) };
    bool some = false;
    e->walk.len = 0;
    collect(&e->walk, (struct source){ .value = event }, clause->names, clause->name_count, &values);
    for (uint32_t i = 0; i < clause->test_count; i++) {
        const struct pattern_test *test = &clause->tests[i];
        struct pattern_clause single = *clause;
        single.tests = test;
        single.test_count = 1;
        single.absent_too = single.absent_only = test->kind == TEST_ABSENT;
        ret[i] = (struct pattern_finding){ .place = clause->place,
                                           .test = compact(arena, test->raw),
                                           .kind = kind_name(test),
                                           .values = values.at,
                                           .value_count = values.count,
                                           .values_more = values.more,
                                           .passed = pattern_clause_matches(e, &single, event) };
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

/* Whether what is asked below the first names of a clause is found. */
static bool part_matches(struct pattern_evaluator *e, const struct pattern_conjunction *conjunction,
                         const struct pattern_clause *of, uint32_t names, const struct json *event,
                         const struct pattern_clause **room)
{
    struct pattern_conjunction part = { .clauses = room };
    for (uint32_t i = 0; i < conjunction->count; i++)
        if (is_below(conjunction->clauses[i], of, names))
            room[part.count++] = conjunction->clauses[i];
    return part.count < 2 || pattern_conjunction_matches(e, &part, event);
}

static bool has_array(struct pattern_evaluator *e, const struct pattern_clause *of, uint32_t names,
                      const struct json *event)
{
    struct values values = { 0 };
    e->walk.len = 0;
    collect(&e->walk, (struct source){ .value = event }, of->names, names, &values);
    return values.array;
}

/* Every clause passes alone and the conjunction fails: the innermost place below which they fail together, or the
 * array around it. */
static struct str find_divided(struct pattern_evaluator *e, const struct pattern_conjunction *conjunction,
                               const struct json *event)
{
    const struct pattern_clause **room =
        (void *)arena_bytes(e->walk.arena, conjunction->count * sizeof(*room));
    const struct pattern_clause *found = conjunction->clauses[0];
    uint32_t names = 0;
    for (uint32_t i = 0; i < conjunction->count; i++) {
        const struct pattern_clause *clause = conjunction->clauses[i];
        uint32_t most = clause->name_count;
        while (most > names &&
               ((i > 0 && is_below(conjunction->clauses[i - 1], clause, most)) || /* was asked */
                part_matches(e, conjunction, clause, most, event, room)))
            most--;
        if (most > names) {
            names = most;
            found = clause;
        }
    }
    while (names > 0 && !has_array(e, found, names, event))
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

static void judge(struct pattern_evaluator *e, const struct pattern_conjunction *conjunction,
                  const bool *alone, const struct json *event, struct pattern_explanation *ret)
{
    bool may = true;
    ret->clauses = conjunction->count;
    ret->clauses_passed = 0;
    for (uint32_t i = 0; i < conjunction->count; i++) {
        const struct pattern_clause *clause = conjunction->clauses[i];
        ret->clauses_passed += alone[clause->number];
        may &= alone[clause->number] || clause->absent_only;
    }
    ret->matched = may && pattern_conjunction_matches(e, conjunction, event);
    if (ret->matched)
        ret->clauses_passed = conjunction->count;
}

static void find_all(struct pattern_evaluator *e, const struct pattern_conjunction *conjunction,
                     const bool *alone, const struct json *event, struct pattern_explanation *ret)
{
    struct arena *arena = e->walk.arena;
    const struct pattern_clause **clauses = (void *)arena_bytes(arena, conjunction->count * sizeof(*clauses));
    memcpy(clauses, conjunction->clauses, conjunction->count * sizeof(*clauses));
    qsort(clauses, conjunction->count, sizeof(*clauses), text_order);
    for (uint32_t i = 0; i < conjunction->count; i++)
        ret->finding_count += clauses[i]->test_count;
    struct pattern_finding *at = (void *)arena_bytes(arena, ret->finding_count * sizeof(*at));
    ret->findings = at;
    for (uint32_t i = 0; i < conjunction->count; i++) {
        find_clause(e, clauses[i], event, ret->matched || alone[clauses[i]->number], at);
        at += clauses[i]->test_count;
    }
}

void pattern_explain(const struct pattern *pattern, struct arena *arena, const struct json *event,
                     struct pattern_explanation *ret)
{
    struct pattern_evaluator e;
    bool *alone = ARENA_ARRAY(arena, bool, pattern->clause_count),
         *known = ARENA_ARRAY(arena, bool, pattern->clause_count);
    *ret = (struct pattern_explanation){ 0 };
    pattern_evaluator_init(&e, pattern, arena);
    for (uint32_t i = 0; i < pattern->count && !ret->matched; i++) {
        const struct pattern_conjunction *conjunction = &pattern->conjunctions[i];
        for (uint32_t n = 0; n < conjunction->count; n++) {
            const struct pattern_clause *clause = conjunction->clauses[n];
            if (!known[clause->number])
                alone[clause->number] = pattern_clause_matches(&e, clause, event);
            known[clause->number] = true;
        }
        struct pattern_explanation next = { .conjunction = i };
        judge(&e, conjunction, alone, event, &next);
        if (i == 0 || pattern_explanation_compare(&next, ret) < 0)
            *ret = next;
    }
    const struct pattern_conjunction *shown = &pattern->conjunctions[ret->conjunction];
    ret->conjunctions = pattern->count;
    find_all(&e, shown, alone, event, ret);
    if (!ret->matched && ret->clauses_passed == ret->clauses)
        ret->divided_place = find_divided(&e, shown, event);
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
