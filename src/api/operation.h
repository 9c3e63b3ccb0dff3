/* operation.h - the operation table, and what a handler gets.
 *
 * One row per API operation: service, name, shapes (generated from the public service models),
 * handler. The dispatcher, the validation before the handler, internal calls by workflows and
 * the coverage page all come from the table. Adding an operation: write the handler in
 * api_<service>.c, name it in ops/<service>.json, run src/api/ops/generate.py, add a test.
 */
#ifndef API_OPERATION_H
#define API_OPERATION_H

#include "base/fault.h"
#include "base/ns.h"
#include "json/json.h"
#include "store/writer.h"

struct bus;
struct logs;
struct logs_tail;
struct logs_exporter;
struct metrics;
struct flow;
struct tables;
struct queries;
struct deliver;
struct logs_scanner;
struct activity;
struct op_call;

/* What handlers may reach. Filled in main.c. */
struct rooms {
    struct store *store;
    struct writer *writer;
    struct deliver *deliver;
    struct bus *bus;
    struct logs *logs;
    struct logs_tail *tail;
    struct logs_exporter *exporter;
    struct metrics *metrics;
    struct flow *flow;
    struct tables *tables;
    struct queries *queries;
    struct activity *activity;
    struct logs_scanner *scanner; /* the threads of OP_SCAN; NULL: they run where reads do */
};

struct operation;
struct http_exchange;
typedef void op_run_f(struct op_call *call);

/* One call, of a client or of a workflow's task. Lives until it is answered. */
struct op_call {
    const struct rooms *rooms;
    const struct operation *operation;
    struct ns ns;
    struct str principal;        /* access key id, for GetCallerIdentity and createdBy; may be empty */
    struct arena *arena;         /* of the call: input, fault texts, prepared values */
    const struct json *input;    /* an object that fits the operation's input shape */
    void *prepared;              /* what prepare made for run */
    bool answered;               /* set by prepare: the answer is written, run is not needed */
    struct json_writer *out;     /* the answer's body; whatever is in it is dropped when a fault is set */
    struct fault fault;          /* set by whoever refuses */
    struct str fault_members;    /* with a fault: more members of its body, `"Item":{...}`; empty: none */
    struct store_reader *reader; /* run of a read: a snapshot; of a write: the batch; in prepare: NULL */
    struct work *work;           /* run of a write; else NULL */
    int64_t now_ms;
    uint32_t hops;         /* of a call from inside: how many hops led here; of a client's: 0 */
    struct str caller_arn; /* of a call from inside: the execution; of a client's: empty */

    /* For run of a write. A call with can_wait may be put off: run sets wait_for (in call->arena) and, at the first
     * time, wait_until_ms; it is run again once api_wake names that topic or the time is over. Nothing is answered
     * until then. */
    struct http_exchange *client; /* NULL: from inside */
    bool can_wait;                /* a client can; from inside, who has asked for it by operation_begin_f */
    struct str wait_for;
    int64_t wait_until_ms; /* 0: it has not waited */
    /* What run hands out must not be lost with the client: called as a run of its own, later, when the answer could
     * not be handed over. NULL: an answer may be lost. */
    op_run_f *lost;
    void *lost_with;
    /* The answer is a stream: set by run when nothing can fail any more. Called in the answer's place once the batch is
     * durable, on the writer's thread: it answers call->client itself, with http_stream_begin. Or the batch was not
     * kept: then it takes back what run did, and the call is answered as any other. */
    void (*stream)(struct op_call *call, struct str request_id, enum err committed);
    void *stream_with;
};

/* Sets call->fault on failure. prepare runs on the connection's thread, touches no room's state:
 * it checks what the shape cannot say and builds what run needs. run: a read on the connection's thread, a scan
 * on one of the scanner's (from inside: on the caller's), a write on the writer's. A write whose run sets a fault is
 * rolled back whole. */
typedef void op_prepare_f(struct op_call *call);

enum op_kind {
    OP_REFUSED, /* the service has it, Crema does not: answered by its name with UnknownOperationException */
    OP_READ,
    OP_SCAN, /* a read that may take long: run on a thread for that, with a snapshot of its own */
    OP_WRITE,
};

struct shape; /* generated: members, types, limits; walked by api_shape.c */

struct operation {
    const char *service; /* "events", "logs", "states", "dynamodb", "sts", "crema" */
    const char *name;    /* "PutEvents" */
    enum op_kind kind;
    op_prepare_f *prepare; /* may be NULL */
    op_run_f *run;
    const struct shape *input, *output; /* NULL for refused ones */
    bool streams;                       /* a write whose answer is a stream: for clients only */
    uint32_t body_bytes_max;            /* 0: the service's default */
    const char *since;                  /* version of Crema that first had it */
};

/* Every handler is declared here through the generated list: op_<service>_<snake_name>. */

#endif
