#include "api/api_impl.h"

#include "api/api_query.h"
#include "io/clock.h"
#include "io/rand.h"

#include <assert.h>

enum {
    BODY_BYTES_UNKNOWN = 64 << 10, /* of a request that names no operation */
    BODY_BYTES_FORM = 1 << 20,
};

static const char page[] =
    "Crema " CREMA_VERSION "\n"
    "\n"
    "This is a server for the wire protocols of Amazon EventBridge, CloudWatch Logs and\n"
    "Step Functions, and a part of DynamoDB. Point an AWS SDK or the aws CLI at it:\n"
    "\n"
    "    AWS_ENDPOINT_URL=http://<this address> aws events list-event-buses\n"
    "\n"
    "GET /healthz   answers 200 while requests are served\n"
    "GET /metrics   counters, in Prometheus' text form\n";

/* ---- life ---- */

static void add_entries(struct api *api)
{
    size_t count = 0;
    for (size_t i = 0; i < services_count; i++)
        count += services[i].operation_count;
    api->entries = ARENA_ARRAY(&api->arena, struct api_entry, count);
    for (size_t i = 0; i < services_count; i++) {
        const struct service *service = &services[i];
        struct str prefix =
            service->protocol == PROTOCOL_JSON ? service->target_prefix : str_from(service->name);
        for (size_t j = 0; j < service->operation_count; j++) {
            struct api_entry *entry = &api->entries[api->entry_count++];
            entry->service = service;
            entry->operation = &service->operations[j];
            struct str target = arena_printf(&api->arena, "%.*s.%s", STR_ARG(prefix), entry->operation->name);
            map_put(&api->targets, target, entry);
        }
    }
}

struct api *api_new(const struct api_settings *settings, const struct rooms *rooms)
{
    struct arena arena = { 0 };
    struct api *api = ARENA_NEW(&arena, struct api);
    api->arena = arena;
    api->rooms = rooms;
    api->checker = shape_checker_new();
    api->account =
        arena_copy(&api->arena, str_empty(settings->account) ? STR("000000000000") : settings->account);
    api->region = arena_copy(&api->arena, str_empty(settings->region) ? STR("us-east-1") : settings->region);
    api->page_note = arena_copy(&api->arena, settings->page_note);
    api->key_count = settings->key_count;
    api->keys = ARENA_ARRAY(&api->arena, struct sigv4_key, settings->key_count + 1);
    for (size_t i = 0; i < settings->key_count; i++) {
        api->keys[i].id = arena_copy(&api->arena, settings->keys[i].id);
        api->keys[i].secret = arena_copy(&api->arena, settings->keys[i].secret);
        api->keys[i].account = arena_copy(&api->arena, settings->keys[i].account);
    }
    api->after_rollback = settings->after_rollback;
    api->after_rollback_self = settings->after_rollback_self;
    map_init(&api->targets, 0);
    map_init(&api->waits, rand_u64());
    add_entries(api);
    return api;
}

void api_free(struct api **api)
{
    if (!*api)
        return;
    shape_checker_free(&(*api)->checker);
    map_fini(&(*api)->targets);
    map_fini(&(*api)->waits);
    struct arena arena = (*api)->arena;
    *api = NULL;
    arena_fini(&arena);
}

void api_add_metrics(struct api *api, api_metrics_f *write, void *self)
{
    assert(api->metrics_count < API_METRICS_MAX);
    api->metrics[api->metrics_count].write = write;
    api->metrics[api->metrics_count++].self = self;
}

/* ---- find ---- */

struct api_entry *api_entry_find(const struct api *api, const struct service *service, struct str operation)
{
    const struct operation *found = service_operation(service, operation);
    if (!found)
        return NULL;
    for (size_t i = 0; i < api->entry_count; i++) { /* entries lie in the order of the services */
        if (api->entries[i].service == service)
            return &api->entries[i + (size_t)(found - service->operations)];
    }
    return NULL;
}

static const struct service *service_of_prefix(struct str target)
{
    struct str prefix, operation;
    str_cut(target, '.', &prefix, &operation);
    for (size_t i = 0; i < services_count; i++) {
        if (services[i].protocol == PROTOCOL_JSON && str_eq(services[i].target_prefix, prefix))
            return &services[i];
    }
    return NULL;
}

/* ---- Smithy's RPC v2: POST [...]/service/NAME/operation/NAME ---- */

/* What a request for something unknown is answered as. */
static const struct service cbor_unknown = { .name = "",
                                             .protocol = PROTOCOL_CBOR,
                                             .error_space = { "com.amazon.coral.service#", 25 } };

struct rpc {
    struct str protocol; /* of the header Smithy-Protocol */
    const struct service *service;
    struct api_entry *entry; /* NULL: there is none */
    struct str name, operation;
};

static struct str last_segment(struct str *path)
{
    size_t at = path->len;
    while (at > 0 && path->ptr[at - 1] != '/')
        at--;
    struct str segment = str_from_offset(*path, at);
    *path = str_slice(*path, 0, at ? at - 1 : 0);
    return segment;
}

/* False: it is none. The service's name may stand behind its name space: com.amazonaws.cloudwatch.NAME. */
static bool rpc_read(const struct api *api, const struct http_request *request, struct rpc *ret)
{
    struct str path = request->path;
    *ret = (struct rpc){ .protocol = http_header_find(request, STR("Smithy-Protocol")),
                         .service = &cbor_unknown };
    ret->operation = last_segment(&path);
    if (!ret->protocol.ptr || !str_eq(request->method, STR("POST")) ||
        !str_eq(last_segment(&path), STR("operation")))
        return false;
    ret->name = last_segment(&path);
    if (!str_eq(last_segment(&path), STR("service")))
        return false;
    for (size_t i = 0; i < services_count; i++) {
        struct str name = services[i].target_prefix;
        bool named = services[i].as_cbor &&
                     (str_eq(ret->name, name) ||
                      (str_ends(ret->name, name) && ret->name.ptr[ret->name.len - name.len - 1] == '.'));
        if (named) {
            ret->service = services[i].as_cbor;
            ret->entry = api_entry_find(api, &services[i], ret->operation);
        }
    }
    return true;
}

/* Of the version; *ret_base: as it stands in the table, with its entries. Without a version, the first that speaks
 * nothing else. */
static const struct service *service_of_query(struct str version, const struct service **ret_base)
{
    const struct service *found = NULL;
    for (size_t i = 0; i < services_count; i++) {
        const struct service *one =
            services[i].protocol == PROTOCOL_QUERY ? &services[i] : services[i].as_query;
        if (one && (!found || str_eq(one->api_version, version)) && (one == &services[i] || version.len)) {
            found = one;
            *ret_base = &services[i];
        }
    }
    return found;
}

enum shape_dialect api_dialect_of(const struct service *service)
{
    if (strcmp(service->name, "logs") == 0)
        return SHAPE_OF_LOGS;
    return strcmp(service->name, "dynamodb") == 0 ? SHAPE_OF_DYNAMODB : SHAPE_OF_MOST;
}

/* ---- who asks ---- */

static bool is_account(struct str text)
{
    if (text.len != 12)
        return false;
    for (size_t i = 0; i < 12; i++) {
        if (text.ptr[i] < '0' || text.ptr[i] > '9')
            return false;
    }
    return true;
}

/* A region is part of keys and ARNs: what does not look like one is not taken. */
static bool is_region(struct str text)
{
    if (str_empty(text) || text.len > 64)
        return false;
    for (size_t i = 0; i < text.len; i++) {
        char c = text.ptr[i];
        if (!((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-'))
            return false;
    }
    return true;
}

static const struct sigv4_key *key_find(const struct api *api, struct str id)
{
    for (size_t i = 0; i < api->key_count; i++) {
        if (str_eq(api->keys[i].id, id))
            return &api->keys[i];
    }
    return NULL;
}

bool api_identify(const struct api *api, const struct http_request *request, const struct service *service,
                  struct arena *arena, struct ns *ret_ns, struct str *ret_principal, struct fault *fault)
{
    struct sigv4 signature;
    if (!sigv4_read(request, arena, &signature, fault))
        return false;
    const struct sigv4_key *key = signature.present ? key_find(api, signature.key_id) : NULL;
    if (api->key_count) {
        if (!signature.present)
            return fault_set(fault, arena, FAULT_NOT_SIGNED, "Missing Authentication Token");
        if (!key)
            return fault_set(fault, arena, FAULT_KEY_UNKNOWN,
                             "The security token included in the request is invalid.");
        if (!sigv4_verify(request, &signature, key, service ? str_from(service->name) : STR_EMPTY,
                          clock_machine_ms(), arena, fault))
            return false;
    }
    *ret_principal = signature.key_id;
    *ret_ns = (struct ns){ api->account, api->region };
    if (key && !str_empty(key->account))
        ret_ns->account = key->account;
    else if (is_account(signature.key_id))
        ret_ns->account = signature.key_id;
    if (str_empty(signature.region))
        return true;
    if (!is_region(signature.region))
        return fault_set(fault, arena, FAULT_SIGNATURE_INCOMPLETE,
                         "Credential should be scoped to a valid region, not '%.*s'.",
                         STR_ARG(signature.region));
    ret_ns->region = signature.region;
    return true;
}

/* ---- requests ---- */

static void refuse(struct http_exchange *exchange, const struct service *service, int status,
                   enum fault_code code, struct str text)
{
    struct fault fault = { code, text };
    api_answer_fault(exchange, service, status, &fault, STR_EMPTY, api_request_id(http_arena(exchange)));
}

static void handle_operation(struct api *api, struct http_exchange *exchange, const struct service *service,
                             struct api_entry *entry, struct str asked)
{
    struct arena *arena = http_arena(exchange);
    struct fault fault = { 0 };
    struct ns ns;
    struct str principal;
    if (!api_identify(api, http_request_of(exchange), service, arena, &ns, &principal, &fault)) {
        if (entry)
            atomic_fetch_add_explicit(&entry->refused, 1, memory_order_relaxed);
        api_answer_fault(exchange, service, 0, &fault, STR_EMPTY, api_request_id(arena));
        return;
    }
    if (entry && entry->operation->kind != OP_REFUSED) {
        api_call_start(api, exchange, service, entry, ns, principal);
        return;
    }
    struct str text;
    if (entry) {
        atomic_fetch_add_explicit(&entry->refused, 1, memory_order_relaxed);
        text = arena_printf(arena, "Crema does not have the operation %s of %s.", entry->operation->name,
                            service->name);
    } else {
        atomic_fetch_add_explicit(&api->unknown, 1, memory_order_relaxed);
        if (str_empty(asked))
            text = STR("The request names no operation: it has no X-Amz-Target header and no Action.");
        else if (service)
            text = arena_printf(arena, "There is no operation %.*s.", STR_ARG(asked));
        else
            text =
                arena_printf(arena, "Crema does not have the service of the operation %.*s.", STR_ARG(asked));
    }
    refuse(exchange, service, 0, FAULT_UNKNOWN_OPERATION, text);
}

static void handle_query(struct api *api, struct http_exchange *exchange)
{
    struct arena *arena = http_arena(exchange);
    struct str form = api_query_form(http_request_of(exchange));
    const struct service *base = NULL, *service;
    struct str action = STR_EMPTY, version = STR_EMPTY;
    api_query_parameter(arena, form, STR("Action"), &action);
    api_query_parameter(arena, form, STR("Version"), &version);
    service = service_of_query(version, &base);
    struct api_entry *entry = NULL;
    if (str_empty(version) || str_eq(version, service->api_version))
        entry = api_entry_find(api, base, action);
    struct str asked = str_empty(version) || str_empty(action)
                           ? action
                           : arena_printf(arena, "%.*s (version %.*s)", STR_ARG(action), STR_ARG(version));
    handle_operation(api, exchange, service, entry, asked);
}

static void handle_rpc(struct api *api, struct http_exchange *exchange, const struct rpc *rpc)
{
    const struct http_request *request = http_request_of(exchange);
    struct arena *arena = http_arena(exchange);
    struct str type = http_header_find(request, STR("Content-Type"));
    if (!str_eq(rpc->protocol, STR("rpc-v2-cbor")))
        refuse(exchange, rpc->service, 0, FAULT_BAD_REQUEST,
               arena_printf(arena, "The protocol %.*s is not understood: rpc-v2-cbor is.",
                            STR_ARG(rpc->protocol)));
    else if (http_header_find(request, STR("X-Amz-Target")).ptr ||
             http_header_find(request, STR("X-Amzn-Target")).ptr)
        refuse(exchange, rpc->service, 0, FAULT_BAD_REQUEST,
               STR("A request of the protocol rpc-v2-cbor has no X-Amz-Target header."));
    else if (!str_empty(request->body) && !str_eq(type, STR("application/cbor")))
        refuse(exchange, rpc->service, 0, FAULT_BAD_REQUEST,
               STR("The body of a request of the protocol rpc-v2-cbor is application/cbor."));
    else
        handle_operation(
            api, exchange, rpc->service, rpc->entry,
            arena_printf(arena, "%.*s of %.*s (rpc-v2-cbor)", STR_ARG(rpc->operation), STR_ARG(rpc->name)));
}

static void handle_post(struct api *api, struct http_exchange *exchange)
{
    const struct http_request *request = http_request_of(exchange);
    struct str target = http_header_find(request, STR("X-Amz-Target"));
    if (target.ptr) {
        struct api_entry *entry = map_get(&api->targets, target);
        if (entry && entry->service->protocol != PROTOCOL_JSON)
            entry = NULL;
        handle_operation(api, exchange, entry ? entry->service : service_of_prefix(target), entry, target);
        return;
    }
    struct str type = http_header_find(request, STR("Content-Type"));
    if (str_starts(type, STR("application/x-www-form-urlencoded")))
        handle_query(api, exchange);
    else
        handle_operation(api, exchange, NULL, NULL, STR_EMPTY);
}

static void handle_get(struct api *api, struct http_exchange *exchange)
{
    const struct http_request *request = http_request_of(exchange);
    struct str text = STR("text/plain; charset=utf-8");
    struct str action;
    struct buf body;
    buf_init(&body, API_ANSWER_BYTES_MAX);
    if (str_eq(request->path, STR("/healthz"))) {
        buf_add(&body, STR("ok\n"));
        api_answer_text(exchange, 200, text, &body);
    } else if (str_eq(request->path, STR("/metrics"))) {
        api_metrics_write(api, &body);
        api_answer_text(exchange, 200, STR("text/plain; version=0.0.4; charset=utf-8"), &body);
    } else if (str_eq(request->path, STR("/")) &&
               api_query_parameter(http_arena(exchange), request->query, STR("Action"), &action)) {
        handle_query(api, exchange);
    } else if (str_eq(request->path, STR("/"))) {
        buf_add(&body, str_of(page, sizeof(page) - 1));
        buf_add(&body, api->page_note);
        api_answer_text(exchange, 200, text, &body);
    } else {
        refuse(exchange, NULL, 404, FAULT_UNKNOWN_OPERATION,
               arena_printf(http_arena(exchange), "Crema has nothing at %.*s.", STR_ARG(request->path)));
    }
    buf_fini(&body);
}

static void handle(void *self, struct http_exchange *exchange)
{
    struct api *api = self;
    const struct http_request *request = http_request_of(exchange);
    bool root = str_empty(request->path) || str_eq(request->path, STR("/"));
    struct rpc rpc;
    if (str_eq(request->method, STR("POST")) && root) {
        handle_post(api, exchange);
    } else if (rpc_read(api, request, &rpc)) {
        handle_rpc(api, exchange, &rpc);
    } else if (str_eq(request->method, STR("GET")) || str_eq(request->method, STR("HEAD"))) {
        handle_get(api, exchange);
    } else {
        atomic_fetch_add_explicit(&api->unknown, 1, memory_order_relaxed);
        refuse(exchange, NULL, root ? 405 : 404, FAULT_UNKNOWN_OPERATION,
               arena_printf(http_arena(exchange), "Crema has no operation at %.*s %.*s.",
                            STR_ARG(request->method), STR_ARG(request->path)));
    }
}

static size_t body_max(void *self, const struct http_request *head)
{
    struct api *api = self;
    struct rpc rpc;
    struct str target = http_header_find(head, STR("X-Amz-Target"));
    const struct api_entry *entry = target.ptr                  ? map_get(&api->targets, target)
                                    : rpc_read(api, head, &rpc) ? rpc.entry
                                                                : NULL;
    if (!target.ptr &&
        str_starts(http_header_find(head, STR("Content-Type")), STR("application/x-www-form-urlencoded")))
        return BODY_BYTES_FORM; /* it says inside what it asks for */
    if (!entry)
        return BODY_BYTES_UNKNOWN;
    uint32_t of_operation = entry->operation->body_bytes_max;
    return of_operation ? of_operation : entry->service->body_bytes_max;
}

static enum fault_code code_of_status(int status)
{
    switch (status) {
    case 413:
        return FAULT_TOO_LARGE;
    case 500:
        return FAULT_INTERNAL;
    case 503:
        return FAULT_UNAVAILABLE;
    default:
        return FAULT_BAD_REQUEST;
    }
}

/* What the http server refuses by itself reads as the API's errors do. */
static void refuse_http(void *self, const struct http_request *head, int status, const char *why,
                        struct str *content_type, struct buf *body)
{
    struct api *api = self;
    struct str target = head ? http_header_find(head, STR("X-Amz-Target")) : STR_EMPTY;
    struct api_entry *entry = target.ptr ? map_get(&api->targets, target) : NULL;
    const struct service *service = entry ? entry->service : service_of_prefix(target);
    struct rpc rpc;
    if (head && !target.ptr && rpc_read(api, head, &rpc)) {
        entry = rpc.entry;
        service = rpc.service;
    }
    struct arena arena = { 0 };
    struct api_error error = api_error_of(&arena, service, code_of_status(status));
    *content_type = api_content_type(service);
    api_error_write(service, &error, str_from(why), STR_EMPTY, api_request_id(&arena), body);
    if (entry)
        atomic_fetch_add_explicit(&entry->refused, 1, memory_order_relaxed);
    arena_fini(&arena);
}

struct http_handler api_http_handler(struct api *api)
{
    return (
        struct http_handler){ .self = api, .handle = handle, .body_max = body_max, .refuse = refuse_http };
}

struct operation_caller api_operation_caller(struct api *api)
{
    return (struct operation_caller){
        .self = api, .call = api_inside_call, .begin = api_inside_begin, .exists = api_inside_exists
    };
}
