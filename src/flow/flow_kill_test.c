/* Random workflows with random outcomes of their tasks, from a seed: each runs once in one piece, and once in a process
 * that dies at commits and is started again. Some are stopped at some second; what did not succeed is redriven, a few
 * times. Both must end alike, with the same history but for its times. And one that waits for an execution in memory,
 * which dies at each of its commits in turn.
 *
 * CREMA_FLOW_SEEDS: how many (60); CREMA_FLOW_SEED: the first (1). */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <setjmp.h>
#include <cmocka.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "flow/engine_test.h"
#include "io/clock.h"
#include "store/key.h"

enum {
    STEPS_MAX = 60, /* seconds until a workflow that still runs is compared as it is */
    REDRIVES_MAX = 3,
    SCOPES_MAX = 8, /* one within another */
    DEATHS_MAX = 4,
    OUTCOME_BYTES_MAX = 8 << 20,
    BORN_MS = 1700000000,
};

/* ---- chance ---- */

static uint64_t mix(uint64_t x)
{
    x += 0x9e3779b97f4a7c15u;
    x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9u;
    x = (x ^ (x >> 27)) * 0x94d049bb133111ebu;
    return x ^ (x >> 31);
}

struct chance {
    uint64_t state;
};

static uint32_t pick(struct chance *chance, uint32_t count)
{
    chance->state = mix(chance->state);
    return (uint32_t)(chance->state % count);
}

/* ---- a definition ---- */

struct writing {
    struct buf out;
    struct chance chance;
    unsigned names;                 /* given so far */
    unsigned variables[SCOPES_MAX]; /* of the scope of that depth: x<number>, a number; 0: none */
};

static void write_scope(struct writing *w, unsigned depth);

static void write_errors(struct writing *w, unsigned rescue)
{
    if (pick(&w->chance, 2))
        buf_printf(&w->out,
                   ",\"Retry\":[{\"ErrorEquals\":[\"%s\"],\"IntervalSeconds\":%u,\"MaxAttempts\":%u,"
                   "\"BackoffRate\":1.5}]",
                   pick(&w->chance, 2) ? "E1" : "States.ALL", 1 + pick(&w->chance, 2), pick(&w->chance, 3));
    if (pick(&w->chance, 2))
        buf_printf(&w->out,
                   ",\"Catch\":[{\"ErrorEquals\":[\"States.ALL\"],\"ResultPath\":\"$.e\",\"Next\":\"S%u\"}]",
                   rescue);
}

static void write_map(struct writing *w, unsigned depth, bool run)
{
    static const char *const lists[] = { "[]", "[1]", "[1,2]", "[1,2,3,4]", "[1,2,3,4,5,6,7]" };
    buf_printf(
        &w->out,
        "\"Type\":\"Map\",\"ItemsPath\":\"$.l\",\"MaxConcurrency\":%u,\"ItemSelector\":{\"l\":%s,\"k.$\":"
        "\"$$.Map.Item.Index\",\"v.$\":\"$$.Map.Item.Value\"},\"ItemProcessor\":",
        pick(&w->chance, 4), lists[pick(&w->chance, run ? 3 : 4)]);
    size_t start = w->out.len;
    write_scope(w, depth + 1);
    (void)start;
    if (!run)
        return;
    w->out.len--; /* the scope's closing brace */
    buf_printf(&w->out, ",\"ProcessorConfig\":{\"Mode\":\"DISTRIBUTED\",\"ExecutionType\":\"STANDARD\"}}");
    if (pick(&w->chance, 2))
        buf_printf(&w->out, ",\"ToleratedFailureCount\":%u", pick(&w->chance, 3));
}

static void write_parallel(struct writing *w, unsigned depth)
{
    unsigned count = 1 + pick(&w->chance, 3);
    buf_printf(&w->out, "\"Type\":\"Parallel\",\"Branches\":[");
    for (unsigned i = 0; i < count; i++) {
        buf_add(&w->out, i ? STR(",") : STR(""));
        write_scope(w, depth + 1);
    }
    buf_add(&w->out, STR("]"));
}

/* One of a chain: named S<name>, goes on to S<next>; the last of the scope, S<rescue>, ends it. */
static void write_state(struct writing *w, unsigned name, unsigned next, unsigned rescue, unsigned depth)
{
    unsigned kind = pick(&w->chance, depth < 3 ? 12 : 8);
    buf_printf(&w->out, "\"S%u\":{", name);
    if (kind < 4) {
        buf_printf(&w->out,
                   "\"Type\":\"Task\",\"Resource\":\"arn:aws:states:::dynamodb:putItem\",\"Parameters\":{"
                   "\"s\":%u,\"k.$\":"
                   "\"$.k\",\"try.$\":\"$$.State.RetryCount\",\"n.$\":\"$$.Execution.RedriveCount\"",
                   name);
        for (unsigned i = 0; i <= depth; i++) {
            if (w->variables[i] != 0)
                buf_printf(&w->out, ",\"x%u.$\":\"$x%u\"", w->variables[i], w->variables[i]);
        }
        buf_printf(&w->out, "},\"ResultPath\":\"$.r%u\"%s", name % 3,
                   pick(&w->chance, 4) ? "" : ",\"TimeoutSeconds\":2");
        if (w->variables[depth] != 0 && pick(&w->chance, 2))
            buf_printf(&w->out, ",\"Assign\":{\"x%u.$\":\"States.MathAdd($x%u, 1)\"}", w->variables[depth],
                       w->variables[depth]);
        write_errors(w, rescue);
    } else if (kind == 4) {
        buf_printf(&w->out, "\"Type\":\"Pass\",\"Result\":{\"p\":%u},\"ResultPath\":\"$.r%u\"", name,
                   name % 3);
    } else if (kind < 7) {
        buf_printf(&w->out, "\"Type\":\"Wait\",\"Seconds\":%u", pick(&w->chance, 4));
    } else if (kind == 7) {
        buf_printf(
            &w->out,
            "\"Type\":\"Choice\",\"Choices\":[{\"Variable\":\"$.r%u\",\"IsPresent\":true,\"Next\":\"S%u\"}],"
            "\"Default\":\"S%u\"},",
            pick(&w->chance, 3), rescue, next);
        return;
    } else {
        if (kind == 8)
            write_parallel(w, depth);
        else
            write_map(w, depth, kind == 11 && depth < 2);
        buf_printf(&w->out, ",\"ResultPath\":\"$.r%u\"", name % 3);
        write_errors(w, rescue);
    }
    buf_printf(&w->out, ",\"Next\":\"S%u\"},", next);
}

static void write_scope(struct writing *w, unsigned depth)
{
    unsigned count = 1 + pick(&w->chance, depth == 0 ? 4 : 2), first = w->names;
    w->names += count + 1; /* the last one is the rescue */
    unsigned rescue = first + count;
    if (pick(&w->chance, 2)) {
        w->variables[depth] = w->names++;
        buf_printf(
            &w->out,
            "{\"StartAt\":\"S%u\",\"States\":{\"S%u\":{\"Type\":\"Pass\",\"Assign\":{\"x%u.$\":\"$.k\"},"
            "\"Next\":\"S%u\"},",
            w->variables[depth], w->variables[depth], w->variables[depth], first);
    } else {
        w->variables[depth] = 0;
        buf_printf(&w->out, "{\"StartAt\":\"S%u\",\"States\":{", first);
    }
    for (unsigned i = 0; i < count; i++)
        write_state(w, first + i, first + i + 1, rescue, depth);
    if (depth > 0 && pick(&w->chance, 10) == 0)
        buf_printf(&w->out, "\"S%u\":{\"Type\":\"Fail\",\"Error\":\"E%u\",\"Cause\":\"c\"}}}", rescue,
                   pick(&w->chance, 2));
    else
        buf_printf(&w->out, "\"S%u\":{\"Type\":\"Succeed\"}}}", rescue);
}

/* ---- a life ---- */

struct life {
    uint32_t step;             /* seconds that have passed for the workflow */
    _Atomic(uint32_t) commits; /* counted by the writer's thread */
    uint32_t dies_at;          /* 0: never */
    _Atomic(uint32_t) total;   /* commits of all lives */
    uint64_t seed;
    const char *express;     /* definition of the Express machine X; NULL: there is none */
    _Atomic(uint32_t) tasks; /* carried out in all lives */
    uint32_t stop_at;        /* second; 0: it is not stopped */
    uint32_t redrives;
    size_t len;
    char outcome[OUTCOME_BYTES_MAX];
};

/* By the task's parameters alone, which say the state, the item and the attempt. Something is written, so that there is
 * a commit. */
static void answer(struct engine *engine, struct work *work, const struct delivery *delivery,
                   struct delivery_result *ret)
{
    struct life *life = engine->hooks.self;
    static const char *const results[] = { "{\"v\":0}", "1", "{\"l\":[9]}", "\"text\"" };
    uint64_t chance = life->seed;
    struct key key;
    life->tasks++;
    key_begin(&key, KEY_META, work->partition, 'T');
    store_put(work->batch, key_str(&key), delivery->payload);
    for (size_t i = 0; i < delivery->payload.len; i++)
        chance = mix(chance ^ (unsigned char)delivery->payload.ptr[i]);
    if (chance % 100 < 15) {
        ret->outcome = OUTCOME_REJECTED;
        ret->error = chance & 256 ? STR("E1") : STR("E2");
        ret->cause = STR("by chance");
        return;
    }
    ret->outcome = OUTCOME_DELIVERED;
    ret->result = str_from(results[chance / 1000 % 4]);
}

static void committed(struct engine *engine)
{
    struct life *life = engine->hooks.self;
    life->total++;
    if (++life->commits == life->dies_at)
        _exit(9);
}

/* Until nothing is due any more. A call is answered before its commit is told of: the one after it has seen that. What
 * a child in memory does, and what it tells, are groups without a commit between them. */
static void drain(struct engine *engine, struct life *life)
{
    uint32_t before;
    do {
        before = life->commits;
        for (int i = 0; i < 4; i++)
            engine_call(engine, NULL, NULL);
    } while (life->commits != before);
}

static void tell(struct life *life, struct str text)
{
    assert_true(life->len + text.len + 1 < OUTCOME_BYTES_MAX);
    if (text.len > 0)
        memcpy(life->outcome + life->len, text.ptr, text.len);
    life->len += text.len;
    life->outcome[life->len++] = '\n';
}

static bool stop_run(struct engine *engine, struct work *work, void *self)
{
    struct fault fault = { 0 };
    int64_t ms;
    return flow_stop(engine->flow, work, engine->ns, *(struct str *)self, STR("Stopped"), STR_EMPTY, &ms,
                     &fault);
}

struct redriving {
    struct str arn;
    uint32_t redrives; /* before */
};

static bool redrive_run(struct engine *engine, struct work *work, void *self)
{
    struct redriving *redriving = self;
    struct fault fault = { 0 };
    int64_t ms;
    struct str token = arena_printf(work->arena, "%u", redriving->redrives);
    bool redriven = flow_redrive(engine->flow, work, engine->ns, redriving->arn, token, &ms, &fault);
    if (!redriven)
        print_error("%.*s\n", STR_ARG(fault.text));
    assert_true(redriven);
    return redriven;
}

static void live(struct life *life, const char *folder, struct str definition)
{
    static struct engine engine;
    struct arena arena = { 0 };
    struct str arn = STR("arn:aws:states:us-east-1:000000000000:execution:M:one"), started;
    struct flow_execution execution;
    clock_virtual_begin((int64_t)BORN_MS * 1000 + (int64_t)life->step * 1000, true);
    life->commits = 0;
    life->len = 0;
    engine_open_at(&engine, &(struct flow_settings){ .transitions_max = 5 }, folder,
                   &(struct engine_hooks){ .answer = answer, .committed = committed, .self = life });
    struct str fault = STR_EMPTY;
    if (life->express)
        fault = engine_create_express(&engine, STR("X"), str_from(life->express));
    assert_true(str_empty(fault));
    fault = engine_create(&engine, STR("M"), definition);
    if (!str_empty(fault))
        print_error("seed %llu: %.*s\n%.*s\n", (unsigned long long)life->seed, STR_ARG(fault),
                    STR_ARG(definition));
    assert_true(str_empty(fault));
    (void)engine_start(&engine, STR("M"), STR("one"), STR("{\"l\":[1,2,3],\"k\":7}"), &started); /* once */
    for (;;) {
        drain(&engine, life);
        engine_describe(&engine, arn, &arena, &execution);
        if (life->step == STEPS_MAX)
            break;
        if (execution.running && life->step == life->stop_at && execution.redrives == 0) {
            engine_call(&engine, stop_run, &arn);
            continue;
        }
        if (!execution.running) {
            if (execution.succeeded || execution.redrives == REDRIVES_MAX)
                break;
            struct redriving redriving = { arn, execution.redrives };
            engine_call(&engine, redrive_run, &redriving);
            continue;
        }
        life->step++;
        clock_move((int64_t)BORN_MS * 1000 + (int64_t)life->step * 1000);
    }
    tell(life, execution.status);
    life->redrives = execution.redrives;
    tell(life, execution.output);
    tell(life, execution.error);
    tell(life, execution.cause);
    struct json events = engine_history(&engine, arn, &arena);
    for (uint32_t i = 0; i < events.count; i++) {
        struct json event = json_with_member(&arena, &events.items[i], STR("timestamp"), json_of_null());
        const struct json *redriven = json_get(&event, STR("mapRunRedrivenEventDetails"));
        if (json_get(&event, STR("mapRunStartedEventDetails"))) /* a name by chance */
            event = json_with_member(&arena, &event, STR("mapRunStartedEventDetails"), json_of_null());
        if (redriven)
            event = json_with_member(&arena, &event, STR("mapRunRedrivenEventDetails"),
                                     *json_get(redriven, STR("redriveCount")));
        tell(life, json_text(&arena, &event));
    }
    life->outcome[life->len] = 0;
    _exit(0);
}

/* Lives until it ends by itself. Dies at that commit of its first life (0: it does not), and at some commits of a life,
 * when chance is given; returns how often. */
static unsigned run(struct life *life, struct str definition, uint32_t first, struct chance *chance)
{
    char folder[] = "/dev/shm/crema-flow-XXXXXX", command[64];
    unsigned deaths = 0;
    if (!mkdtemp(folder)) { /* no memory to be had as a disk */
        (void)snprintf(folder, sizeof(folder), "/tmp/crema-flow-XXXXXX");
        assert_non_null(mkdtemp(folder));
    }
    life->step = life->total = life->tasks = 0;
    life->len = 0;
    for (;;) {
        int status;
        life->dies_at = chance && deaths < DEATHS_MAX ? 1 + pick(chance, 3) : 0;
        if (deaths == 0 && first != 0)
            life->dies_at = first;
        pid_t pid = fork();
        assert_true(pid >= 0);
        if (pid == 0)
            live(life, folder, definition);
        assert_int_equal(waitpid(pid, &status, 0), pid);
        assert_true(WIFEXITED(status));
        if (WEXITSTATUS(status) == 0)
            break;
        assert_int_equal(WEXITSTATUS(status), 9);
        deaths++;
    }
    (void)snprintf(command, sizeof(command), "rm -rf %s", folder);
    assert_int_equal(system(command), 0);
    return deaths;
}

/* What processes share. */
static struct life *life_new(void)
{
    void *life = mmap(NULL, sizeof(struct life), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    assert_true(life != MAP_FAILED);
    return life;
}

static bool alike(const struct life *whole, const struct life *pieces, const char *what, unsigned number)
{
    size_t i = 0, line = 0;
    if (whole->len == pieces->len && memcmp(whole->outcome, pieces->outcome, whole->len) == 0)
        return true;
    for (; i < whole->len && whole->outcome[i] == pieces->outcome[i]; i++)
        line = whole->outcome[i] == '\n' ? i + 1 : line;
    print_error("%s %u: in one piece\n%.400s\n", what, number, whole->outcome + line);
    print_error("in pieces\n%.400s\n", pieces->outcome + line);
    return false;
}

static unsigned from_environment(const char *name, unsigned otherwise)
{
    const char *text = getenv(name);
    return text ? (unsigned)strtoul(text, NULL, 10) : otherwise;
}

static void a_life_in_pieces_is_one_life(void **test)
{
    (void)test;
    unsigned count = from_environment("CREMA_FLOW_SEEDS", 60), first = from_environment("CREMA_FLOW_SEED", 1);
    struct life *whole = life_new(), *pieces = life_new();
    unsigned deaths = 0, failed = 0, succeeded = 0, wrong = 0, redrives = 0;
    uint64_t commits = 0, events = 0;
    for (unsigned seed = first; seed < first + count; seed++) {
        struct writing w = { .chance = { seed }, .names = 1 };
        struct chance chance = { ~(uint64_t)seed };
        buf_init(&w.out, 0);
        write_scope(&w, 0);
        whole->seed = pieces->seed = seed;
        whole->stop_at = pieces->stop_at = pick(&w.chance, 3) ? 0 : 1 + pick(&w.chance, 4);
        (void)run(whole, buf_str(&w.out), 0, NULL);
        deaths += run(pieces, buf_str(&w.out), 0, &chance);
        commits += whole->total;
        redrives += whole->redrives;
        succeeded += strncmp(whole->outcome, "SUCCEEDED", 9) == 0;
        failed += strncmp(whole->outcome, "FAILED", 6) == 0;
        for (size_t i = 0; i < whole->len; i++)
            events += whole->outcome[i] == '\n';
        if (!alike(whole, pieces, "seed", seed)) {
            (void)fprintf(stderr, "of %.*s\n", (int)w.out.len, w.out.ptr);
            wrong++;
        }
        buf_fini(&w.out);
    }
    munmap(whole, sizeof(*whole));
    munmap(pieces, sizeof(*pieces));
    print_message(
        "%u workflows: %u succeeded, %u failed, %u redrives; %llu commits, %llu events; %u deaths\n", count,
        succeeded, failed, redrives, (unsigned long long)commits, (unsigned long long)events, deaths);
    assert_int_equal(wrong, 0);
    assert_true(count < 50 || (deaths > count / 2 && succeeded > count / 10 && redrives > count / 5));
}

#define PUT(name)                                                                                  \
    "\"Type\":\"Task\",\"Resource\":\"arn:aws:states:::dynamodb:putItem\",\"Parameters\":{\"" name \
    ".$\":\"$.k\"}"

/* The child is in memory only: whatever it was doing, and when it was over but not yet told, another is begun. */
static void a_child_that_dies_is_begun_again(void **test)
{
    (void)test;
    static const char definition[] = "{\"StartAt\":\"A\",\"States\":{\"A\":{" PUT(
        "s") ",\"ResultPath\":\"$.a\",\"Next\":\"C\"},\"C\":{"
             "\"Type\":\"Task\",\"Resource\":\"arn:aws:states:::aws-sdk:sfn:startSyncExecution\","
             "\"Parameters\":{"
             "\"StateMachineArn\":\"arn:aws:states:us-east-1:000000000000:stateMachine:X\",\"Input\":{\"k.$"
             "\":\"$.k\"}},"
             "\"ResultPath\":\"$.c\",\"Next\":\"Z\"},\"Z\":{\"Type\":\"Wait\",\"Seconds\":1,\"End\":true}}}";
    static const char express[] = "{\"StartAt\":\"P\",\"States\":{\"P\":{" PUT(
        "p") ",\"ResultPath\":\"$.p\",\"Next\":\"W\"},\"W\":{"
             "\"Type\":\"Wait\",\"Seconds\":1,\"Next\":\"Q\"},\"Q\":{" PUT("q") ",\"End\":true}}}";
    struct life *whole = life_new(), *pieces = life_new();
    unsigned wrong = 0, again = 0;
    whole->seed = pieces->seed = 1; /* by which all tasks succeed */
    whole->stop_at = pieces->stop_at = UINT32_MAX;
    whole->express = pieces->express = express;
    (void)run(whole, str_from(definition), 0, NULL);
    assert_memory_equal(whole->outcome, "SUCCEEDED\n", 10);
    assert_int_equal(whole->tasks, 3);
    for (uint32_t at = 1; at <= whole->total; at++) {
        assert_int_equal(run(pieces, str_from(definition), at, NULL), 1);
        wrong += !alike(whole, pieces, "death at commit", at);
        again += pieces->tasks > whole->tasks;
    }
    print_message("%u deaths, %u of them begun again\n", (unsigned)whole->total, again);
    assert_int_equal(wrong, 0);
    assert_int_equal(again, 2); /* after the child's first task, and after its last */
    munmap(whole, sizeof(*whole));
    munmap(pieces, sizeof(*pieces));
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(a_life_in_pieces_is_one_life),
                                        cmocka_unit_test(a_child_that_dies_is_begun_again) };
    return cmocka_run_group_tests_name("flow-kill", tests, NULL, NULL);
}
