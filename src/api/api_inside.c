#include "api/api_impl.h"

#include "io/clock.h"
#include "store/store.h"

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

static void run(struct api *api, struct api_entry *entry, struct op_call *op, struct work *work,
                const struct buf *body)
{
    const struct operation *operation = entry->operation;
    if (operation->prepare)
        operation->prepare(op);
    if (op->fault.code != FAULT_NONE || op->answered)
        return;
    op->reader = work->reader;
    if (operation->kind != OP_WRITE) {
        operation->run(op);
        return;
    }
    size_t mark = store_batch_mark(work->batch);
    op->work = work;
    operation->run(op);
    if (op->fault.code == FAULT_NONE && body->err == ERR_OK)
        return;
    store_batch_rollback(work->batch, mark);
    if (api->after_rollback)
        api->after_rollback(api->after_rollback_self);
}

static void set_output(struct op_call *op, const struct buf *body, enum operation_style style,
                       struct operation_answer *ret)
{
    ret->output = arena_copy(op->arena, body->len ? buf_str(body) : STR("{}"));
    if (style != OPERATION_SDK)
        return;
    struct json output;
    if (json_read(op->arena, ret->output, 0, &output, NULL) != ERR_OK)
        return; /* the writer wrote it: it is JSON */
    output = shape_to_sdk(op->operation->output, &output, op->arena);
    ret->output = json_text(op->arena, &output);
}

void api_inside_call(void *self, struct work *work, struct ns ns, struct str service, struct str operation,
                     struct str input, enum operation_style style, const struct operation_origin *origin,
                     struct operation_answer *ret)
{
    struct api *api = self;
    struct arena *arena = work->arena;
    struct api_entry *entry = entry_of(api, service, operation);
    *ret = (struct operation_answer){ .request_id = api_request_id(arena) };
    struct fault fault = { 0 };
    if (!entry) {
        fault_set(&fault, arena, FAULT_UNKNOWN_OPERATION, "Crema does not have the operation %.*s of %.*s.",
                  STR_ARG(operation), STR_ARG(service));
        struct api_error error = api_error_of(arena, service_find(service), fault.code);
        ret->error = error.name;
        ret->cause = fault.text;
        ret->status = error.status;
        return;
    }
    atomic_fetch_add_explicit(&entry->inside, 1, memory_order_relaxed);
    struct json given, clean;
    struct buf body;
    struct json_writer out;
    buf_init(&body, API_ANSWER_BYTES_MAX);
    json_writer_init(&out, &body);
    struct op_call op = {
        .rooms = api->rooms,
        .operation = entry->operation,
        .ns = ns,
        .arena = arena,
        .input = &clean,
        .out = &out,
        .now_ms = work->now_ms,
        .hops = origin->hops,
        .caller_arn = origin->arn,
    };
    if (api_read_body(arena, input, &given, &op.fault) &&
        shape_check(api->checker, entry->operation->input, &given,
                    style == OPERATION_SDK ? SHAPE_SDK : SHAPE_WIRE, api_dialect_of(entry->service), arena,
                    &clean, &op.fault))
        run(api, entry, &op, work, &body);
    if (op.fault.code == FAULT_NONE && body.err != ERR_OK)
        fault_set(&op.fault, arena, FAULT_INTERNAL, "The answer would have more than %d bytes.",
                  API_ANSWER_BYTES_MAX);
    if (op.fault.code == FAULT_NONE) {
        ret->ok = true;
        ret->status = 200;
        set_output(&op, &body, style, ret);
    } else {
        struct api_error error = api_error_of(arena, entry->service, op.fault.code);
        ret->error = error.name;
        ret->cause = op.fault.text;
        ret->status = error.status;
    }
    buf_fini(&body);
}
