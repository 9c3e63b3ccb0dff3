#include "flow/engine_test.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <setjmp.h>
#include <cmocka.h>

#include "base/arn.h"
#include "io/clock.h"

/* ---- the target ---- */

static struct str token_in(const struct json *value)
{
    static const char *const names[] = { "token", "Token", "TaskToken" };
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        const struct json *member = json_get_typed(value, str_from(names[i]), JSON_STRING);
        if (member)
            return member->text;
    }
    for (uint32_t i = 0; i < value->count; i++) {
        struct str found = STR_EMPTY;
        if (value->type == JSON_OBJECT)
            found = token_in(&value->members[i].value);
        else if (value->type == JSON_ARRAY)
            found = token_in(&value->items[i]);
        if (!str_empty(found))
            return found;
    }
    return STR_EMPTY;
}

/* Operations on executions do what they say, with the members that flow reads. */
static bool engine_operation(struct engine *engine, struct work *work, const struct delivery *delivery,
                             struct delivery_result *ret)
{
    struct json payload;
    struct fault fault = { 0 };
    struct flow_started started;
    struct flow_execution about;
    struct str resource = delivery->resource;
    int64_t stop_ms;
    bool done;
    assert_int_equal(json_read(work->arena, delivery->payload, 0, &payload, NULL), ERR_OK);
    struct str arn = json_get_str(&payload, STR("ExecutionArn"));
    if (str_starts(resource, STR("arn:aws:states:::states:startExecution"))) {
        const struct json *input = json_get(&payload, STR("Input"));
        done =
            flow_start(engine->flow, work, engine->ns, json_get_str(&payload, STR("StateMachineArn")),
                       json_get_str(&payload, STR("Name")), input ? json_text(work->arena, input) : STR("{}"),
                       delivery->hops, &started, &fault);
        if (done)
            ret->result =
                arena_printf(work->arena, "{\"ExecutionArn\":\"%.*s\"}", STR_ARG(started.execution_arn));
    } else if (str_ends(resource, STR("sfn:stopExecution"))) {
        done = flow_stop(engine->flow, work, engine->ns, arn, STR_EMPTY, STR_EMPTY, &stop_ms, &fault);
        ret->result = STR("{}");
    } else if (str_ends(resource, STR("sfn:describeExecution"))) {
        done =
            flow_execution_describe(work->reader, work->arena, engine->ns, arn, work->now_ms, &about, &fault);
        struct json_member members[] = {
            { STR("ExecutionArn"), json_of_str(arn) },
            { STR("Status"), json_of_str(about.status) },
            { STR("StartDate"), json_of_str(STR("2026-11-23T15:00:00.5Z")) },
            { STR("Extra"), json_of_str(STR("no part of a result")) },
            { STR("Input"), json_of_str(about.input) },
            { about.output.ptr ? STR("Output") : STR("Error"),
              json_of_str(about.output.ptr ? about.output : about.error) },
        };
        struct json described = json_of_object(members, sizeof(members) / sizeof(members[0]));
        if (done)
            ret->result = json_text(work->arena, &described);
    } else {
        return false;
    }
    ret->outcome = done ? OUTCOME_DELIVERED : OUTCOME_REJECTED;
    ret->error = STR("StepFunctions.Refused");
    ret->cause = fault.text;
    return true;
}

static void engine_send(void *self, struct work *work, const struct delivery *delivery,
                        struct delivery_result *ret)
{
    struct engine *engine = self;
    struct json payload;
    memset(ret, 0, sizeof(*ret));
    if (str_starts(delivery->resource, STR("arn:aws:states:::aws-sdk:sfn:")) &&
        engine_operation(engine, work, delivery, ret))
        return;
    engine->deliveries++;
    if (engine->hooks.answer) {
        memset(ret, 0, sizeof(*ret));
        engine->hooks.answer(engine, work, delivery, ret);
        return;
    }
    engine->last_payload = arena_copy(&engine->arena, delivery->payload);
    assert_int_equal(json_read(&engine->arena, engine->last_payload, 0, &payload, NULL), ERR_OK);
    engine->last_token = token_in(&payload);
    if (engine_operation(engine, work, delivery, ret))
        return;
    if (engine->answer_next == engine->answer_count) {
        ret->outcome = OUTCOME_DELIVERED;
        ret->result = STR("{}");
        return;
    }
    size_t i = engine->answer_next++;
    ret->outcome = engine->answers[i].busy               ? OUTCOME_RETRY
                   : str_empty(engine->answers[i].error) ? OUTCOME_DELIVERED
                                                         : OUTCOME_REJECTED;
    ret->result = engine->answers[i].result;
    ret->error = engine->answers[i].error;
    ret->cause = engine->answers[i].cause;
    ret->stage = engine->answers[i].stage;
}

static void engine_offer(void *self, struct work *work, const struct delivery *delivery,
                         struct delivery_result *ret)
{
    struct engine *engine = self;
    struct fault fault = { 0 };
    bool offered = flow_activity_offer(engine->flow, work, delivery, &fault);
    *ret = (struct delivery_result){ .outcome = offered ? OUTCOME_DELIVERED : OUTCOME_REJECTED,
                                     .stage = STAGE_UNPLACED,
                                     .error = STR("ActivityDoesNotExist"),
                                     .cause = fault.text };
}

/* ---- executions of Express machines that tasks wait for ---- */

struct engine_wait {
    struct command command; /* first */
    struct engine_wait *next;
    struct engine *engine;
    struct delivery_post *post;
    struct flow_started started; /* no ARN: not yet */
    struct arena arena;
    bool over;
    struct delivery_result result;
};

static void wait_reject(struct engine_wait *wait, const struct fault *fault)
{
    wait->over = true;
    wait->result = (struct delivery_result){ .outcome = OUTCOME_REJECTED,
                                             .error = STR("Sfn.Refused"),
                                             .cause = arena_copy(&wait->arena, fault->text) };
}

static bool wait_start(struct engine_wait *wait, struct work *work)
{
    const struct delivery *delivery = &wait->post->delivery;
    struct json payload;
    struct fault fault = { 0 };
    assert_int_equal(json_read(work->arena, delivery->payload, 0, &payload, NULL), ERR_OK);
    struct flow_order order = { .machine_arn = json_get_str(&payload, STR("StateMachineArn")),
                                .name = json_get_str(&payload, STR("Name")),
                                .value = *json_get(&payload, STR("Input")),
                                .waiting_arn = delivery->source_arn };
    order.input = json_text(work->arena, &order.value);
    if (!flow_start_sync(wait->engine->flow, work, wait->engine->ns, &order, &wait->started, &fault)) {
        wait_reject(wait, &fault);
        return false;
    }
    wait->started.execution_arn = arena_copy(&wait->arena, wait->started.execution_arn);
    return true;
}

static bool wait_run(struct command *command, struct work *work)
{
    struct engine_wait *wait = (struct engine_wait *)command;
    struct flow_execution about;
    if (str_empty(wait->started.execution_arn) && !wait_start(wait, work))
        return false;
    if (!flow_express_result(wait->engine->flow, &wait->arena, wait->started.express_id, &about))
        return true;
    struct json_member members[] = {
        { STR("Status"), json_of_str(about.status) },
        { STR("Input"), json_of_str(about.input) },
        { about.output.ptr ? STR("Output") : STR("Error"),
          json_of_str(about.output.ptr ? about.output : about.error) },
    };
    struct json answer = json_of_object(members, sizeof(members) / sizeof(members[0]));
    wait->result = (struct delivery_result){ .result = json_text(&wait->arena, &answer) };
    wait->over = true;
    return true;
}

static void wait_done(struct command *command, enum err committed)
{
    struct engine_wait *wait = (struct engine_wait *)command, **at = &wait->engine->waits;
    if (!wait->over && committed == ERR_OK)
        return;
    while (*at != wait)
        at = &(*at)->next;
    *at = wait->next;
    wait->post->end(wait->post, committed == ERR_OK ? &wait->result : NULL);
    arena_fini(&wait->arena);
    free(wait);
}

static void engine_ready(void *self, struct str topic)
{
    struct engine *engine = self;
    for (struct engine_wait *wait = engine->waits; wait; wait = wait->next) {
        if (str_eq(wait->started.execution_arn, topic))
            writer_later(engine->writer, &wait->command, 0);
    }
}

static void engine_post(void *self, struct delivery_post *post)
{
    struct engine *engine = self;
    struct engine_wait *wait = calloc(1, sizeof(*wait));
    assert_non_null(wait);
    *wait = (struct engine_wait){ .command = { .run = wait_run, .done = wait_done },
                                  .next = engine->waits,
                                  .engine = engine,
                                  .post = post };
    engine->waits = wait;
    engine->deliveries++;
    writer_later(engine->writer, &wait->command, 0);
}

static void waits_close(struct engine *engine)
{
    while (engine->waits)
        wait_done(&engine->waits->command, ERR_CLOSED);
}

static const struct target_kind engine_waiting = { .name = "waiting-operation",
                                                   .doc = "starts executions and waits for them",
                                                   .post = engine_post,
                                                   .inside = true };

static const struct target_kind engine_activity = { .name = "activity",
                                                    .doc = "queues of the engine's own",
                                                    .send = engine_offer };

static const struct target_kind engine_target = { .name = "operation",
                                                  .doc = "answers as the test says",
                                                  .send = engine_send };

/* In the product functions lie outside; for the engine an answer is an answer. */
static const struct target_kind engine_function = { .name = "function",
                                                    .doc = "answers as the test says",
                                                    .send = engine_send };

bool engine_task_known(void *self, struct str resource, struct str *ret_why)
{
    const struct engine *engine = self; /* NULL: none forgets anything */
    if (engine && !str_empty(engine->forgotten) && str_eq(resource, engine->forgotten)) {
        *ret_why = STR("it is forgotten");
        return false;
    }
    static const char *const known[] = {
        "arn:aws:states:::events:putEvents",
        "arn:aws:states:::events:putEvents.waitForTaskToken",
        "arn:aws:states:::dynamodb:getItem",
        "arn:aws:states:::dynamodb:putItem",
        "arn:aws:states:::dynamodb:updateItem",
        "arn:aws:states:::dynamodb:deleteItem",
        "arn:aws:states:::aws-sdk:sfn:listExecutions",
        "arn:aws:states:::aws-sdk:sfn:startSyncExecution",
        "arn:aws:states:::aws-sdk:eventbridge:putEvents",
        "arn:aws:states:::states:startExecution",
        "arn:aws:states:::states:startExecution.sync",
        "arn:aws:states:::states:startExecution.sync:2",
        "arn:aws:states:::states:startExecution.waitForTaskToken",
        "arn:aws:states:::lambda:invoke",
        "arn:aws:states:::lambda:invoke.waitForTaskToken",
    };
    for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
        if (str_eq(resource, str_from(known[i])))
            return true;
    }
    if (str_starts(resource, STR("arn:aws:lambda:")) ||
        str_starts(resource, STR("arn:aws:states:us-east-1:000000000000:activity:")))
        return true;
    static const char *const unbuilt[] = { "arn:aws:states:::aws-sdk:" };
    for (size_t i = 0; i < sizeof(unbuilt) / sizeof(unbuilt[0]); i++) {
        if (str_starts(resource, str_from(unbuilt[i])))
            *ret_why = STR("The resource is not supported by Crema yet");
    }
    return false;
}

/* ---- life ---- */

static void after_run(void *self, struct work *work)
{
    struct engine *engine = self;
    deliver_after_run(engine->deliver, work);
}

static void after_rollback(void *self)
{
    struct engine *engine = self;
    deliver_after_rollback(engine->deliver);
    flow_after_rollback(engine->flow);
}

static void after_commit(void *self)
{
    struct engine *engine = self;
    if (engine->hooks.committed)
        engine->hooks.committed(engine);
    deliver_after_commit(engine->deliver);
}

void engine_open(struct engine *engine, const struct flow_settings *settings)
{
    engine_open_at(engine, settings, NULL, NULL);
}

void engine_open_at(struct engine *engine, const struct flow_settings *settings, const char *folder,
                    const struct engine_hooks *told)
{
    memset(engine, 0, sizeof(*engine));
    if (told)
        engine->hooks = *told;
    engine->ns = (struct ns){ STR("000000000000"), STR("us-east-1") };
    pthread_mutex_init(&engine->mutex, NULL);
    pthread_cond_init(&engine->done, NULL);
    struct flow_settings own = settings ? *settings : (struct flow_settings){ 0 };
    own.task_known = engine_task_known;
    own.task_known_self = engine;
    struct diag why = { { 0 } };
    assert_int_equal(store_open(&(struct store_settings){ .folder = folder,
                                                          .segment_bytes = folder ? 1 << 18 : 0,
                                                          .no_sync = true },
                                &engine->store, &why),
                     ERR_OK);
    assert_int_equal(deliver_open(&(struct deliver_settings){ 0 }, &engine->deliver), ERR_OK);
    assert_int_equal(flow_open(&own, engine->deliver, &engine->flow), ERR_OK);
    deliver_add_target(engine->deliver, &engine_target, engine);
    deliver_add_target(engine->deliver, &engine_function, engine);
    deliver_add_target(engine->deliver, &engine_activity, engine);
    deliver_add_target(engine->deliver, &engine_waiting, engine);
    flow_on_ready(engine->flow, engine_ready, engine);
    deliver_on_wanted(engine->deliver, DELIVERY_OF_TASK, flow_task_wanted, engine->flow);
    deliver_on_done(engine->deliver, DELIVERY_OF_TASK, flow_task_done, engine->flow);
    struct writer_hooks hooks = {
        .self = engine, .after_run = after_run, .after_rollback = after_rollback, .after_commit = after_commit
    };
    assert_int_equal(
        writer_open(engine->store, &(struct writer_settings){ 0 }, &hooks, &engine->writer, &why), ERR_OK);
    deliver_resume(engine->deliver, engine->store, engine->writer);
    writer_on_timer(engine->writer, TIMER_FLOW, flow_due, engine->flow);
    writer_on_timer(engine->writer, TIMER_DELIVER, deliver_due, engine->deliver);
    assert_int_equal(writer_start(engine->writer, &why), ERR_OK);
}

void engine_close(struct engine *engine)
{
    writer_close(&engine->writer);
    waits_close(engine);
    flow_close(&engine->flow);
    deliver_close(&engine->deliver);
    store_close(&engine->store);
    arena_fini(&engine->arena);
    pthread_cond_destroy(&engine->done);
    pthread_mutex_destroy(&engine->mutex);
    clock_offset_set(0);
}

/* ---- calls ---- */

struct call {
    struct command command;
    struct engine *engine;
    engine_call_f *call;
    void *self;
    bool stays, over;
};

static bool call_run(struct command *command, struct work *work)
{
    struct call *call = (struct call *)command;
    call->stays = !call->call || call->call(call->engine, work, call->self);
    return call->stays;
}

static void call_done(struct command *command, enum err committed)
{
    struct call *call = (struct call *)command;
    assert_int_equal(committed, ERR_OK);
    pthread_mutex_lock(&call->engine->mutex);
    call->over = true;
    pthread_cond_broadcast(&call->engine->done);
    pthread_mutex_unlock(&call->engine->mutex);
}

bool engine_call(struct engine *engine, engine_call_f *what, void *self)
{
    struct call call = {
        .command = { .run = call_run, .done = call_done }, .engine = engine, .call = what, .self = self
    };
    assert_int_equal(writer_submit(engine->writer, &call.command), ERR_OK);
    pthread_mutex_lock(&engine->mutex);
    while (!call.over)
        pthread_cond_wait(&engine->done, &engine->mutex);
    pthread_mutex_unlock(&engine->mutex);
    return call.stays;
}

void engine_advance(struct engine *engine, int64_t ms)
{
    engine->offset_ms += ms;
    clock_offset_set(engine->offset_ms);
    /* What is due runs in groups of its own, around commands; what that makes due, in later ones. */
    for (int i = 0; i < 4; i++)
        engine_call(engine, NULL, NULL);
}

struct create {
    struct str name, definition, fault;
    bool express;
};

static bool create_run(struct engine *engine, struct work *work, void *self)
{
    struct create *create = self;
    struct fault fault = { 0 };
    struct flow_machine machine = { .name = create->name,
                                    .definition = create->definition,
                                    .express = create->express,
                                    .role_arn = STR("arn:aws:iam::000000000000:role/r"),
                                    .logging = STR("{\"level\":\"OFF\"}") };
    bool made =
        flow_definition_check(engine->flow, work->arena, create->definition, create->express, &fault) &&
        flow_machine_create(engine->flow, work, engine->ns, &machine, NULL, &fault);
    if (!made)
        create->fault = arena_copy(&engine->arena, fault.text);
    return made;
}

struct str engine_create(struct engine *engine, struct str name, struct str definition)
{
    struct create create = { .name = name, .definition = definition };
    engine_call(engine, create_run, &create);
    return create.fault;
}

struct str engine_create_express(struct engine *engine, struct str name, struct str definition)
{
    struct create create = { .name = name, .definition = definition, .express = true };
    engine_call(engine, create_run, &create);
    return create.fault;
}

struct start {
    struct str machine, name, input, arn, fault;
};

static bool start_run(struct engine *engine, struct work *work, void *self)
{
    struct start *start = self;
    struct fault fault = { 0 };
    struct flow_started started;
    struct str arn = arn_make(work->arena, engine->ns, STR("states"),
                              arena_concat(work->arena, STR("stateMachine:"), start->machine));
    if (!flow_start(engine->flow, work, engine->ns, arn, start->name, start->input, 0, &started, &fault)) {
        start->fault = arena_copy(&engine->arena, fault.text);
        return false;
    }
    start->arn = arena_copy(&engine->arena, started.execution_arn);
    return true;
}

struct str engine_start(struct engine *engine, struct str machine, struct str name, struct str input,
                        struct str *ret_arn)
{
    struct start start = { machine, name, input, STR_EMPTY, STR_EMPTY };
    engine_call(engine, start_run, &start);
    *ret_arn = start.arn;
    return start.fault;
}

void engine_describe(struct engine *engine, struct str arn, struct arena *arena, struct flow_execution *ret)
{
    struct fault fault = { 0 };
    struct store_reader *reader = store_snapshot(engine->store);
    bool found = flow_execution_describe(reader, arena, engine->ns, arn, clock_now_ms(), ret, &fault);
    store_snapshot_release(&reader);
    assert_true(found);
}

struct json engine_history(struct engine *engine, struct str arn, struct arena *arena)
{
    struct fault fault = { 0 };
    struct store_reader *reader = store_snapshot(engine->store);
    struct buf buf;
    struct json_writer out;
    struct json events;
    uint32_t id = 0;
    buf_init(&buf, 0);
    json_writer_init(&out, &buf);
    json_begin_array(&out);
    assert_true(flow_history_write(engine->flow, reader, arena, engine->ns, arn, false, true, 25000, &id,
                                   &out, &fault));
    assert_int_equal(id, 0);
    json_end_array(&out);
    store_snapshot_release(&reader);
    assert_int_equal(json_read(arena, arena_copy(arena, buf_str(&buf)), 0, &events, NULL), ERR_OK);
    buf_fini(&buf);
    return events;
}
