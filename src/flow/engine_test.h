/* engine_test.h - a whole engine for tests: an ephemeral store, its writer, deliver, flow, and a target whose
 * answers the test gives. Calls run as commands on the writer's thread and are waited for.
 */
#ifndef FLOW_ENGINE_TEST_H
#define FLOW_ENGINE_TEST_H

#include <pthread.h>

#include "flow/flow.h"

enum { ENGINE_ANSWERS_MAX = 64 };

struct engine;
struct engine_wait;
struct engine_hooks {
    /* NULL, or what answers instead: by the delivery alone. */
    void (*answer)(struct engine *engine, struct work *work, const struct delivery *delivery,
                   struct delivery_result *ret);
    void (*committed)(struct engine *engine); /* NULL, or told of each commit, on the writer's thread */
    void *self;
};

struct engine {
    struct store *store;
    struct writer *writer;
    struct deliver *deliver;
    struct flow *flow;
    struct ns ns;
    int64_t offset_ms;
    pthread_mutex_t mutex;
    pthread_cond_t done;
    /* of the target */
    struct {
        struct str result, error, cause;
        enum delivery_stage stage;
        bool busy;                 /* it is to be tried again */
    } answers[ENGINE_ANSWERS_MAX]; /* in order; after the last: {} */
    size_t answer_count, answer_next;
    struct arena arena;
    struct str last_payload; /* of the last delivery; in arena */
    struct str last_token;   /* the string member named token, Token or TaskToken in it; empty: none */
    size_t deliveries;
    struct str forgotten;      /* a resource that is known no more */
    struct engine_wait *waits; /* tasks that wait for executions of Express machines */
    struct engine_hooks hooks;
};

void engine_open(struct engine *engine, const struct flow_settings *settings);
/* The same over a store in a folder. hooks may be NULL. */
void engine_open_at(struct engine *engine, const struct flow_settings *settings, const char *folder,
                    const struct engine_hooks *hooks);
void engine_close(struct engine *engine);
bool engine_task_known(void *self, struct str resource, struct str *ret_why);

/* On the writer's thread; what it answers is whether the command stays. */
typedef bool engine_call_f(struct engine *engine, struct work *work, void *self);
bool engine_call(struct engine *engine, engine_call_f *call, void *self);
/* Moves time on, and lets what is due happen. */
void engine_advance(struct engine *engine, int64_t ms);

/* The text of the fault when refused (in engine->arena), else empty. */
struct str engine_create(struct engine *engine, struct str name, struct str definition);
struct str engine_create_express(struct engine *engine, struct str name, struct str definition);
struct str engine_start(struct engine *engine, struct str machine, struct str name, struct str input,
                        struct str *ret_arn);
void engine_describe(struct engine *engine, struct str arn, struct arena *arena, struct flow_execution *ret);
struct json engine_history(struct engine *engine, struct str arn,
                           struct arena *arena); /* an array of events */

#endif
