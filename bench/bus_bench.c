/* bus_bench.c - what an event costs the writer: one bus, one rule, one target, on an ephemeral store.
 *
 *     build/bench-bus [events [recent events that are kept]]
 *
 * Prints microseconds of CPU an event: making the envelope (which the server does on a
 * connection's thread), matching and handing over to the target that keeps nothing, the
 * same to a log group, and the writer's whole thread with its commits.
 */
#include "bus/bus.h"
#include "deliver/deliver.h"
#include "io/clock.h"
#include "io/thread.h"
#include "logs/logs.h"
#include "target/target_kinds.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum { IN_COMMAND = 10 };

static const struct ns home = { { "111111111111", 12 }, { "eu-west-1", 9 } };

struct bench {
    struct store *store;
    struct writer *writer;
    struct deliver *deliver;
    struct bus *bus;
    struct logs *logs;
    struct target_log_group log_group;
    struct str detail;
    /* of the writer's thread */
    double envelope_us, put_us, carry_us, thread_us;
    struct mutex *mutex;
    struct condition *end;
    size_t waiting;
};

static double cpu_us(void)
{
    struct timespec t;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

static void after_run(void *self, struct work *work)
{
    struct bench *bench = self;
    double start = cpu_us();
    deliver_after_run(bench->deliver, work);
    bench->carry_us += cpu_us() - start;
}

static void after_rollback(void *self)
{
    struct bench *bench = self;
    deliver_after_rollback(bench->deliver);
    bus_after_rollback(bench->bus);
    logs_after_rollback(bench->logs);
}

static void after_commit(void *self)
{
    struct bench *bench = self;
    bus_after_commit(bench->bus);
    bench->thread_us = cpu_us();
}

struct bench_command {
    struct command command;
    struct bench *bench;
    const char *target; /* make the rule, instead of putting events */
};

static bool make_rule(struct bench *bench, struct work *work, const char *target)
{
    struct fault fault = { 0 };
    struct bus_rule rule = { .name = STR("logAll"),
                             .bus = STR("default"),
                             .pattern = STR("{\"source\":[\"shop\"]}") };
    struct str arn;
    struct json targets;
    bool made;
    enum err err =
        json_read(work->arena, arena_printf(work->arena, "[{\"Id\":\"log\",\"Arn\":\"%s\"}]", target), 0,
                  &targets, NULL);
    bool ok = !err && bus_rule_put(bench->bus, work, home, &rule, STR_EMPTY, &arn, &made, &fault) &&
              bus_targets_put(bench->bus, work, home, rule.bus, rule.name, &targets, &fault);
    if (!ok)
        fprintf(stderr, "%.*s\n", STR_ARG(fault.text));
    assert(ok);
    return true;
}

static bool run(struct command *command, struct work *work)
{
    struct bench_command *c = (struct bench_command *)command;
    struct bench *bench = c->bench;
    if (c->target)
        return make_rule(bench, work, c->target);
    struct bus_event event = { .source = STR("shop"),
                               .detail_type = STR("OrderProcessor.WorkflowStarted"),
                               .detail = bench->detail,
                               .time_ms = work->now_ms };
    struct bus_envelope envelopes[IN_COMMAND];
    struct bus_refusal refusal;
    struct fault fault = { 0 };
    double start = cpu_us();
    for (int i = 0; i < IN_COMMAND; i++) {
        bool ok = bus_event_envelope(work->arena, home, &event, &envelopes[i], &refusal);
        assert(ok);
    }
    double made = cpu_us();
    for (int i = 0; i < IN_COMMAND; i++) {
        bool ok = bus_put_envelope(bench->bus, work, home, &envelopes[i], &fault);
        assert(ok);
    }
    bench->put_us += cpu_us() - made;
    bench->envelope_us += made - start;
    return true;
}

static void done(struct command *command, enum err committed)
{
    struct bench *bench = ((struct bench_command *)command)->bench;
    assert(!committed);
    mutex_lock(bench->mutex);
    bench->waiting--;
    condition_signal(bench->end);
    mutex_unlock(bench->mutex);
}

static void submit_and_wait(struct bench *bench, struct bench_command *commands, size_t count)
{
    mutex_lock(bench->mutex);
    bench->waiting += count;
    mutex_unlock(bench->mutex);
    for (size_t i = 0; i < count; i++) {
        commands[i].command.run = run;
        commands[i].command.done = done;
        commands[i].bench = bench;
        enum err err = writer_submit(bench->writer, &commands[i].command);
        assert(!err);
    }
    mutex_lock(bench->mutex);
    while (bench->waiting)
        condition_wait(bench->end, bench->mutex);
    mutex_unlock(bench->mutex);
}

static bool make_group_run(struct command *command, struct work *work)
{
    struct fault fault = { 0 };
    return logs_group_create(((struct bench_command *)command)->bench->logs, work, home,
                             STR("/aws/events/all"), LOGS_CLASS_STANDARD, &fault);
}

static void measure(struct bench *bench, const char *name, const char *target, size_t events)
{
    enum { AT_ONCE = 64 };
    static struct bench_command commands[AT_ONCE];
    struct bench_command rule = { .target = target };
    submit_and_wait(bench, &rule, 1);
    bench->envelope_us = bench->put_us = bench->carry_us = 0;
    double before = bench->thread_us;
    int64_t start = clock_monotonic_ns();
    size_t rounds = events / (AT_ONCE * IN_COMMAND);
    for (size_t i = 0; i < rounds; i++)
        submit_and_wait(bench, commands, AT_ONCE);
    double n = (double)(rounds * AT_ONCE * IN_COMMAND);
    double seconds = (double)(clock_monotonic_ns() - start) / 1e9;
    printf(
        "%-10s envelope %.2f us, put %.2f us, carry %.2f us, whole thread %.2f us an event; %.0f events/s\n",
        name, bench->envelope_us / n, bench->put_us / n, bench->carry_us / n, (bench->thread_us - before) / n,
        n / seconds);
}

int main(int argc, char **argv)
{
    size_t events = argc > 1 ? (size_t)strtoull(argv[1], NULL, 10) : 500000;
    static char detail[512];
    struct bench bench = { .mutex = mutex_new(), .end = condition_new() };
    struct diag diag;
    memset(detail, 'x', sizeof(detail));
    int head = snprintf(detail, sizeof(detail),
                        "{\"orderId\":\"2\",\"userId\":\"testuser2\",\"Message\":\"The workflow has "
                        "begun\",\"n\":17,\"TaskToken\":\"");
    detail[head] = 'x';
    memcpy(detail + 400, "\"}", 2);
    bench.detail = str_of(detail, 402);
    const struct writer_hooks hooks = { &bench, after_run, after_rollback, after_commit };
    enum err err = store_open(&(struct store_settings){ 0 }, &bench.store, &diag);
    err = err ? err : deliver_open(NULL, &bench.deliver);
    err = err ? err : logs_open(&bench.logs);
    struct bus_settings settings = { .recent_max = argc > 2 ? (unsigned)strtoul(argv[2], NULL, 10) : 0 };
    err = err ? err : bus_open(&settings, bench.deliver, &bench.bus);
    err = err ? err : writer_open(bench.store, NULL, &hooks, &bench.writer, &diag);
    assert(!err);
    bench.log_group.logs = bench.logs;
    deliver_add_target(bench.deliver, &target_null, NULL);
    deliver_add_target(bench.deliver, &target_log_group, &bench.log_group);
    deliver_on_done(bench.deliver, DELIVERY_OF_RULE, bus_delivery_done, bench.bus);
    writer_on_timer(bench.writer, TIMER_DELIVER, deliver_due, bench.deliver);
    err = writer_start(bench.writer, &diag);
    assert(!err);
    struct bench_command group = { .command = { .run = make_group_run, .done = done }, .bench = &bench };
    bench.waiting = 1;
    err = writer_submit(bench.writer, &group.command);
    assert(!err);
    mutex_lock(bench.mutex);
    while (bench.waiting)
        condition_wait(bench.end, bench.mutex);
    mutex_unlock(bench.mutex);
    measure(&bench, "null", "arn:aws:null:eu-west-1:111111111111:x", events);
    measure(&bench, "log-group", "arn:aws:logs:eu-west-1:111111111111:log-group:/aws/events/all", events);
    struct deliver_stats stats;
    deliver_stats(bench.deliver, &stats);
    assert(stats.rejected == 0);
    writer_close(&bench.writer);
    deliver_close(&bench.deliver);
    bus_close(&bench.bus);
    logs_close(&bench.logs);
    store_close(&bench.store);
    condition_free(&bench.end);
    mutex_free(&bench.mutex);
    return 0;
}
