/* api_server.h - the AWS wire front end: takes requests of the http server, finds the operation, checks
 * signature and shape, runs the handler, answers.
 *
 *     POST /          X-Amz-Target: AWSEvents.PutEvents, or a form with Action=GetCallerIdentity
 *     POST [...]/service/GraniteServiceVersion20100801/operation/GetMetricData   in CBOR (Smithy's RPC v2)
 *     GET  /          what this is
 *     GET  /healthz   200 once requests are served
 *     GET  /metrics   counters, in Prometheus' text form
 *
 * Truths:  1. Whatever comes is answered in the service's own form; nothing that Crema does not have is
 *             answered as if it had been done.
 *          2. A handler sees only input that fits its shape.
 *          3. A write is answered after the batch that holds it is durable, or refused and rolled back.
 * Threads: the handler of http on the loops; writes run on the writer's thread, and are answered from there.
 */
#ifndef API_API_SERVER_H
#define API_API_SERVER_H

#include "api/api_sigv4.h"
#include "api/operation.h"
#include "io/http.h"
#include "target/operation_caller.h"

struct api;

struct api_settings {
    /* With any, every request must be signed with one of them. Texts are copied. */
    const struct sigv4_key *keys;
    size_t key_count;
    struct str account; /* of a key that names none; empty: 000000000000 */
    struct str region;  /* of a request that names none; empty: us-east-1 */
    /* Called after what an operation from inside has written was rolled back while the command goes on: rooms
     * forget what they cached from the batch. May be NULL. */
    void (*after_rollback)(void *self);
    void *after_rollback_self;
    struct str page_note; /* more of what GET / says */
};

/* rooms: borrowed; may be filled until the first request. */
struct api *api_new(const struct api_settings *settings, const struct rooms *rooms);
/* After the http server and the writer were closed. Accepts NULL. */
void api_free(struct api **api);

/* For http_server_open. */
struct http_handler api_http_handler(struct api *api);
/* For the target that calls operations from inside. */
struct operation_caller api_operation_caller(struct api *api);

/* On the writer's thread: something that calls may wait for has happened; one of them is run again. */
void api_wake(void *api, struct str topic);
/* Before the http server stops: calls that wait are answered with what there is. Any thread. */
void api_drain(struct api *api);

/* Further lines for GET /metrics: whole ones, in Prometheus' text form. Before serving;
 * at most API_METRICS_MAX. */
enum { API_METRICS_MAX = 16 };
typedef void api_metrics_f(void *self, struct buf *out);
void api_add_metrics(struct api *api, api_metrics_f *write, void *self);

#endif
