/* Patterns: the golden cases, the evaluator against the rules taken literally, and
 * recorded answers of the service. */
#include "match/matcher.h"
#include "match/pattern.h"
#include "match/pattern_golden_test.h"
#include "base/vec.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

/* ---- golden cases ---- */

static size_t check_events(struct arena *arena, struct str name, const struct pattern *pattern,
                           const struct json *events, bool expected)
{
    assert_true(json_is(events, JSON_ARRAY));
    for (size_t i = 0; i < events->count; i++) {
        struct json event = golden_json(arena, golden_source(&events->items[i]));
        if (pattern_match(pattern, arena, &event) != expected)
            fail_msg("%.*s: %.*s: not %s", STR_ARG(name), STR_ARG(golden_source(&events->items[i])),
                     expected ? "matched" : "left alone");
    }
    return events->count;
}

static void check_refused(struct arena *arena, struct str name, const struct json *golden)
{
    struct pattern *pattern;
    struct str error = STR_EMPTY, text = golden_source(json_get(golden, STR("pattern")));
    const struct json *reason = json_get_typed(golden, STR("refused"), JSON_STRING);
    const struct json *at = json_get_typed(golden, STR("at"), JSON_ARRAY);
    assert_true(reason && at && at->count == 2);
    enum err err = pattern_compile(arena, text, NULL, &pattern, &error);
    struct str whole = arena_printf(
        arena,
        "Event pattern is not valid. Reason: %.*s\n at [Source: (String)\"%.*s\"; line: "
        "%.*s, column: %.*s]",
        STR_ARG(reason->text), STR_ARG(text), STR_ARG(at->items[0].text), STR_ARG(at->items[1].text));
    if (err != ERR_INVALID || !str_eq(error, whole))
        fail_msg("%.*s: %s: %.*s", STR_ARG(name), err_text(err), STR_ARG(error));
}

static void check_golden(void *self, struct arena *arena, struct str name, const struct json *golden)
{
    struct str error = STR_EMPTY;
    size_t *checks = self;
    if (!json_get(golden, STR("match"))) {
        check_refused(arena, name, golden);
        ++*checks;
        return;
    }
    struct pattern *pattern;
    struct str text = golden_source(json_get(golden, STR("pattern")));
    if (pattern_compile(arena, text, NULL, &pattern, &error))
        fail_msg("%.*s: %.*s", STR_ARG(name), STR_ARG(error));
    assert_true(str_eq(pattern_text(pattern), text));
    *checks += check_events(arena, name, pattern, json_get(golden, STR("match")), true);
    *checks += check_events(arena, name, pattern, json_get(golden, STR("not")), false);
}

static void test_golden(void **state)
{
    (void)state;
    for (size_t i = 0; i < golden_match_file_count; i++) {
        size_t checks = 0, patterns = golden_each(golden_match_files[i], check_golden, &checks);
        print_message("%s: %zu patterns, %zu checks\n", golden_match_files[i], patterns, checks);
        assert_true(patterns > 10);
    }
}

/* ---- explain ---- */

static void check_explained(void *self, struct arena *arena, struct str name, const struct json *golden)
{
    struct pattern *pattern;
    struct str error = STR_EMPTY;
    struct pattern_explanation explanation;
    struct json_writer w;
    struct buf *out = self;
    struct json event = golden_json(arena, golden_source(json_get(golden, STR("event"))));
    if (pattern_compile(arena, golden_source(json_get(golden, STR("pattern"))), NULL, &pattern, &error))
        fail_msg("%.*s: %.*s", STR_ARG(name), STR_ARG(error));
    pattern_explain(pattern, arena, &event, &explanation);
    buf_clear(out);
    json_writer_init(&w, out);
    pattern_explanation_write(&explanation, &w);
    struct json written = golden_json(arena, buf_str(out));
    if (!json_equal(&written, json_get(golden, STR("explanation"))))
        fail_msg("%.*s: %.*s", STR_ARG(name), STR_ARG(buf_str(out)));
    assert_int_equal(explanation.matched, pattern_match(pattern, arena, &event));
}

static void test_explain(void **state)
{
    (void)state;
    struct buf out;
    buf_init(&out, 0);
    assert_true(golden_each("pattern/explain", check_explained, &out) > 20);
    buf_fini(&out);
}

/* What says that a pattern matches is right about it, of all golden cases. */
static void check_agrees(void *self, struct arena *arena, struct str name, const struct json *golden)
{
    struct pattern *pattern;
    struct str error;
    size_t *checks = self;
    for (int wanted = 0; wanted < 2 && json_get(golden, STR("match")); wanted++) {
        const struct json *events = json_get(golden, wanted ? STR("match") : STR("not"));
        assert_int_equal(
            pattern_compile(arena, golden_source(json_get(golden, STR("pattern"))), NULL, &pattern, &error),
            ERR_OK);
        for (size_t i = 0; i < events->count; i++, ++*checks) {
            struct pattern_explanation explanation;
            struct json event = golden_json(arena, golden_source(&events->items[i]));
            pattern_explain(pattern, arena, &event, &explanation);
            if (explanation.matched != wanted ||
                (explanation.matched && explanation.clauses_passed != explanation.clauses))
                fail_msg("%.*s: %.*s: explained wrongly", STR_ARG(name),
                         STR_ARG(golden_source(&events->items[i])));
            bool divided = !wanted && explanation.clauses_passed == explanation.clauses;
            if (divided != (explanation.divided_place.len > 0))
                fail_msg("%.*s: %.*s: no place", STR_ARG(name), STR_ARG(golden_source(&events->items[i])));
        }
    }
}

static void test_explain_agrees(void **state)
{
    (void)state;
    size_t checks = 0;
    for (size_t i = 0; i < golden_match_file_count; i++)
        golden_each(golden_match_files[i], check_agrees, &checks);
    assert_true(checks > 300);
}

struct gathered {
    VEC(const struct pattern *) patterns;
    VEC(struct json) events;
};

static void gather(void *self, struct arena *ignored, struct str name, const struct json *golden)
{
    static struct arena arena;
    struct pattern *pattern;
    struct str error;
    struct gathered *gathered = self;
    struct json event =
        golden_json(&arena, arena_copy(&arena, golden_source(json_get(golden, STR("event")))));
    struct str text = golden_source(json_get(golden, STR("pattern")));
    (void)ignored;
    (void)name;
    assert_int_equal(pattern_compile(&arena, text, NULL, &pattern, &error), ERR_OK);
    VEC_PUSH(&arena, &gathered->patterns, pattern);
    VEC_PUSH(&arena, &gathered->events, event);
}

/* Ranked together they are what each is alone. */
static void test_rank(void **state)
{
    (void)state;
    struct gathered gathered = { 0 };
    struct arena arena = { 0 };
    golden_each("pattern/explain", gather, &gathered);
    size_t count = gathered.patterns.len, matched = 0;
    assert_true(count > 20);
    for (size_t i = 0; i < count; i++) {
        struct pattern_explanation *ranks = ARENA_ARRAY(&arena, struct pattern_explanation, count), alone;
        pattern_rank(gathered.patterns.at, count, &arena, &gathered.events.at[i], ranks);
        for (size_t k = 0; k < count; k++) {
            pattern_explain(gathered.patterns.at[k], &arena, &gathered.events.at[i], &alone);
            assert_int_equal(ranks[k].matched, alone.matched);
            assert_int_equal(ranks[k].clauses, alone.clauses);
            assert_int_equal(ranks[k].clauses_passed, alone.clauses_passed);
            assert_int_equal(ranks[k].conjunction, alone.conjunction);
            assert_int_equal(ranks[k].conjunctions, alone.conjunctions);
            matched += alone.matched;
        }
        arena_reset(&arena);
    }
    assert_true(matched > 0 && matched < count * count);
    arena_fini(&arena);
}

static void test_nearest_first(void **state)
{
    (void)state;
    static const struct pattern_explanation sorted[] = {
        { .matched = true, .clauses = 2, .clauses_passed = 2 },
        { .clauses = 2, .clauses_passed = 2 },
        { .clauses = 5, .clauses_passed = 4 },
        { .clauses = 6, .clauses_passed = 3 },
        { .clauses = 2, .clauses_passed = 1 },
        { .clauses = 1, .clauses_passed = 0 },
    };
    for (int i = 0; i < 6; i++)
        for (int k = 0; k < 6; k++) {
            int order = pattern_explanation_compare(&sorted[i], &sorted[k]);
            assert_int_equal((order > 0) - (order < 0), (i > k) - (i < k));
        }
}

/* A long pattern is not repeated whole. */
static void test_long_error(void **state)
{
    (void)state;
    struct arena arena = { 0 };
    struct buf text;
    struct pattern *pattern;
    struct str error = STR_EMPTY;
    buf_init(&text, 0);
    buf_add(&text, STR("{\"a\":[\""));
    for (int i = 0; i < 600; i++)
        buf_add(&text, STR("\xf0\x9f\x9a\x80"));
    buf_add(&text, STR("\"],\"b\":1}"));
    assert_int_equal(pattern_compile(&arena, buf_str(&text), NULL, &pattern, &error), ERR_INVALID);
    assert_true(
        str_starts(error, STR("Event pattern is not valid. Reason: \"b\" must be an object or an array\n")));
    assert_true(str_ends(error, STR("\xf0\x9f\x9a\x80\"[truncated 715 chars]; line: 1, column: 1216]")));
    buf_clear(&text);
    for (int i = 0; i < 300; i++)
        buf_add(&text, STR("{\"a\":"));
    buf_add(&text, STR("[1]"));
    for (int i = 0; i < 300; i++)
        buf_add(&text, STR("}"));
    assert_int_equal(pattern_compile(&arena, buf_str(&text), NULL, &pattern, &error), ERR_INVALID);
    assert_true(str_find(error, STR("Reason: The pattern is nested deeper than 200 names\n")) !=
                STR_NOT_FOUND);
    buf_fini(&text);
    arena_fini(&arena);
}

static void test_event_check(void **state)
{
    (void)state;
    struct arena arena = { 0 };
    static const char *const names[] = { "id", "account", "source", "time", "region", "detail-type" };
    enum { COUNT = sizeof(names) / sizeof(names[0]) };
    struct json_member members[COUNT];
    for (size_t i = 0; i < COUNT; i++)
        members[i] = (struct json_member){ .key = str_from(names[i]), .value = json_of_str(STR("x")) };
    struct json event = json_of_object(members, COUNT), list = json_of_array(NULL, 0);
    assert_true(pattern_event_check(&event));
    for (size_t i = 0; i < COUNT; i++) {
        members[i].key = STR("other");
        assert_false(pattern_event_check(&event));
        members[i].key = str_from(names[i]);
    }
    assert_false(pattern_event_check(&list));
    arena_fini(&arena);
}

/* ---- the rules taken literally ----
 *
 * An event is a list of fields: the scalars in it, each with its place and the items of
 * arrays it stands in. A pattern takes its places as they sort. For each it chooses a
 * field of that place which passes and stands in no other item than those chosen
 * before; exists:false goes on when no such field is there. All choices are tried. */

struct item {
    const struct json *array;
    size_t index;
};

struct field {
    struct str place;
    const struct json *value;
    struct item items[8];
    size_t item_count;
};

struct wanted {
    struct str place;
    int value; /* 0 to 3: that number; 4: exists, 5: does not, 6: anything but 0, 7: 0 or does not, 8: 6 or does not */
};

typedef VEC(struct field) fields_vec;

static void flatten(struct arena *arena, fields_vec *fields, struct field at)
{
    if (at.value->type == JSON_OBJECT) {
        for (size_t i = 0; i < at.value->count; i++) {
            struct field below = at;
            below.place =
                arena_printf(arena, "%.*s.%.*s", STR_ARG(at.place), STR_ARG(at.value->members[i].key));
            below.value = &at.value->members[i].value;
            flatten(arena, fields, below);
        }
    } else if (at.value->type == JSON_ARRAY) {
        for (size_t i = 0; i < at.value->count; i++) {
            struct field below = at;
            assert_true(below.item_count < 8);
            below.items[below.item_count++] = (struct item){ .array = at.value, .index = i };
            below.value = &at.value->items[i];
            flatten(arena, fields, below);
        }
    } else {
        VEC_PUSH(arena, fields, at);
    }
}

static bool consistent(const struct field *field, const struct field *const *chosen, size_t count)
{
    for (size_t i = 0; i < count; i++)
        for (size_t a = 0; chosen[i] && a < chosen[i]->item_count; a++)
            for (size_t b = 0; b < field->item_count; b++)
                if (chosen[i]->items[a].array == field->items[b].array &&
                    chosen[i]->items[a].index != field->items[b].index)
                    return false;
    return true;
}

static bool literal_passes(int wanted, char digit)
{
    switch (wanted) {
    case 4:
        return true;
    case 5:
        return false;
    case 6:
    case 8:
        return digit != '0';
    case 7:
        return digit == '0';
    default:
        return digit == '0' + wanted;
    }
}

static bool literal_match(const struct wanted *wanted, size_t count, const fields_vec *fields,
                          const struct field **chosen, size_t at)
{
    if (at == count)
        return true;
    bool found = false;
    for (size_t i = 0; i < fields->len; i++) {
        const struct field *field = &fields->at[i];
        if (!str_eq(field->place, wanted[at].place) || !consistent(field, chosen, at))
            continue;
        found = true;
        bool passes = literal_passes(wanted[at].value, field->value->text.ptr[0]);
        chosen[at] = field;
        if (passes && literal_match(wanted, count, fields, chosen, at + 1))
            return true;
    }
    chosen[at] = NULL;
    bool absent_too = wanted[at].value == 5 || wanted[at].value >= 7;
    return absent_too && !found && literal_match(wanted, count, fields, chosen, at + 1);
}

static uint32_t next_random(uint32_t *seed)
{
    *seed = *seed * 1664525 + 1013904223;
    return *seed >> 8;
}

static void random_event(struct json_writer *w, uint32_t *seed, int depth)
{
    uint32_t choice = next_random(seed) % 8;
    if (depth < 4 && (choice < 3 || depth == 0)) {
        json_begin_object(w);
        for (unsigned name = 'a'; name <= 'c'; name++) {
            char key = (char)name;
            if (next_random(seed) % 3 == 0)
                continue;
            json_key(w, str_of(&key, 1));
            random_event(w, seed, depth + 1);
        }
        json_end_object(w);
    } else if (depth < 4 && choice < 6) {
        json_begin_array(w);
        for (uint32_t n = next_random(seed) % 4; n > 0; n--)
            random_event(w, seed, depth + 1);
        json_end_array(w);
    } else {
        json_put_i64(w, next_random(seed) % 4);
    }
}

static int wanted_order(const void *left, const void *right)
{
    return str_compare(((const struct wanted *)left)->place, ((const struct wanted *)right)->place);
}

/* Some places, sorted, each once; and the same as a pattern's text. */
static size_t random_wanted(struct arena *arena, uint32_t *seed, struct wanted *wanted, struct str *ret_text)
{
    static const char *const tests[] = { "0",
                                         "1",
                                         "2",
                                         "3",
                                         "{\"exists\":true}",
                                         "{\"exists\":false}",
                                         "{\"anything-but\":0}",
                                         "0,{\"exists\":false}",
                                         "{\"anything-but\":0},{\"exists\":false}" };
    size_t count = 1 + next_random(seed) % 4, kept = 0;
    for (size_t i = 0; i < count; i++) {
        char place[8];
        size_t len = 0;
        for (size_t names = 1 + next_random(seed) % 3; names > 0; names--) {
            place[len++] = '.';
            place[len++] = (char)('a' + next_random(seed) % 3);
        }
        wanted[i] = (struct wanted){ .place = arena_copy(arena, str_of(place, len)),
                                     .value = (int)(next_random(seed) % 9) };
    }
    qsort(wanted, count, sizeof(*wanted), wanted_order);
    struct str text = STR("{");
    for (size_t i = 0; i < count; i++) {
        if (i + 1 < count && str_eq(wanted[i].place, wanted[i + 1].place))
            continue;
        wanted[kept++] = wanted[i];
        text = arena_printf(arena, "%.*s%s\"%.*s\":[%s]", STR_ARG(text), kept > 1 ? "," : "",
                            STR_ARG(str_from_offset(wanted[i].place, 1)), tests[wanted[i].value]);
    }
    *ret_text = arena_printf(arena, "%.*s}", STR_ARG(text));
    return kept;
}

/* What a store may hold of a version that refused less is taken from there, and is what it was. */
static void test_kept(void **state)
{
    (void)state;
    static const struct {
        const char *pattern, *match, *other;
    } cases[] = {
        { "{\"a\":[{\"numeric\":[\">=\",5,\"<=\",5]}]}", "{\"a\":5}", "{\"a\":6}" },
        { "{\"$or\":[{\"regex\":[1]},{\"b\":[{\"prefix\":\"x\"}]}]}", "{\"regex\":1}", "{\"b\":\"y\"}" },
        { "{\"$or\":[{\"c\":{\"prefix\":[1]}},{\"b\":[2]}]}", "{\"c\":{\"prefix\":1}}", "{\"c\":1}" },
    };
    const struct pattern_limits kept = { .kept = true };
    struct arena arena = { 0 };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct pattern *pattern;
        struct str error;
        assert_int_equal(pattern_compile(&arena, str_from(cases[i].pattern), NULL, &pattern, &error),
                         ERR_INVALID);
        assert_int_equal(pattern_compile(&arena, str_from(cases[i].pattern), &kept, &pattern, &error),
                         ERR_OK);
        for (size_t other = 0; other < 2; other++) {
            struct str text = str_from(other ? cases[i].other : cases[i].match);
            struct json event = golden_json(&arena, text);
            assert_int_equal(pattern_match(pattern, &arena, &event), !other);
            assert_int_equal(matcher_match_once(pattern, &event), !other);
        }
    }
    arena_fini(&arena);
}

static void test_literal(void **state)
{
    (void)state;
    struct arena arena = { 0 };
    struct buf text;
    uint32_t seed = 7;
    size_t matched = 0, rounds = 200000;
    buf_init(&text, 0);
    for (size_t i = 0; i < rounds; i++) {
        struct wanted wanted[4];
        const struct field *chosen[4];
        struct pattern *pattern;
        struct str pattern_source, error;
        struct json_writer w;
        fields_vec fields = { 0 };
        size_t count = random_wanted(&arena, &seed, wanted, &pattern_source);
        buf_clear(&text);
        json_writer_init(&w, &text);
        random_event(&w, &seed, 0);
        struct json event = golden_json(&arena, buf_str(&text));
        flatten(&arena, &fields, (struct field){ .place = STR_EMPTY, .value = &event });
        bool literal = literal_match(wanted, count, &fields, chosen, 0);
        assert_int_equal(pattern_compile(&arena, pattern_source, NULL, &pattern, &error), ERR_OK);
        if (pattern_match(pattern, &arena, &event) != literal)
            fail_msg("%.*s, %.*s: by the rules %s", STR_ARG(pattern_source), STR_ARG(buf_str(&text)),
                     literal ? "a match" : "none");
        matched += literal;
        arena_reset(&arena);
    }
    print_message("%zu random cases, %zu of them match\n", rounds, matched);
    assert_true(matched > rounds / 100 && matched < rounds / 2);
    buf_fini(&text);
    arena_fini(&arena);
}

/* ---- recorded answers ---- */

static struct str first_line(struct str text)
{
    struct str line, rest;
    (void)str_cut(text, '\n', &line, &rest);
    return line;
}

static void check_recorded(struct arena *arena, const struct json *recorded)
{
    struct pattern *pattern;
    struct str id = json_get_str(recorded, STR("id")), error = STR_EMPTY;
    const struct json *expect = json_get(recorded, STR("expect"));
    enum err err = pattern_compile(arena, json_get_str(recorded, STR("pattern")), NULL, &pattern, &error);
    if (expect->type == JSON_STRING) {
        struct str message = json_get_str(json_get(recorded, STR("error")), STR("Message"));
        /* Only the first line of most was kept. */
        bool whole = str_find_char(message, '\n') != STR_NOT_FOUND;
        if (err != ERR_INVALID || !str_eq(whole ? error : first_line(error), message))
            fail_msg("%.*s: %.*s", STR_ARG(id), STR_ARG(error));
        return;
    }
    if (err)
        fail_msg("%.*s: %.*s", STR_ARG(id), STR_ARG(error));
    struct json event = golden_json(arena, json_get_str(recorded, STR("event")));
    assert_true(pattern_event_check(&event));
    if (pattern_match(pattern, arena, &event) != (expect->type == JSON_TRUE))
        fail_msg("%.*s: the service says otherwise", STR_ARG(id));
}

static void test_recorded(void **state)
{
    (void)state;
    struct arena arena = { 0 };
    struct str rest = golden_recorded(&arena, "recorded/patterns.jsonl"), line;
    size_t checked = 0;
    if (rest.len == 0) {
        print_message("the recorded answers are not here: skipped\n");
        arena_fini(&arena);
        skip();
    }
    while (golden_line(&rest, &line)) {
        struct json recorded = golden_json(&arena, line);
        check_recorded(&arena, &recorded);
        checked++;
    }
    print_message("%zu recorded answers agree\n", checked);
    assert_true(checked >= 57);
    arena_fini(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_golden),         cmocka_unit_test(test_explain),
        cmocka_unit_test(test_explain_agrees), cmocka_unit_test(test_rank),
        cmocka_unit_test(test_nearest_first),  cmocka_unit_test(test_long_error),
        cmocka_unit_test(test_event_check),    cmocka_unit_test(test_literal),
        cmocka_unit_test(test_kept),           cmocka_unit_test(test_recorded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
