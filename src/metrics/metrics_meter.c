/* Notes of the batch under construction become counts of meters, and meters become points of series. */
#include "metrics/metrics_meter.h"

#include "metrics/metrics_impl.h"

#include "io/clock.h"
#include "io/rand.h"

#include <stddef.h>
#include <stdlib.h>

enum {
    METERS_MAX = 10000,
    SLICE_SERIES = 500, /* written by one command: half a millisecond */
};

/* ---- what there is ---- */

#define BIT(kind) (1u << (kind))

struct counted_metric {
    const char *name, *unit;
    uint32_t subjects; /* kinds that have it */
};

enum {
    EVENTS_ALL = BIT(METRICS_OF_EVENTS) | BIT(METRICS_OF_BUS) | BIT(METRICS_OF_RULE),
    LOGS_ALL = BIT(METRICS_OF_LOGS) | BIT(METRICS_OF_LOG_GROUP),
    MACHINES = BIT(METRICS_OF_MACHINE) | BIT(METRICS_OF_MACHINE_VERSION) | BIT(METRICS_OF_MACHINE_ALIAS),
    STATES_ALL = BIT(METRICS_OF_STATES) | MACHINES,
    TASKS_ALL = BIT(METRICS_OF_ACTIVITIES) | BIT(METRICS_OF_ACTIVITY) | BIT(METRICS_OF_FUNCTION) |
                BIT(METRICS_OF_INTEGRATION),
};

/* Each in the order of its enum's bits (metrics_meter.h). */
static const struct counted_metric events[] = {
    { "MatchedEvents", "Count", BIT(METRICS_OF_BUS) },
    { "MatchedEvents", "Count", BIT(METRICS_OF_RULE) },
    { "TriggeredRules", "Count", EVENTS_ALL },
    { "InvocationsCreated", "Count", BIT(METRICS_OF_EVENTS) },
    { "Invocations", "Count", BIT(METRICS_OF_EVENTS) | BIT(METRICS_OF_RULE) },
    { "FailedInvocations", "Count", BIT(METRICS_OF_RULE) },
    { "InvocationAttempts", "Count", EVENTS_ALL },
    { "RetryInvocationAttempts", "Count", EVENTS_ALL },
    { "SuccessfulInvocationAttempts", "Count", EVENTS_ALL },
    { "IngestiontoInvocationCompleteLatency", "Milliseconds", EVENTS_ALL },
    { "IngestionToInvocationSuccessLatency", "Milliseconds", EVENTS_ALL },
    { "PutEventsApproximateSuccessCount", "Count", BIT(METRICS_OF_EVENTS) },
    { "PutEventsEntriesCount", "Count", BIT(METRICS_OF_EVENTS) },
    { "PutEventsFailedEntriesCount", "Count", BIT(METRICS_OF_EVENTS) },
    { "PutEventsRequestSize", "Bytes", BIT(METRICS_OF_EVENTS) },
    { "IngestiontoInvocationStartLatency", "Milliseconds", EVENTS_ALL },
};
static const struct counted_metric logs[] = {
    { "IncomingBytes", "Bytes", LOGS_ALL },
    { "IncomingLogEvents", "None", LOGS_ALL },
    { "ForwardedBytes", "Bytes", BIT(METRICS_OF_SUBSCRIPTION) },
    { "ForwardedLogEvents", "None", BIT(METRICS_OF_SUBSCRIPTION) },
    { "DeliveryErrors", "None", BIT(METRICS_OF_SUBSCRIPTION) },
};
static const struct counted_metric states[] = {
    { "ExecutionsStarted", "Count", STATES_ALL },       { "ExecutionsSucceeded", "Count", STATES_ALL },
    { "ExecutionsFailed", "Count", STATES_ALL },        { "ExecutionsTimedOut", "Count", STATES_ALL },
    { "ExecutionsAborted", "Count", STATES_ALL },       { "ExecutionTime", "Milliseconds", STATES_ALL },
    { "ExecutionsRedriven", "Count", MACHINES },        { "RedrivenExecutionsSucceeded", "Count", MACHINES },
    { "RedrivenExecutionsFailed", "Count", MACHINES },  { "RedrivenExecutionsTimedOut", "Count", MACHINES },
    { "RedrivenExecutionsAborted", "Count", MACHINES },
};

/* What an activity's are called: ActivitiesScheduled. */
static const struct counted_metric tasks[] = {
    { "Scheduled", "Count", TASKS_ALL }, { "Started", "Count", TASKS_ALL },
    { "Succeeded", "Count", TASKS_ALL }, { "Failed", "Count", TASKS_ALL },
    { "TimedOut", "Count", TASKS_ALL },  { "HeartbeatTimedOut", "Count", TASKS_ALL },
};

#define METRICS_OF(service) service, sizeof(service) / sizeof((service)[0])

static const struct subject_row {
    const char *space;
    const struct counted_metric *metrics;
    size_t metric_count;
    const char *dimensions[METRICS_SUBJECT_NAMES_MAX + 1]; /* of its names */
    int belongs_to;     /* of the same names but the last; -1: to nothing */
    const char *prefix; /* of the metrics' names; NULL: none */
} subject_rows[METRICS_SUBJECT_KINDS] = {
    [METRICS_OF_EVENTS] = { "AWS/Events", METRICS_OF(events), { NULL }, -1, NULL },
    [METRICS_OF_BUS] = { "AWS/Events", METRICS_OF(events), { "EventBusName" }, METRICS_OF_EVENTS, NULL },
    [METRICS_OF_RULE] = { "AWS/Events",
                          METRICS_OF(events),
                          { "EventBusName", "RuleName" },
                          METRICS_OF_BUS,
                          NULL },
    [METRICS_OF_LOGS] = { "AWS/Logs", METRICS_OF(logs), { NULL }, -1, NULL },
    [METRICS_OF_LOG_GROUP] = { "AWS/Logs", METRICS_OF(logs), { "LogGroupName" }, METRICS_OF_LOGS, NULL },
    [METRICS_OF_SUBSCRIPTION] = { "AWS/Logs",
                                  METRICS_OF(logs),
                                  { "LogGroupName", "DestinationType", "FilterName" },
                                  -1,
                                  NULL },
    [METRICS_OF_STATES] = { "AWS/States", METRICS_OF(states), { NULL }, -1, NULL },
    [METRICS_OF_MACHINE] = { "AWS/States",
                             METRICS_OF(states),
                             { "StateMachineArn" },
                             METRICS_OF_STATES,
                             NULL },
    [METRICS_OF_MACHINE_VERSION] = { "AWS/States",
                                     METRICS_OF(states),
                                     { "StateMachineArn", "Version" },
                                     METRICS_OF_MACHINE,
                                     NULL },
    [METRICS_OF_MACHINE_ALIAS] = { "AWS/States",
                                   METRICS_OF(states),
                                   { "StateMachineArn", "Alias" },
                                   -1,
                                   NULL },
    [METRICS_OF_ACTIVITIES] = { "AWS/States", METRICS_OF(tasks), { NULL }, -1, "Activities" },
    [METRICS_OF_ACTIVITY] = { "AWS/States",
                              METRICS_OF(tasks),
                              { "ActivityArn" },
                              METRICS_OF_ACTIVITIES,
                              "Activities" },
    [METRICS_OF_FUNCTION] = { "AWS/States",
                              METRICS_OF(tasks),
                              { "LambdaFunctionArn" },
                              -1,
                              "LambdaFunctions" },
    [METRICS_OF_INTEGRATION] = { "AWS/States",
                                 METRICS_OF(tasks),
                                 { "ServiceIntegrationResourceArn" },
                                 -1,
                                 "ServiceIntegrations" },
};

struct meter {
    struct metrics_subject subject; /* texts of the meters' arena */
    struct meter *belongs_to;       /* NULL: to nothing */
    int64_t minute_ms;              /* of what is counted */
    uint32_t metrics, counted;      /* that the subject has; that have values */
    struct metrics_values values[]; /* of each of the service's metrics */
};

struct note {
    size_t mark; /* of the batch, after the note */
    struct meter *meter;
    struct metrics_amount amount;
};

struct meters {
    struct metrics *metrics;
    int64_t write_ms;
    struct map by_subject; /* its texts -> struct meter */
    struct arena arena;    /* of meters */
    struct meter *at[METERS_MAX];
    size_t count;
    uint64_t generation;
    bool full;      /* one was wanted for which there was no room */
    struct buf key; /* being built */
    struct note *notes;
    size_t note_count, note_cap;
    struct store_batch *batch; /* theirs */
    int64_t time_ms;           /* of the last */
    struct writer *writer;
    struct command write;  /* waits while something is counted */
    bool writing;          /* it waits, or runs */
    size_t first, written; /* [first, written): the meters that the batch under construction holds */
    struct command finish;
};

/* ---- life ---- */

static bool write_run(struct command *command, struct work *work);
static void write_done(struct command *command, enum err committed);
static bool finish_run(struct command *command, struct work *work);
static void finish_done(struct command *command, enum err committed);

void metrics_meters_open(struct metrics *metrics, int64_t write_ms)
{
    if (write_ms == 0)
        return;
    struct meters *meters = calloc(1, sizeof(*meters));
    if (!meters)
        abort();
    meters->metrics = metrics;
    meters->write_ms = write_ms;
    map_init(&meters->by_subject, rand_u64());
    buf_init(&meters->key, 0);
    meters->generation = 1;
    meters->write = (struct command){ .run = write_run, .done = write_done };
    meters->finish = (struct command){ .run = finish_run, .done = finish_done };
    metrics->meters = meters;
}

void metrics_meters_close(struct meters **meters)
{
    if (!*meters)
        return;
    map_fini(&(*meters)->by_subject);
    arena_fini(&(*meters)->arena);
    buf_fini(&(*meters)->key);
    free((*meters)->notes);
    free(*meters);
    *meters = NULL;
}

/* ---- meters ---- */

static struct str key_of(struct meters *meters, const struct metrics_subject *subject)
{
    const struct str texts[] = { subject->ns.account, subject->ns.region, subject->names[0],
                                 subject->names[1], subject->names[2] };
    buf_clear(&meters->key);
    buf_add_char(&meters->key, (char)subject->kind);
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        buf_add(&meters->key, texts[i]);
        buf_add_char(&meters->key, '\0'); /* stands in none of them */
    }
    return buf_str(&meters->key);
}

static struct meter *meter_new(struct meters *meters, const struct metrics_subject *subject,
                               struct meter *belongs_to)
{
    struct arena *arena = &meters->arena;
    const struct subject_row *row = &subject_rows[subject->kind];
    struct meter *meter = arena_alloc(arena, sizeof(*meter) + row->metric_count * sizeof(meter->values[0]));
    meter->subject = *subject;
    meter->subject.ns.account = arena_copy(arena, subject->ns.account);
    meter->subject.ns.region = arena_copy(arena, subject->ns.region);
    for (size_t i = 0; i < METRICS_SUBJECT_NAMES_MAX; i++)
        meter->subject.names[i] = arena_copy(arena, subject->names[i]);
    meter->belongs_to = belongs_to;
    for (size_t i = 0; i < row->metric_count; i++)
        meter->metrics |= row->metrics[i].subjects & BIT(subject->kind) ? BIT(i) : 0;
    (void)map_put(&meters->by_subject, key_of(meters, subject), meter); /* there was none */
    meters->at[meters->count++] = meter;
    return meter;
}

/* NULL: there are too many. */
static struct meter *meter_of(struct meters *meters, const struct metrics_subject *subject)
{
    struct meter *meter = map_get(&meters->by_subject, key_of(meters, subject)), *belongs_to = NULL;
    const struct subject_row *row = &subject_rows[subject->kind];
    if (meter)
        return meter;
    if (row->belongs_to >= 0) {
        struct metrics_subject whole = { .kind = (enum metrics_subject_kind)row->belongs_to,
                                         .ns = subject->ns };
        for (size_t i = 0; row->dimensions[i + 1]; i++)
            whole.names[i] = subject->names[i];
        belongs_to = meter_of(meters, &whole);
    }
    if (meters->count < METERS_MAX)
        return meter_new(meters, subject, belongs_to);
    meters->full = true;
    return NULL;
}

/* Nothing is counted: meters of subjects that are no more have no use. */
static void forget_meters(struct meters *meters)
{
    map_clear(&meters->by_subject);
    arena_reset(&meters->arena);
    meters->count = 0;
    meters->generation++;
    meters->full = false;
}

/* ---- counting ---- */

static struct meter *meter_at(struct meters *meters, const struct metrics_subject *subject,
                              struct metrics_place *place)
{
    if (place && place->generation == meters->generation)
        return place->meter;
    struct meter *meter = meter_of(meters, subject);
    if (place && meter)
        *place = (struct metrics_place){ meter, meters->generation };
    return meter;
}

static void note_add(struct meters *meters, struct note note)
{
    if (meters->note_count == meters->note_cap) {
        meters->note_cap = meters->note_cap ? 2 * meters->note_cap : 1024;
        meters->notes = realloc(meters->notes, meters->note_cap * sizeof(note));
        if (!meters->notes)
            abort();
    }
    meters->notes[meters->note_count++] = note;
}

void metrics_count(struct metrics *metrics, struct work *work, const struct metrics_subject *subject,
                   struct metrics_place *place, const struct metrics_amount *amounts, size_t count)
{
    struct meters *meters = metrics ? metrics->meters : NULL;
    if (!meters)
        return;
    struct meter *meter = meter_at(meters, subject, place);
    if (!meter) {
        atomic_fetch_add_explicit(&metrics->left_out, count, memory_order_relaxed);
        return;
    }
    store_batch_note(work->batch); /* so that a roll-back is told from none */
    size_t mark = store_batch_mark(work->batch);
    meters->batch = work->batch;
    meters->writer = work->writer;
    meters->time_ms = work->now_ms;
    for (size_t i = 0; i < count; i++)
        if (amounts[i].which)
            note_add(meters, (struct note){ mark, meter, amounts[i] });
}

void metrics_meters_rollback(struct meters *meters)
{
    if (!meters || meters->note_count == 0)
        return;
    size_t mark = store_batch_mark(meters->batch);
    while (meters->note_count && meters->notes[meters->note_count - 1].mark > mark)
        meters->note_count--;
}

/* What a meter holds is of one minute. At the minute's turn it is written before anything of the next comes
 * (write_due_ms); what comes nevertheless, in the same batch, counts with it. */
static void meter_add(struct meter *meter, const struct metrics_amount *amount, int64_t minute_ms)
{
    const struct metrics_values one = { 1, amount->value, amount->value, amount->value };
    uint32_t which = amount->which & meter->metrics;
    if (!meter->counted)
        meter->minute_ms = minute_ms;
    for (; which; which &= which - 1) {
        int i = __builtin_ctz(which);
        if (meter->counted & BIT(i))
            metrics_values_merge(&meter->values[i], &one);
        else
            meter->values[i] = one;
        meter->counted |= BIT(i);
    }
}

static void notes_count(struct meters *meters)
{
    int64_t minute_ms = metrics_minute(meters->time_ms);
    for (size_t i = 0; i < meters->note_count; i++)
        for (struct meter *meter = meters->notes[i].meter; meter; meter = meter->belongs_to)
            meter_add(meter, &meters->notes[i].amount, minute_ms);
    meters->note_count = 0;
}

/* ---- writing ---- */

static int64_t write_due_ms(const struct meters *meters, int64_t now_ms)
{
    int64_t turn_ms = metrics_minute(now_ms) + METRICS_MINUTE_MS;
    return now_ms + meters->write_ms < turn_ms ? now_ms + meters->write_ms : turn_ms;
}

void metrics_after_commit(void *self)
{
    struct metrics *metrics = self;
    struct meters *meters = metrics->meters;
    if (!meters || meters->note_count == 0)
        return;
    notes_count(meters);
    if (meters->writing)
        return;
    meters->writing = true;
    writer_later(meters->writer, &meters->write, write_due_ms(meters, meters->time_ms));
}

/* Each of the subject's names is a dimension; the default bus is not named beside a rule. */
static size_t dimensions_of(const struct metrics_subject *subject, struct metrics_dimension *ret)
{
    const struct subject_row *row = &subject_rows[subject->kind];
    size_t count = 0;
    for (size_t i = 0; row->dimensions[i]; i++) {
        if (subject->kind == METRICS_OF_RULE && i == 0 && str_eq(subject->names[0], STR("default")))
            continue;
        ret[count++] = (struct metrics_dimension){ str_from(row->dimensions[i]), subject->names[i] };
    }
    return count;
}

/* How many values it had. */
static size_t meter_write(struct meters *meters, struct work *work, const struct meter *meter)
{
    const struct subject_row *row = &subject_rows[meter->subject.kind];
    struct metrics_dimension dimensions[METRICS_SUBJECT_NAMES_MAX];
    struct metrics_id id = { .space = str_from(row->space), .dimensions = dimensions };
    size_t count = 0;
    id.dimension_count = dimensions_of(&meter->subject, dimensions);
    for (size_t i = 0; i < row->metric_count; i++) {
        if (!(meter->counted & BIT(i)))
            continue;
        id.name = str_from(row->metrics[i].name);
        if (row->prefix)
            id.name = arena_concat(work->arena, str_from(row->prefix), id.name);
        (void)metrics_add(meters->metrics, work, meter->subject.ns, &id, str_from(row->metrics[i].unit),
                          meter->minute_ms, &meter->values[i]);
        count++;
    }
    return count;
}

static void written_clear(struct meters *meters)
{
    for (; meters->first < meters->written; meters->first++)
        meters->at[meters->first]->counted = 0;
}

/* A slice, from the first on that is not in a durable batch. */
static bool write_run(struct command *command, struct work *work)
{
    struct meters *meters = (struct meters *)((char *)command - offsetof(struct meters, write));
    size_t values = 0;
    for (meters->written = meters->first; meters->written < meters->count && values < SLICE_SERIES;)
        values += meter_write(meters, work, meters->at[meters->written++]);
    return true;
}

static void write_done(struct command *command, enum err committed)
{
    struct meters *meters = (struct meters *)((char *)command - offsetof(struct meters, write));
    enum { RETRY_MS = 1000 };
    if (committed == ERR_CLOSED)
        return;
    if (committed != ERR_OK) {
        meters->written = meters->first;
        writer_later(meters->writer, command, clock_now_ms() + RETRY_MS);
        return;
    }
    written_clear(meters);
    if (meters->first < meters->count) {
        writer_later(meters->writer, command, 0);
        return;
    }
    bool counted = meters->note_count > 0;
    for (size_t i = 0; i < meters->count && !counted; i++) /* again, while others were written */
        counted = meters->at[i]->counted;
    meters->first = meters->written = 0;
    meters->writing = counted;
    if (counted)
        writer_later(meters->writer, command, write_due_ms(meters, clock_now_ms()));
    else if (meters->full)
        forget_meters(meters);
}

/* ---- the end ---- */

static bool finish_run(struct command *command, struct work *work)
{
    struct meters *meters = (struct meters *)((char *)command - offsetof(struct meters, finish));
    written_clear(meters);
    notes_count(meters); /* of this batch: there may be none after it */
    for (size_t i = 0; i < meters->count; i++) {
        (void)meter_write(meters, work, meters->at[i]);
        meters->at[i]->counted = 0;
    }
    return true;
}

static void finish_done(struct command *command, enum err committed)
{
    (void)command;
    (void)committed;
}

void metrics_meters_finish(struct metrics *metrics, struct writer *writer)
{
    if (!metrics->meters)
        return;
    enum err err = writer_submit(writer, &metrics->meters->finish);
    (void)err; /* a queue that is full now costs what a kill does */
}
