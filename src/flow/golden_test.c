/* Definitions as data: our own cases (test/golden/flow), and, where the folder of recorded answers is at
 * hand, those of the real service. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <setjmp.h>
#include <cmocka.h>

#include "base/time.h"
#include "flow/engine_test.h"
#include "flow/flow_impl.h"
#include "flow/flow_plan.h"
#include "store/key.h"
#include "io/clock.h"
#include "json/golden_test.h"

/* ---- comparing, with holes ---- */

/* A '<...>' in the pattern stands for any text. */
static bool text_fits(struct str pattern, struct str text)
{
    size_t open = str_find_char(pattern, '<');
    size_t close = open == STR_NOT_FOUND ? open : str_find_char(str_from_offset(pattern, open), '>');
    if (open == STR_NOT_FOUND || close == STR_NOT_FOUND)
        return str_eq(pattern, text);
    if (!str_starts(text, str_slice(pattern, 0, open)))
        return false;
    struct str tail = str_from_offset(pattern, open + close + 1);
    for (size_t i = open; i <= text.len; i++) {
        if (text_fits(tail, str_from_offset(text, i)))
            return true;
    }
    return false;
}

static bool is_hole(struct str key, const struct json *expected)
{
    static const char *const texts[] = { "timestamp",    "date",         "uuid",
                                         "snf_role_arn", "sfn_role_arn", "RandomNumberGenerated" };
    if (str_eq(key, STR("timestamp")) || str_eq(key, STR("roleArn")) || str_eq(key, STR("mapRunArn")))
        return true;
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        if (json_is(expected, JSON_STRING) && str_eq(expected->text, str_from(texts[i])))
            return true;
    }
    return false;
}

static bool fits(struct arena *arena, struct str key, const struct json *expected, const struct json *actual)
{
    struct json parsed;
    if (!actual)
        return false;
    if (is_hole(key, expected))
        return true;
    if (actual->type == JSON_STRING && expected->type == JSON_STRING &&
        text_fits(expected->text, actual->text))
        return true;
    if (actual->type == JSON_STRING && json_read(arena, actual->text, 0, &parsed, NULL) == ERR_OK &&
        (expected->type != JSON_STRING || parsed.type == JSON_STRING))
        return fits(arena, STR_EMPTY, expected, &parsed);
    if (expected->type == JSON_ARRAY) {
        if (actual->type != JSON_ARRAY || actual->count != expected->count)
            return false;
        for (uint32_t i = 0; i < expected->count; i++) {
            if (!fits(arena, STR_EMPTY, &expected->items[i], &actual->items[i]))
                return false;
        }
        return true;
    }
    if (expected->type == JSON_OBJECT) {
        if (actual->type != JSON_OBJECT || actual->count != expected->count)
            return false;
        for (uint32_t i = 0; i < expected->count; i++) {
            struct str name = expected->members[i].key;
            if (!fits(arena, name, &expected->members[i].value, json_get(actual, name)))
                return false;
        }
        return true;
    }
    return json_equal(expected, actual);
}

static bool text_check(struct arena *arena, const char *what, struct str id, const struct json *expected,
                       struct str actual)
{
    if (!expected || expected->type == JSON_NULL) {
        if (!actual.ptr)
            return true;
    } else if (actual.ptr) {
        struct json text = json_of_str(actual);
        if (fits(arena, STR_EMPTY, expected, &text))
            return true;
    }
    struct str wanted = expected ? json_text(arena, expected) : STR("nothing");
    print_error("%.*s: %s should be %.*s, is %.*s\n", STR_ARG(id), what, STR_ARG(wanted), STR_ARG(actual));
    return false;
}

/* What a Parallel's branches wrote was recorded in no order, with an array for its id and without the event
 * that all are over. */
static bool in_no_order(const struct json *expected)
{
    return json_is(json_get(expected, STR("id")), JSON_ARRAY);
}

static bool event_fits(struct arena *arena, const struct json *expected, const struct json *actual)
{
    int64_t previous;
    const struct json *from = json_get(expected, STR("previousEventId"));
    if (!in_no_order(expected) && fits(arena, STR_EMPTY, expected, actual))
        return true;
    if (!in_no_order(expected)) {
        /* After a map run the exit was recorded to follow from its start or from its end, by turns. */
        bool exits = str_eq(json_get_str(expected, STR("type")), STR("MapStateExited")) && from &&
                     json_number_i64(from->text, &previous);
        if (!exits)
            return false;
        struct json later =
            json_with_member(arena, expected, STR("previousEventId"), json_of_i64(arena, previous + 1));
        return fits(arena, STR_EMPTY, &later, actual);
    }
    struct json number = json_of_i64(arena, 0);
    struct json left = json_with_member(arena, expected, STR("id"), number);
    struct json right = json_with_member(arena, actual, STR("id"), number);
    right = json_with_member(arena, &right, STR("previousEventId"), number);
    return fits(arena, STR_EMPTY, &left, &right);
}

/* The actual events in the order of those expected, as far as that has none. */
static struct json events_align(struct arena *arena, const struct json *expected, const struct json *actual)
{
    struct json *items = ARENA_ARRAY(arena, struct json, actual->count + 1);
    uint32_t count = 0;
    bool loose = false;
    for (uint32_t i = 0; i < expected->count; i++)
        loose = loose || in_no_order(&expected->items[i]);
    for (uint32_t i = 0; i < actual->count; i++) {
        if (!loose || !str_eq(json_get_str(&actual->items[i], STR("type")), STR("ParallelStateSucceeded")))
            items[count++] = actual->items[i];
    }
    for (uint32_t i = 0; i < expected->count && i < count; i++) {
        for (uint32_t k = i; in_no_order(&expected->items[i]) && k < count; k++) {
            if (!event_fits(arena, &expected->items[i], &items[k]))
                continue;
            struct json found = items[k];
            memmove(&items[i + 1], &items[i], (k - i) * sizeof(*items));
            items[i] = found;
            break;
        }
    }
    return json_of_array(items, count);
}

/* "7<6 MapIterationStarted M #0": the event follows from 6, of the state M, of its item 0. */
static struct str event_line(struct arena *arena, const struct json *event)
{
    struct str name = STR_EMPTY, index = STR_EMPTY;
    for (uint32_t i = 0; i < event->count; i++) {
        const struct json *found = json_get(&event->members[i].value, STR("index"));
        if (str_empty(name))
            name = json_get_str(&event->members[i].value, STR("name"));
        if (found)
            index = found->text;
    }
    struct str type = json_get_str(event, STR("type"));
    return arena_printf(arena, "%.*s<%.*s %.*s%s%.*s%s%.*s", STR_ARG(json_get(event, STR("id"))->text),
                        STR_ARG(json_get(event, STR("previousEventId"))->text), STR_ARG(type),
                        str_empty(name) ? "" : " ", STR_ARG(name), str_empty(index) ? "" : " #",
                        STR_ARG(index));
}

/* The history in lines, where no more than order and descent matter. */
static bool lines_check(struct engine *engine, struct arena *arena, struct str id, struct str arn,
                        const struct json *lines)
{
    struct json actual = engine_history(engine, arn, arena);
    bool good = actual.count == lines->count;
    for (uint32_t i = 0; good && i < lines->count; i++)
        good = str_eq(lines->items[i].text, event_line(arena, &actual.items[i]));
    if (good)
        return true;
    print_error("%.*s: the history is", STR_ARG(id));
    for (uint32_t i = 0; i < actual.count; i++)
        print_error("%s\"%.*s\"", i ? "," : " [", STR_ARG(event_line(arena, &actual.items[i])));
    print_error("]\n");
    return false;
}

/* The variables that each exit of a state assigned, in order. */
static bool assigned_check(struct engine *engine, struct arena *arena, struct str id, struct str arn,
                           const struct json *wanted)
{
    struct json actual = engine_history(engine, arn, arena);
    uint32_t seen = 0;
    bool good = true;
    for (uint32_t i = 0; i < actual.count; i++) {
        const struct json *assigned =
            json_get(json_get(&actual.items[i], STR("stateExitedEventDetails")), STR("assignedVariables"));
        if (assigned)
            good = seen < wanted->count && json_equal(assigned, &wanted->items[seen]) && good;
        seen += assigned != NULL;
    }
    if (good && seen == wanted->count)
        return true;
    print_error("%.*s: %u assignments, or others\n", STR_ARG(id), seen);
    return false;
}

/* Which types of events our own cases have had in their histories. */
static bool types_seen[HISTORY_TYPES];

static void types_see(struct engine *engine)
{
    struct store_reader *reader = store_snapshot(engine->store);
    struct key first, end;
    struct str key, value;
    key_begin(&first, KEY_FLOW, PARTITION_ONLY, 'h');
    key_after_prefix(key_str(&first), &end);
    struct store_cursor *cursor = store_scan(reader, key_str(&first), key_str(&end), STORE_UP);
    while (store_cursor_next(cursor, &key, &value)) {
        struct history_reader events;
        struct history_event event;
        assert_true(history_reader_init(&events, value));
        while (history_next(&events, &event))
            types_seen[event.type] = true;
    }
    assert_int_equal(store_cursor_close(&cursor), ERR_OK);
    store_snapshot_release(&reader);
}

static bool outcome_check(struct engine *engine, struct arena *arena, struct str id, struct str arn,
                          const struct json *expect)
{
    struct flow_execution execution;
    engine_describe(engine, arn, arena, &execution);
    bool good = text_check(arena, "status", id, json_get(expect, STR("status")), execution.status);
    if (json_get(expect, STR("output")) || !execution.succeeded)
        good = text_check(arena, "output", id, json_get(expect, STR("output")), execution.output) && good;
    good = text_check(arena, "error", id, json_get(expect, STR("error")), execution.error) && good;
    good = text_check(arena, "cause", id, json_get(expect, STR("cause")), execution.cause) && good;
    const struct json *lines = json_get_typed(expect, STR("lines"), JSON_ARRAY);
    if (lines)
        good = lines_check(engine, arena, id, arn, lines) && good;
    if (json_get(expect, STR("assigned")))
        good = assigned_check(engine, arena, id, arn, json_get(expect, STR("assigned"))) && good;
    const struct json *events = json_get_typed(expect, STR("events"), JSON_ARRAY);
    if (!events)
        return good;
    struct json actual = engine_history(engine, arn, arena);
    actual = events_align(arena, events, &actual);
    if (actual.count != events->count)
        print_error("%.*s: %u events, not %u\n", STR_ARG(id), actual.count, events->count);
    for (uint32_t i = 0; i < events->count && i < actual.count; i++) {
        if (event_fits(arena, &events->items[i], &actual.items[i]))
            continue;
        struct str wanted = json_text(arena, &events->items[i]), found = json_text(arena, &actual.items[i]);
        print_error("%.*s: event %u should be\n  %.*s\nis\n  %.*s\n", STR_ARG(id), i + 1, STR_ARG(wanted),
                    STR_ARG(found));
        return false;
    }
    return good && actual.count == events->count;
}

static bool refused_by_name(struct str fault)
{
    return str_find(fault, STR("is not supported by Crema yet")) != STR_NOT_FOUND ||
           str_find(fault, STR("is not recognized.")) != STR_NOT_FOUND ||
           str_find(fault, STR("is not supported yet")) != STR_NOT_FOUND;
}

/* ---- recorded executions ---- */

static void recorded_executions(void **test)
{
    (void)test;
    struct arena text = { 0 };
    struct str rest = golden_recorded(&text, "recorded/executions.jsonl"), line;
    if (str_empty(rest)) {
        print_message("recorded answers are not at hand: skipped\n");
        skip();
    }
    struct engine engine;
    unsigned ran = 0, refused = 0, express = 0, failed = 0, number = 0;
    int64_t recorded_ms = 0;
    engine_open(&engine, NULL);
    assert_true(time_parse(STR("2026-11-23T09:51:12Z"), &recorded_ms));
    engine_advance(&engine, recorded_ms - clock_now_ms());
    while (golden_line(&rest, &line)) {
        struct arena arena = { 0 };
        struct json record;
        assert_int_equal(json_read(&arena, line, 0, &record, NULL), ERR_OK);
        struct str id = json_get_str(&record, STR("id")), arn;
        struct str name = arena_printf(&arena, "m%u", ++number);
        const struct json *input = json_get_typed(&record, STR("input"), JSON_STRING);
        struct str fault;
        if (!str_eq(json_get_str(&record, STR("type")), STR("STANDARD"))) {
            express++;
        } else if (!str_empty(fault =
                                  engine_create(&engine, name, json_get_str(&record, STR("definition"))))) {
            refused++;
            if (!refused_by_name(fault)) {
                print_error("%.*s: refused: %.*s\n", STR_ARG(id), STR_ARG(fault));
                failed++;
            }
        } else {
            fault = engine_start(&engine, name, STR_EMPTY, input ? input->text : STR("{}"), &arn);
            if (!str_empty(fault))
                print_error("%.*s: %.*s\n", STR_ARG(id), STR_ARG(fault));
            assert_true(str_empty(fault));
            struct flow_execution execution;
            engine_describe(&engine, arn, &arena, &execution);
            for (int i = 0; i < 30 && execution.running; i++) {
                engine_advance(&engine, 1000);
                engine_describe(&engine, arn, &arena, &execution);
            }
            ran++;
            failed += !outcome_check(&engine, &arena, id, arn, json_get(&record, STR("expect")));
        }
        arena_fini(&arena);
    }
    engine_close(&engine);
    arena_fini(&text);
    print_message("recorded executions: %u ran, %u refused by name, %u express, %u wrong\n", ran, refused,
                  express, failed);
    assert_int_equal(failed, 0);
    assert_true(ran > 150);
}

/* ---- recorded refusals ---- */

static void recorded_refusals(void **test)
{
    (void)test;
    struct arena text = { 0 };
    struct str rest = golden_recorded(&text, "recorded/calls.jsonl"), line;
    if (str_empty(rest)) {
        print_message("recorded answers are not at hand: skipped\n");
        skip();
    }
    unsigned same = 0, by_name = 0, failed = 0;
    while (golden_line(&rest, &line)) {
        struct arena arena = { 0 };
        struct json record;
        assert_int_equal(json_read(&arena, line, 0, &record, NULL), ERR_OK);
        const struct json *expect = json_get(&record, STR("expect"));
        struct str definition = json_get_str(json_get(&record, STR("params")), STR("definition"));
        if (!str_eq(json_get_str(expect, STR("error")), STR("InvalidDefinition")) ||
            !str_eq(json_get_str(&record, STR("op")), STR("CreateStateMachine"))) {
            arena_fini(&arena);
            continue;
        }
        const struct json *recorded = json_get(expect, STR("recorded"));
        struct str wanted = json_get_str(recorded, STR("message"));
        if (str_empty(wanted))
            wanted = json_get_str(recorded, STR("exception_value"));
        struct plan *plan = NULL;
        struct str fault = STR_EMPTY;
        bool read = plan_read(&arena, definition, false, engine_task_known, NULL, &plan, &fault);
        if (!read && str_find(wanted, STR("<partition>")) == STR_NOT_FOUND && str_ends(wanted, fault))
            same++;
        else if (!read && refused_by_name(fault))
            by_name++;
        else if (!read && str_starts(wanted, STR("Error=ValueError")) &&
                 str_find(fault, STR("SCHEMA_VALIDATION_FAILED: Label c")) != STR_NOT_FOUND)
            same++; /* its text is of the recorder, not of the service */
        else {
            print_error("%.*s: should be\n  %.*s\nis\n  %.*s\n", STR_ARG(json_get_str(&record, STR("id"))),
                        STR_ARG(wanted), STR_ARG(fault));
            failed++;
        }
        plan_free(&plan);
        arena_fini(&arena);
    }
    arena_fini(&text);
    print_message("recorded refusals: %u the same, %u refused by name, %u wrong\n", same, by_name, failed);
    assert_int_equal(failed, 0);
}

/* What a published definition may be refused for: a resource that is not here, data from object storage, and the
 * other language, which is told alone. */
static bool published_refusal(struct str problem, bool resources, bool *ret_language)
{
    static const char *const resource_words[] = { "The resource provided arn:", "The resource provided ${" };
    static const char *const fields[] = { "The field ItemReader is not supported by Crema yet at ",
                                          "The field ResultWriter is not supported by Crema yet at " };
    size_t colon = str_find(problem, STR(": "));
    struct str text = colon == STR_NOT_FOUND ? STR_EMPTY : str_from_offset(problem, colon + 2);
    if (str_starts(text, STR("'"))) /* of the whole refusal's opening words */
        text = str_from_offset(text, str_find(text, STR(": ")) + 2);
    *ret_language = str_starts(text, STR("The query language JSONata is not supported by Crema yet at "));
    for (unsigned i = 0; i < 2; i++) {
        if (str_starts(text, str_from(fields[i])) ||
            (resources && str_starts(text, str_from(resource_words[i]))))
            return true;
    }
    return *ret_language;
}

static void published_with(task_known_f *known, const char *what, unsigned least)
{
    struct arena text = { 0 };
    struct str rest = golden_recorded(&text, "published-definitions.jsonl"), line;
    if (str_empty(rest)) {
        print_message("published definitions are not at hand: skipped\n");
        skip();
    }
    unsigned accepted = 0, by_name = 0, other_language = 0, failed = 0;
    while (golden_line(&rest, &line)) {
        struct arena arena = { 0 };
        struct json record;
        assert_int_equal(json_read(&arena, line, 0, &record, NULL), ERR_OK);
        const struct json *source = json_get(&record, STR("definition"));
        struct str definition = source->type == JSON_STRING ? source->text : json_text(&arena, source);
        struct plan *plan = NULL;
        struct str fault = STR_EMPTY, piece;
        if (plan_read(&arena, definition, false, known, NULL, &plan, &fault)) {
            accepted++;
        } else {
            bool named = true, language = false;
            struct str problems = fault;
            while (named && !str_empty(problems)) {
                size_t next = str_find(str_from_offset(problems, 1), STR(", SCHEMA_VALIDATION_FAILED"));
                piece = next == STR_NOT_FOUND ? problems : str_slice(problems, 0, next + 1);
                problems = str_from_offset(problems, piece.len);
                named = published_refusal(piece, known == engine_task_known, &language);
            }
            by_name += named && !language;
            other_language += language;
            failed += !named;
            if (!named)
                print_error("%.*s: %.*s\n   in %.*s\n", STR_ARG(json_get_str(&record, STR("id"))),
                            STR_ARG(piece), STR_ARG(fault));
        }
        plan_free(&plan);
        arena_fini(&arena);
    }
    arena_fini(&text);
    print_message(
        "published definitions, %s: %u accepted, %u refused for what they name, %u in JSONata, %u refused "
        "otherwise\n",
        what, accepted, by_name, other_language, failed);
    assert_int_equal(failed, 0);
    assert_true(accepted >= least);
}

static void published_definitions(void **test)
{
    (void)test;
    published_with(engine_task_known, "as they are", 1);
}

static bool any_task_known(void *self, struct str resource, struct str *ret_why)
{
    (void)self;
    (void)resource;
    (void)ret_why;
    return true;
}

/* The language apart from the resources: every path, template and function that they hold. */
static void published_language(void **test)
{
    (void)test;
    published_with(any_task_known, "were every resource here", 114);
}

/* ---- our own ---- */

struct act {
    const struct json *step;
    struct str token, arn, fault;
    struct str taken; /* a token that a worker was handed */
};

static bool act_run(struct engine *engine, struct work *work, void *self)
{
    struct act *act = self;
    struct fault fault = { 0 };
    const struct json *step = act->step, *what;
    bool good = true;
    int64_t stop_ms;
    struct str token =
        str_empty(json_get_str(step, STR("token"))) ? act->token : json_get_str(step, STR("token"));
    if ((what = json_get(step, STR("success"))))
        good =
            flow_task_succeed(engine->flow, work, token,
                              what->type == JSON_STRING ? what->text : json_text(work->arena, what), &fault);
    else if ((what = json_get(step, STR("failure"))))
        good = flow_task_fail(engine->flow, work, token, json_get_str(what, STR("error")),
                              json_get_str(what, STR("cause")), &fault);
    else if (json_get(step, STR("heartbeat")))
        good = flow_task_heartbeat(engine->flow, work, token, &fault);
    else if ((what = json_get(step, STR("stop"))))
        good = flow_stop(engine->flow, work, engine->ns, act->arn, json_get_str(what, STR("error")),
                         json_get_str(what, STR("cause")), &stop_ms, &fault);
    else if ((what = json_get(step, STR("activity")))) {
        struct flow_activity activity;
        good = flow_activity_create(engine->flow, work, engine->ns, what->text, NULL, &activity, &fault);
    } else if ((what = json_get(step, STR("take")))) {
        struct flow_activity_task task;
        good = flow_activity_take(engine->flow, work, engine->ns, what->text, STR("worker"), &task, &fault);
        if (good)
            act->taken = arena_copy(&engine->arena, task.token);
    } else if ((what = json_get(step, STR("redrive"))))
        good = flow_redrive(engine->flow, work, engine->ns, act->arn,
                            what->type == JSON_STRING ? what->text : STR_EMPTY, &stop_ms, &fault);
    if (!good)
        act->fault = arena_copy(&engine->arena, fault.text);
    return good;
}

/* Beside names, records and histories stays only what a redrive takes up, of executions that did not succeed. */
static bool nothing_left(struct engine *engine, struct arena *arena, struct str id)
{
    bool good = true;
    struct store_reader *reader = store_snapshot(engine->store);
    for (const char *kind = "ubiov"; *kind; kind++) {
        struct key first, end;
        struct str key, value;
        key_begin(&first, KEY_FLOW, PARTITION_ONLY, *kind);
        key_after_prefix(key_str(&first), &end);
        struct store_cursor *cursor = store_scan(reader, key_str(&first), key_str(&end), STORE_UP);
        while (store_cursor_next(cursor, &key, &value)) {
            struct execution_ref ref;
            struct execution execution;
            if (*kind != 'u' && key_execution_read(key, &ref) &&
                execution_find(reader, arena, PARTITION_ONLY, &ref, false, &execution) == ERR_OK &&
                execution.status != EXECUTION_RUNNING && execution.status != EXECUTION_SUCCEEDED)
                continue;
            print_error("%.*s: a key of the kind %c is left\n", STR_ARG(id), *kind);
            good = false;
            break;
        }
        assert_int_equal(store_cursor_close(&cursor), ERR_OK);
    }
    store_snapshot_release(&reader);
    return good;
}

static void answers_take(struct engine *engine, struct arena *arena, const struct json *answers)
{
    for (uint32_t i = 0; answers && i < answers->count; i++) {
        const struct json *result = json_get(&answers->items[i], STR("result"));
        const struct json *bytes = json_get(&answers->items[i], STR("bytes"));
        int64_t count;
        engine->answers[i].result = result ? json_text(arena, result) : STR_EMPTY;
        if (bytes && json_number_i64(bytes->text, &count)) { /* a string of that many */
            char *text = arena_bytes(arena, (size_t)count);
            memset(text, 'x', (size_t)count);
            struct json string = json_of_str(str_of(text, (size_t)count));
            engine->answers[i].result = json_text(arena, &string);
        }
        engine->answers[i].error = json_get_str(&answers->items[i], STR("error"));
        engine->answers[i].cause = json_get_str(&answers->items[i], STR("cause"));
        engine->answers[i].stage = json_get(&answers->items[i], STR("unplaced"))    ? STAGE_UNPLACED
                                   : json_get(&answers->items[i], STR("unreached")) ? STAGE_UNREACHED
                                                                                    : STAGE_CARRIED;
        engine->answers[i].busy = json_get(&answers->items[i], STR("busy")) != NULL;
        engine->answer_count++;
    }
}

/* Machines beside the one that is run, by name. */
static void machines_make(struct engine *engine, struct arena *arena, const struct json *machines,
                          bool express)
{
    for (uint32_t i = 0; machines && i < machines->count; i++) {
        struct str name = machines->members[i].key;
        struct str definition = json_text(arena, &machines->members[i].value);
        struct str fault = express ? engine_create_express(engine, name, definition)
                                   : engine_create(engine, name, definition);
        assert_true(str_empty(fault));
    }
}

static bool golden_case(const struct json *record, struct arena *arena)
{
    struct engine engine;
    struct str id = json_get_str(record, STR("id")), arn = STR_EMPTY, fault, first_token = STR_EMPTY;
    const struct json *definition = json_get(record, STR("definition"));
    const struct json *steps = json_get(record, STR("steps"));
    const struct json *input = json_get(record, STR("input")), *expect = json_get(record, STR("expect"));
    bool good = true;
    engine_open(&engine, NULL);
    answers_take(&engine, arena, json_get(record, STR("answers")));
    machines_make(&engine, arena, json_get(record, STR("machines")), false);
    machines_make(&engine, arena, json_get(record, STR("express")), true);
    fault = engine_create(&engine, STR("Machine"),
                          definition->type == JSON_STRING ? definition->text : json_text(arena, definition));
    if (json_get(record, STR("refused")) || !str_empty(fault)) {
        good = text_check(arena, "refusal", id, json_get(record, STR("refused")), fault);
        engine_close(&engine);
        return good;
    }
    const struct json *first = json_get(record, STR("activity")); /* one that is there from the beginning */
    struct json made =
        json_of_object(&(struct json_member){ STR("activity"), first ? *first : json_of_null() }, 1);
    if (first)
        engine_call(&engine, act_run, &(struct act){ .step = &made });
    engine.forgotten = json_get_str(record, STR("forgotten"));
    fault = engine_start(&engine, STR("Machine"), STR("run"),
                         !input                       ? STR("{}")
                         : input->type == JSON_STRING ? input->text
                                                      : json_text(arena, input),
                         &arn);
    good = str_empty(fault);
    for (uint32_t i = 0; good && steps && i < steps->count; i++) {
        const struct json *step = &steps->items[i];
        struct act act = { .step = step, .token = engine.last_token, .arn = arn };
        int64_t seconds;
        if (str_empty(first_token))
            first_token = engine.last_token;
        if (json_get(step, STR("first")))
            act.token = first_token;
        const struct json *advance = json_get(step, STR("advance"));
        if (advance && json_number_i64(advance->text, &seconds))
            engine_advance(&engine, seconds * 1000);
        else
            engine_call(&engine, act_run, &act);
        if (!str_empty(act.taken))
            engine.last_token = act.taken;
        const struct json *status = json_get(step, STR("status"));
        struct flow_execution execution;
        engine_describe(&engine, arn, arena, &execution);
        good = text_check(arena, "fault of a step", id, json_get(step, STR("fault")), act.fault) && good;
        if (status)
            good = text_check(arena, "status after a step", id, status, execution.status) && good;
    }
    good = good && outcome_check(&engine, arena, id, arn, expect);
    types_see(&engine);
    if (!str_eq(json_get_str(expect, STR("status")), STR("RUNNING")))
        good = nothing_left(&engine, arena, id) && good;
    int64_t deliveries;
    const struct json *count = json_get(expect, STR("deliveries"));
    if (count && json_number_i64(count->text, &deliveries) && (int64_t)engine.deliveries != deliveries) {
        print_error("%.*s: %zu deliveries\n", STR_ARG(id), engine.deliveries);
        good = false;
    }
    engine_close(&engine);
    return good;
}

static void own_case(void *self, struct arena *arena, struct str name, const struct json *record)
{
    unsigned *wrong = self;
    (void)name;
    *wrong += !golden_case(record, arena);
}

static void own_cases(void **test)
{
    (void)test;
    static const char *const files[] = { "flow/states",      "flow/errors",     "flow/definitions",
                                         "flow/tasks",       "flow/families",   "flow/variables",
                                         "flow/expressions", "flow/redrives",   "flow/events",
                                         "flow/choices",     "flow/data",       "flow/times",
                                         "flow/retries",     "flow/intrinsics", "flow/maps" };
    unsigned wrong = 0;
    size_t ran = 0;
    for (size_t f = 0; f < sizeof(files) / sizeof(files[0]); f++)
        ran += golden_each(files[f], own_case, &wrong);
    print_message("golden cases: %zu ran, %u wrong\n", ran, wrong);
    assert_int_equal(wrong, 0);
    assert_true(ran > 0);
}

/* After own_cases: there is a case for each type of event that there can be. */
static void every_type_of_event(void **test)
{
    (void)test;
    static const enum history_type never[] = {
        HISTORY_EVALUATION_FAILED, /* of JSONata, which definitions cannot have */
    };
    unsigned missing = 0;
    for (int type = HISTORY_NONE + 1; type < HISTORY_TYPES; type++) {
        bool wanted = true;
        for (size_t i = 0; i < sizeof(never) / sizeof(never[0]); i++)
            wanted = wanted && never[i] != (enum history_type)type;
        if (types_seen[type] == wanted)
            continue;
        print_error("%s: %.*s\n", wanted ? "in no history" : "in a history",
                    STR_ARG(history_type_name((enum history_type)type)));
        missing++;
    }
    assert_int_equal(missing, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(recorded_executions),
        cmocka_unit_test(recorded_refusals),
        cmocka_unit_test(published_definitions),
        cmocka_unit_test(published_language),
        cmocka_unit_test(own_cases),
        cmocka_unit_test(every_type_of_event),
    };
    return cmocka_run_group_tests_name("flow-golden", tests, NULL, NULL);
}
