#include "api/api_impl.h"

#include "api/api_cbor.h"
#include "api/api_query.h"
#include "io/clock.h"
#include "io/digest.h"
#include "io/gzip.h"
#include "io/rand.h"
#include "logs/logs_scanner.h"
#include "store/store.h"
#include "store/writer.h"

#include <stddef.h>
#include <stdio.h>

enum { INFLATED_BYTES_MAX = 4 << 20 };

/* The life of a call:
 *
 *     loop     read the body -> check the shape -> prepare -> a read: run on a snapshot -> answer
 *     scanner                                               -> a scan: the same, for long
 *     writer                                                -> a write: run in the batch -> commit -> answer
 *
 * A write may be put off by its run (api_wait.c), and is run again later.
 * It lives in the exchange's arena, which goes to the writer's thread with it and comes back with the answer.
 */
struct call {
    struct command command; /* first: the writer hands it back */
    struct logs_task task;  /* of a scan */
    struct api *api;
    struct http_exchange *exchange;
    struct api_entry *entry;
    const struct service *service; /* as the client speaks to it */
    struct op_call op;
    struct json input;
    struct buf body;
    struct json_writer out;
    struct str request_id;
    struct api_wait wait;
};

struct str api_request_id(struct arena *arena)
{
    char *at = arena_bytes(arena, UUID_TEXT_BYTES);
    uuid_random(at);
    return str_of(at, UUID_TEXT_BYTES);
}

struct str api_content_type(const struct service *service)
{
    if (!service)
        return STR("application/json");
    if (service->protocol == PROTOCOL_QUERY)
        return STR("text/xml");
    if (service->protocol == PROTOCOL_CBOR)
        return STR("application/cbor");
    return str_eq(service->json_version, STR("1.0")) ? STR("application/x-amz-json-1.0")
                                                     : STR("application/x-amz-json-1.1");
}

/* ---- answers ---- */

static void answer(struct http_exchange *exchange, const struct service *service, int status,
                   struct str request_id, struct str error_name, struct str query_error, struct buf *body)
{
    struct http_header headers[5];
    size_t count = 0;
    char crc[16];
    bool cbor = service && service->protocol == PROTOCOL_CBOR;
    headers[count++] = (struct http_header){ STR("x-amzn-RequestId"), request_id };
    if (!cbor || body->len)
        headers[count++] = (struct http_header){ STR("Content-Type"), api_content_type(service) };
    if (cbor) /* says the error's name in the body alone */
        headers[count++] = (struct http_header){ STR("Smithy-Protocol"), STR("rpc-v2-cbor") };
    else if (!str_empty(error_name))
        headers[count++] = (struct http_header){ STR("x-amzn-ErrorType"), error_name };
    if (!str_empty(query_error)) /* what clients of the query protocol know the error as */
        headers[count++] = (struct http_header){ STR("x-amzn-query-error"), query_error };
    if (service && strcmp(service->name, "dynamodb") == 0) {
        /* Clients of DynamoDB check it. */
        int length = snprintf(crc, sizeof(crc), "%lu", (unsigned long)digest_crc32(0, buf_str(body)));
        headers[count++] = (struct http_header){ STR("x-amz-crc32"), str_of(crc, (size_t)length) };
    }
    http_answer(exchange, status, headers, count, body);
}

void api_answer_fault(struct http_exchange *exchange, const struct service *service, int status,
                      const struct fault *fault, struct str members, struct str request_id)
{
    struct api_error error = api_error_of(http_arena(exchange), service, fault->code);
    struct buf body;
    buf_init(&body, 0);
    api_error_write(service, &error, fault->text, members, request_id, &body);
    status = status ? status : error.status;
    struct str query_error = STR_EMPTY;
    if (service && service->as_query)
        query_error =
            arena_concat(http_arena(exchange), error.code, status < 500 ? STR(";Sender") : STR(";Receiver"));
    answer(exchange, service, status, request_id, error.name, query_error, &body);
    buf_fini(&body);
}

void api_answer_text(struct http_exchange *exchange, int status, struct str content_type, struct buf *body)
{
    struct http_header headers[] = { { STR("Content-Type"), content_type } };
    http_answer(exchange, status, headers, 1, body);
}

/* The answer's JSON as the client speaks. */
static void translate(struct call *call)
{
    const struct operation *operation = call->entry->operation;
    struct op_call *op = &call->op;
    struct json output = json_of_object(NULL, 0);
    enum err err = call->body.len
                       ? json_read(op->arena, arena_copy(op->arena, buf_str(&call->body)), 0, &output, NULL)
                       : ERR_OK;
    buf_clear(&call->body);
    if (err == ERR_OK && call->service->protocol == PROTOCOL_QUERY)
        api_query_write(call->service, operation, &output, call->request_id, &call->body);
    else if (err == ERR_OK && operation->output->member_count) /* one without output has no body */
        api_cbor_write(operation->output, &output, &call->body);
}

static void finish(struct call *call)
{
    struct api_entry *entry = call->entry;
    struct op_call *op = &call->op;
    if (op->fault.code == FAULT_NONE && call->body.err != ERR_OK)
        fault_set(&op->fault, op->arena, FAULT_INTERNAL, "The answer would have more than %d bytes.",
                  API_ANSWER_BYTES_MAX);
    if (op->fault.code != FAULT_NONE) {
        struct api_error error = api_error_of(op->arena, call->service, op->fault.code);
        atomic_fetch_add_explicit(error.status < 500 ? &entry->refused : &entry->failed, 1,
                                  memory_order_relaxed);
        buf_fini(&call->body);
        api_answer_fault(call->exchange, call->service, 0, &op->fault, op->fault_members, call->request_id);
        return;
    }
    atomic_fetch_add_explicit(&entry->succeeded, 1, memory_order_relaxed);
    if (call->service->protocol != PROTOCOL_JSON)
        translate(call);
    else if (call->body.len == 0 && entry->operation->output->member_count)
        buf_add(&call->body, STR("{}"));
    struct buf body = call->body; /* with the answer the call is gone: its arena is the exchange's */
    answer(call->exchange, call->service, 200, call->request_id, STR_EMPTY, STR_EMPTY, &body);
    buf_fini(&body);
}

/* ---- writes, on the writer's thread ---- */

bool api_call_run(struct op_call *op, op_run_f *run, struct work *work)
{
    op->work = work;
    op->reader = work->reader;
    op->now_ms = work->now_ms;
    run(op);
    op->work = NULL;
    op->reader = NULL;
    return op->fault.code == FAULT_NONE;
}

void api_call_uncommitted(struct op_call *op, enum err committed)
{
    fault_set(&op->fault, op->arena, FAULT_UNAVAILABLE, "%s Nothing was written.",
              committed == ERR_NOSPACE ? "There is no room left on the server's disk."
                                       : "The server is stopping.");
}

static bool write_run(struct command *command, struct work *work)
{
    struct call *call = (struct call *)command;
    struct op_call *op = &call->op;
    op->wait_for = STR_EMPTY;
    api_wait_end(call->api, &call->wait);
    if (op->client && http_gone(op->client) && call->wait.woken)
        api_wake(call->api, call->wait.topic); /* what it was woken for is for the next */
    if (op->wait_until_ms != 0 && call->api->draining)
        op->wait_until_ms = 1;
    return api_call_run(op, call->entry->operation->run, work) && call->body.err == ERR_OK;
}

/* ---- an answer that nobody got ---- */

static bool lost_run(struct command *command, struct work *work)
{
    struct call *call = (struct call *)command;
    return api_call_run(&call->op, call->op.lost, work);
}

static void lost_done(struct command *command, enum err committed)
{
    struct call *call = (struct call *)command;
    struct buf body;
    (void)committed;
    buf_init(&body, 0);
    api_answer_text(call->exchange, 200, api_content_type(call->service), &body);
    buf_fini(&body);
}

static bool lost(void *self)
{
    struct call *call = self;
    memset(&call->command, 0, sizeof(call->command));
    call->command.run = lost_run;
    call->command.done = lost_done;
    return writer_submit(call->api->rooms->writer, &call->command) == ERR_OK;
}

/* Whether the answer is not to be given: it is taken back at once, for nobody is there to read it. */
static bool answer_is_lost(struct call *call)
{
    struct op_call *op = &call->op;
    if (!op->lost || op->fault.code != FAULT_NONE)
        return false;
    if (http_gone(call->exchange) && lost(call)) {
        buf_fini(&call->body);
        return true;
    }
    http_on_lost(call->exchange, lost, call);
    return false;
}

static void write_done(struct command *command, enum err committed)
{
    struct call *call = (struct call *)command;
    struct op_call *op = &call->op;
    if (committed == ERR_OK && op->fault.code == FAULT_NONE && !str_empty(op->wait_for)) {
        api_wait_begin(call->api, &call->wait, op->wait_for, op->wait_until_ms);
        return;
    }
    if (op->stream && op->fault.code == FAULT_NONE) {
        if (committed == ERR_OK) {
            atomic_fetch_add_explicit(&call->entry->succeeded, 1, memory_order_relaxed);
            op->stream(op, call->request_id, ERR_OK); /* the exchange is no longer ours */
            return;
        }
        op->stream(op, call->request_id, committed);
    }
    if (committed != ERR_OK)
        api_wait_end(call->api, &call->wait); /* it was refused without having been run */
    else if (answer_is_lost(call))
        return;
    if (committed != ERR_OK)
        api_call_uncommitted(op, committed);
    finish(call);
}

/* ---- reads ---- */

bool api_read_body(struct arena *arena, struct str body, struct json *ret, struct fault *fault)
{
    struct json_error error;
    if (str_empty(body)) { /* of an operation without input, some clients send nothing */
        *ret = json_of_object(NULL, 0);
        return true;
    }
    if (json_read(arena, body, 0, ret, &error) == ERR_OK)
        return true;
    return fault_set(fault, arena, FAULT_SERIALIZATION, "%s at line %u, column %u", error.text, error.line,
                     error.column);
}

/* Some clients compress what is long (PutMetricData). */
static bool body_of(struct call *call, const struct http_request *request, struct str *ret)
{
    struct op_call *op = &call->op;
    struct str encoding = http_header_find(request, STR("Content-Encoding"));
    *ret = request->body;
    if (str_empty(encoding) || str_eq_ignore_case(encoding, STR("identity")))
        return true;
    if (!str_eq_ignore_case(encoding, STR("gzip")))
        return fault_set(&op->fault, op->arena, FAULT_SERIALIZATION,
                         "A body with Content-Encoding %.*s is not understood: gzip is.", STR_ARG(encoding));
    struct buf body;
    buf_init(&body, INFLATED_BYTES_MAX);
    enum err err = gzip_expand(&body, request->body);
    if (err == ERR_OK)
        *ret = arena_copy(op->arena, buf_str(&body));
    buf_fini(&body);
    return err == ERR_OK ||
           fault_set(&op->fault, op->arena, err == ERR_LIMIT ? FAULT_TOO_LARGE : FAULT_SERIALIZATION,
                     err == ERR_LIMIT ? "The body has more than %d bytes."
                                      : "The body is not compressed as gzip has it (%d bytes at most).",
                     INFLATED_BYTES_MAX);
}

static bool read_input(struct call *call, const struct http_request *request)
{
    struct op_call *op = &call->op;
    struct str body;
    struct json given;
    if (!body_of(call, request, &body))
        return false;
    if (call->service->protocol == PROTOCOL_QUERY) {
        if (!api_query_input(op->arena, str_empty(body) ? request->query : body,
                             call->entry->operation->input, &given))
            return fault_set(&op->fault, op->arena, FAULT_SERIALIZATION, "The form is not well encoded.");
    } else if (call->service->protocol == PROTOCOL_CBOR) {
        const char *why;
        if (!api_cbor_read(op->arena, call->entry->operation->input, body, &given, &why))
            return fault_set(&op->fault, op->arena, FAULT_SERIALIZATION,
                             "The body is not CBOR as it should be: %s.", why);
    } else if (!api_read_body(op->arena, body, &given, &op->fault)) {
        return false;
    }
    return shape_check(call->api->checker, call->entry->operation->input, &given, SHAPE_WIRE,
                       api_dialect_of(call->service), op->arena, &call->input, &op->fault);
}

static void read_run(struct call *call)
{
    struct store_reader *snapshot = store_snapshot(call->api->rooms->store);
    call->op.reader = snapshot;
    call->entry->operation->run(&call->op);
    call->op.reader = NULL;
    store_snapshot_release(&snapshot);
    finish(call);
}

/* ---- scans, on a thread of the scanner ---- */

static struct call *call_of_task(struct logs_task *task)
{
    return (struct call *)((char *)task - offsetof(struct call, task));
}

static void scan_run(struct logs_task *task)
{
    read_run(call_of_task(task));
}

static void scan_dropped(struct logs_task *task)
{
    struct call *call = call_of_task(task);
    fault_set(&call->op.fault, call->op.arena, FAULT_UNAVAILABLE, "The server is stopping.");
    finish(call);
}

static void scan_submit(struct call *call)
{
    call->task = (struct logs_task){ .urgent = true, .run = scan_run, .dropped = scan_dropped };
    enum err err = logs_scanner_submit(call->api->rooms->scanner, &call->task);
    if (err == ERR_OK)
        return;
    fault_set(&call->op.fault, call->op.arena, FAULT_UNAVAILABLE,
              err == ERR_LIMIT ? "Too many searches are waiting. Please try again."
                               : "The server is stopping.");
    finish(call);
}

/* ---- start, on the loop's thread ---- */

void api_call_start(struct api *api, struct http_exchange *exchange, const struct service *service,
                    struct api_entry *entry, struct ns ns, struct str principal)
{
    struct arena *arena = http_arena(exchange);
    struct call *call = ARENA_NEW(arena, struct call);
    const struct operation *operation = entry->operation;
    call->api = api;
    call->exchange = exchange;
    call->entry = entry;
    call->service = service;
    call->request_id = api_request_id(arena);
    buf_init(&call->body, API_ANSWER_BYTES_MAX);
    json_writer_init(&call->out, &call->body);
    call->op = (struct op_call){
        .rooms = api->rooms,
        .operation = operation,
        .ns = ns,
        .principal = principal,
        .arena = arena,
        .input = &call->input,
        .out = &call->out,
        .now_ms = clock_now_ms(),
        .client = exchange,
        .can_wait = true,
    };
    call->wait.command = &call->command;
    call->wait.exchange = exchange;
    if (!read_input(call, http_request_of(exchange))) {
        finish(call);
        return;
    }
    if (operation->prepare)
        operation->prepare(&call->op);
    if (call->op.fault.code != FAULT_NONE || call->op.answered) {
        finish(call);
        return;
    }
    if (operation->kind == OP_READ || (operation->kind == OP_SCAN && !api->rooms->scanner)) {
        read_run(call);
        return;
    }
    if (operation->kind == OP_SCAN) {
        scan_submit(call);
        return;
    }
    call->command.run = write_run;
    call->command.done = write_done;
    enum err err = writer_submit(api->rooms->writer, &call->command);
    if (err != ERR_OK) {
        fault_set(&call->op.fault, arena, FAULT_UNAVAILABLE,
                  err == ERR_AGAIN ? "Too many writes are waiting. Please try again."
                                   : "The server is stopping.");
        finish(call);
    }
}
