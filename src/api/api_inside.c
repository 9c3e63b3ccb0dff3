#include "api/api_impl.h"

#include "io/clock.h"
#include "store/store.h"
#include "store/writer.h"

#include <assert.h>
#include <stdlib.h>

/* "putEvents" is PutEvents. */
static struct api_entry *entry_of(const struct api *api, struct str service_name, struct str operation)
{
    const struct service *service = service_find(service_name);
    char name[128];
    if (!service || str_empty(operation) || operation.len > sizeof(name))
        return NULL;
    memcpy(name, operation.ptr, operation.len);
    if (name[0] >= 'a' && name[0] <= 'z')
        name[0] = (char)(name[0] - 'a' + 'A');
    struct api_entry *entry = api_entry_find(api, service, str_of(name, operation.len));
    return entry && entry->operation->kind != OP_REFUSED && !entry->operation->streams ? entry : NULL;
}

bool api_inside_exists(void *self, struct str service, struct str operation, struct str *ret_name)
{
    const struct api_entry *entry = entry_of(self, service, operation);
    if (entry)
        *ret_name = str_from(entry->operation->name);
    return entry != NULL;
}

/* One call. All of it lives in the arena, but for the body. */
struct inside {
    struct api *api;
    struct api_entry *entry; /* NULL: there is no such operation */
    const struct service *service;
    enum operation_style style;
    struct op_call op;
    struct json input;
    struct buf body;
    struct json_writer out;
};

/* Reads the input and prepares the call. What is wrong is op.fault. */
static void inside_read(struct inside *inside, struct api *api, const struct operation_call *call,
                        struct arena *arena, int64_t now_ms)
{
    struct op_call *op = &inside->op;
    struct json given;
    struct api_entry *entry = entry_of(api, call->service, call->operation);
    inside->api = api;
    inside->entry = entry;
    inside->service = entry ? entry->service : service_find(call->service);
    inside->style = call->style;
    buf_init(&inside->body, API_ANSWER_BYTES_MAX);
    json_writer_init(&inside->out, &inside->body);
    *op = (struct op_call){
        .rooms = api->rooms,
        .ns = call->ns,
        .arena = arena,
        .input = &inside->input,
        .out = &inside->out,
        .now_ms = now_ms,
        .hops = call->origin.hops,
        .caller_arn = call->origin.arn,
    };
    if (!entry) {
        fault_set(&op->fault, arena, FAULT_UNKNOWN_OPERATION,
                  "Crema does not have the operation %.*s of %.*s.", STR_ARG(call->operation),
                  STR_ARG(call->service));
        return;
    }
    op->operation = entry->operation;
    atomic_fetch_add_explicit(&entry->inside, 1, memory_order_relaxed);
    if (api_read_body(arena, call->input, &given, &op->fault) &&
        shape_check(api->checker, op->operation->input, &given,
                    call->style == OPERATION_SDK ? SHAPE_SDK : SHAPE_WIRE, api_dialect_of(entry->service),
                    arena, &inside->input, &op->fault) &&
        op->operation->prepare)
        op->operation->prepare(op);
}

static void set_output(struct inside *inside, struct operation_answer *ret)
{
    struct op_call *op = &inside->op;
    ret->output = arena_copy(op->arena, inside->body.len ? buf_str(&inside->body) : STR("{}"));
    if (inside->style != OPERATION_SDK)
        return;
    struct json output;
    if (json_read(op->arena, ret->output, 0, &output, NULL) != ERR_OK)
        return; /* the writer wrote it: it is JSON */
    output = shape_to_sdk(op->operation->output, &output, op->arena);
    ret->output = json_text(op->arena, &output);
}

/* What came of it, in its arena. The call is over. */
static void inside_end(struct inside *inside, struct operation_answer *ret)
{
    struct op_call *op = &inside->op;
    *ret = (struct operation_answer){ .request_id = api_request_id(op->arena) };
    if (op->fault.code == FAULT_NONE && inside->body.err != ERR_OK)
        fault_set(&op->fault, op->arena, FAULT_INTERNAL, "The answer would have more than %d bytes.",
                  API_ANSWER_BYTES_MAX);
    if (op->fault.code == FAULT_NONE) {
        ret->ok = true;
        ret->status = 200;
        set_output(inside, ret);
    } else {
        struct api_error error = api_error_of(op->arena, inside->service, op->fault.code);
        ret->error = error.name;
        ret->cause = op->fault.text;
        ret->status = error.status;
    }
    buf_fini(&inside->body);
}

/* ---- in the batch that is open ---- */

static void run(struct inside *inside, struct work *work)
{
    struct api *api = inside->api;
    struct op_call *op = &inside->op;
    const struct operation *operation = op->operation;
    if (operation->kind != OP_WRITE) {
        op->reader = work->reader;
        operation->run(op);
        return;
    }
    size_t mark = store_batch_mark(work->batch);
    if (api_call_run(op, operation->run, work) && inside->body.err == ERR_OK)
        return;
    store_batch_rollback(work->batch, mark);
    if (api->after_rollback)
        api->after_rollback(api->after_rollback_self);
}

void api_inside_call(void *self, struct work *work, const struct operation_call *call,
                     struct operation_answer *ret)
{
    struct inside inside;
    inside_read(&inside, self, call, work->arena, work->now_ms);
    if (inside.op.fault.code == FAULT_NONE && !inside.op.answered)
        run(&inside, work);
    inside_end(&inside, ret);
}

/* ---- as a command of its own, that may be put off ---- */

enum { WAITING_BYTES = 4096 }; /* what most of them take: many may wait */

struct waiting {
    struct command command; /* first: the writer hands it back */
    struct operation_wait *asked;
    struct inside inside;
    struct arena arena;
    struct api_wait wait;
    bool ran;      /* in the group at hand */
    bool given_up; /* the server is ending */
};

static void waiting_answer(struct waiting *waiting)
{
    struct operation_answer answer;
    inside_end(&waiting->inside, &answer);
    waiting->asked->answered(waiting->asked, waiting->given_up ? NULL : &answer);
    arena_fini(&waiting->arena);
    free(waiting);
}

static bool waiting_run(struct command *command, struct work *work)
{
    struct waiting *waiting = (struct waiting *)command;
    struct inside *inside = &waiting->inside;
    api_wait_end(inside->api, &waiting->wait);
    inside->op.wait_for = STR_EMPTY;
    waiting->ran = true;
    waiting->given_up = inside->api->draining;
    return waiting->given_up ||
           (api_call_run(&inside->op, inside->op.operation->run, work) && inside->body.err == ERR_OK);
}

static void waiting_done(struct command *command, enum err committed)
{
    struct waiting *waiting = (struct waiting *)command;
    struct inside *inside = &waiting->inside;
    struct op_call *op = &inside->op;
    bool ran = waiting->ran;
    waiting->ran = false;
    if (committed == ERR_NOSPACE && !ran) {
        writer_later(inside->api->rooms->writer, command, 0); /* once there is room */
        return;
    }
    if (committed == ERR_OK && op->fault.code == FAULT_NONE && !str_empty(op->wait_for)) {
        api_wait_begin(inside->api, &waiting->wait, op->wait_for, op->wait_until_ms);
        return;
    }
    if (committed != ERR_OK) {
        api_wait_end(inside->api, &waiting->wait); /* it was to end, without having been run */
        api_call_uncommitted(op, committed);
    }
    waiting->given_up = waiting->given_up || committed == ERR_CLOSED;
    waiting_answer(waiting);
}

void api_inside_begin(void *self, struct operation_wait *asked)
{
    struct api *api = self;
    struct waiting *waiting = calloc(1, sizeof(*waiting));
    assert(waiting);
    arena_init_sized(&waiting->arena, WAITING_BYTES);
    waiting->asked = asked;
    waiting->command = (struct command){ .run = waiting_run, .done = waiting_done };
    waiting->wait.command = &waiting->command;
    inside_read(&waiting->inside, api, &asked->call, &waiting->arena, clock_now_ms());
    assert(!waiting->inside.entry || waiting->inside.op.operation->kind == OP_WRITE);
    waiting->inside.op.can_wait = true;
    if (waiting->inside.op.fault.code != FAULT_NONE || waiting->inside.op.answered)
        waiting_answer(waiting);
    else
        writer_later(api->rooms->writer, &waiting->command, 0); /* before time goes on, where it is virtual */
}
