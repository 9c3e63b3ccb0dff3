/* api_impl.h - between the files of the front end: what an api is made of. */
#ifndef API_API_IMPL_H
#define API_API_IMPL_H

#include "api/api_error.h"
#include "api/api_server.h"
#include "api/api_shape.h"
#include "api/service.h"
#include "base/map.h"

#include <stdatomic.h>

enum { API_ANSWER_BYTES_MAX = 32 << 20 };

/* An operation and how often it was asked for. */
struct api_entry {
    const struct service *service;
    const struct operation *operation;
    atomic_uint_fast64_t succeeded, refused, failed; /* refused: 4xx; failed: 5xx */
    atomic_uint_fast64_t inside;                     /* calls from inside, of any outcome */
};

struct api {
    struct arena arena; /* holds all of it, this struct too */
    const struct rooms *rooms;
    struct shape_checker *checker;
    struct map targets; /* "AWSEvents.PutEvents" and, for the query protocol, "sts.GetCallerIdentity" */
    struct api_entry *entries;
    size_t entry_count;
    struct sigv4_key *keys;
    size_t key_count;
    struct str account, region, page_note;
    void (*after_rollback)(void *self);
    void *after_rollback_self;
    atomic_uint_fast64_t unknown; /* requests that name no operation of the table */
    struct {
        api_metrics_f *write;
        void *self;
    } metrics[API_METRICS_MAX];
    size_t metrics_count;
    struct map waits; /* calls that wait, by topic; the writer's thread */
    bool draining;    /* nobody waits any more; the writer's thread */
    struct command drain;
};

/* NULL when there is none. service: as the table names it. */
struct api_entry *api_entry_find(const struct api *api, const struct service *service, struct str operation);

/* Who asks, from the request's signature; verified where keys are configured. ns and principal live in the
 * arena. service: whose operation is asked for, NULL when unknown. */
bool api_identify(const struct api *api, const struct http_request *request, const struct service *service,
                  struct arena *arena, struct ns *ret_ns, struct str *ret_principal, struct fault *fault);

enum shape_dialect api_dialect_of(const struct service *service);
/* The message of a read error of a body, as a fault. */
bool api_read_body(struct arena *arena, struct str body, struct json *ret, struct fault *fault);

/* ---- api_call.c ---- */

/* Runs the operation for the exchange and answers it, now or after the commit. service: the entry's, as the client
 * speaks to it. */
void api_call_start(struct api *api, struct http_exchange *exchange, const struct service *service,
                    struct api_entry *entry, struct ns ns, struct str principal);
/* Answers with a fault. service may be NULL. status 0: the fault's own. */
void api_answer_fault(struct http_exchange *exchange, const struct service *service, int status,
                      const struct fault *fault, struct str members, struct str request_id);
/* Runs the handler in the command at hand. Whether what it has written stays. */
bool api_call_run(struct op_call *op, op_run_f *run, struct work *work);
/* Nothing of the call was kept, for the reason that the commit gave. */
void api_call_uncommitted(struct op_call *op, enum err committed);
/* Text that is no API's answer. */
void api_answer_text(struct http_exchange *exchange, int status, struct str content_type, struct buf *body);
struct str api_content_type(const struct service *service);
/* A new id of a request. */
struct str api_request_id(struct arena *arena);

/* ---- api_wait.c: all on the writer's thread ---- */

/* Part of a call: its place among those that wait. */
struct api_wait {
    struct api_wait *next, *previous;
    struct str topic;
    struct command *command;        /* run when it is woken, or its time is over */
    struct http_exchange *exchange; /* NULL: of a call from inside */
    bool waits, woken;
};

/* topic must live as long as it waits. Its time is over at once while the server stops. */
void api_wait_begin(struct api *api, struct api_wait *wait, struct str topic, int64_t until_ms);
void api_wait_end(struct api *api, struct api_wait *wait); /* its time was over: it need not wait any more */

/* ---- api_inside.c, api_metrics.c ---- */

operation_call_f api_inside_call;
operation_begin_f api_inside_begin;
operation_exists_f api_inside_exists;
void api_metrics_write(const struct api *api, struct buf *out);

#endif
