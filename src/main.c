/* main.c - makes every room, wires them, runs, and takes all down again. The only file that knows everyone.
 *
 * A server is built from the floor up (store, deliver, rooms, writer, api, connections)
 * and closed from the road down, so that nothing is called that is no more.
 */
#include "settings.h"

#include "api/api_activity.h"
#include "api/api_server.h"
#include "base/embedded.h"
#include "bus/bus.h"
#include "cli/cli.h"
#include "console/console.h"
#include "deliver/deliver.h"
#include "flow/flow.h"
#include "io/clock.h"
#include "io/http.h"
#include "io/http_send.h"
#include "io/signals.h"
#include "logs/logs.h"
#include "logs/logs_export.h"
#include "logs/logs_scanner.h"
#include "logs/logs_metric.h"
#include "logs/logs_subscription.h"
#include "logs/logs_tail.h"
#include "query/queries.h"
#include "metrics/metrics_meter.h"
#include "store/key.h"
#include "store/store.h"
#include "store/writer.h"
#include "tables/tables.h"
#include "target/target_function.h"
#include "target/target_kinds.h"
#include "target/target_operation.h"

#include <stdio.h>
#include <string.h>

struct server {
    struct settings settings;
    bool loopback;      /* it listens on a loopback address */
    struct arena arena; /* texts of settings */
    struct store *store;
    struct deliver *deliver;
    struct metrics *metrics;
    struct logs *logs;
    struct logs_scanner *scanner;
    struct logs_tail *tail;
    struct logs_exporter *exporter;
    struct flow *flow;
    struct bus *bus;
    struct tables *tables;
    struct queries *queries;
    struct targets *targets;
    struct operation_caller caller; /* of operations from inside */
    struct functions functions;
    struct http_sender *sender; /* to functions and endpoints; NULL: there can be none */
    struct writer *writer;
    struct api *api;
    struct activity *activity;
    struct console *console;
    struct http_server *http;
    struct rooms rooms;
};

static const struct cli_command *const commands[] = { &cli_demo,   &cli_query, &cli_match, &cli_check,
                                                      &cli_backup, &cli_env,   &cli_tail,  &cli_logs };
enum { COMMANDS = sizeof(commands) / sizeof(commands[0]) };

/* ---- around each command of the writer ---- */

static void after_run(void *self, struct work *work)
{
    struct server *server = self;
    deliver_after_run(server->deliver, work);
}

static void rooms_after_rollback(void *self)
{
    struct server *server = self;
    logs_after_rollback(server->logs);
    metrics_after_rollback(server->metrics);
    flow_after_rollback(server->flow);
    bus_after_rollback(server->bus);
    tables_after_rollback(server->tables);
}

static void after_rollback(void *self)
{
    struct server *server = self;
    deliver_after_rollback(server->deliver);
    rooms_after_rollback(server);
}

static void after_commit(void *self)
{
    struct server *server = self;
    deliver_after_commit(server->deliver);
    logs_after_commit(server->logs);
    metrics_after_commit(server->metrics);
    bus_after_commit(server->bus);
    flow_after_commit(server->flow);
    tables_after_commit(server->tables);
    logs_tail_after_commit(server->tail);
    logs_exporter_after_commit(server->exporter);
    queries_after_commit(server->queries);
}

/* ---- open: from the floor up ---- */

static enum err open_floor(struct server *server, struct diag *reterr)
{
    const struct settings *settings = &server->settings;
    struct store_settings store = {
        .folder = settings->ephemeral ? NULL : arena_cstr(&server->arena, settings->data),
        .segment_bytes = (size_t)settings->journal_segment_bytes,
        .view_buffer_bytes = (size_t)settings->view_buffer_bytes,
        .cache_bytes = (size_t)settings->cache_bytes,
        .free_bytes_min = (uint64_t)settings->disk_free_bytes_min,
    };
    struct writer_settings writer = {
        .partition = PARTITION_ONLY,
        .queue_max = (unsigned)settings->queue_max,
        .group_max = (unsigned)settings->group_max,
        .group_bytes_max = (size_t)settings->group_bytes_max,
    };
    struct writer_hooks hooks = { server, after_run, after_rollback, after_commit };
    struct deliver_settings deliver = {
        .command_max = (unsigned)settings->deliveries_per_command_max,
        .attempts_max = (unsigned)settings->delivery_attempts_max + 1,
        .age_max_ms = settings->delivery_age_max_ms,
        .posts_max = (unsigned)settings->functions_under_way_max,
    };
    struct logs_scanner_settings scanner = { .threads = (unsigned)settings->scan_threads,
                                             .tasks_max = (unsigned)settings->scans_waiting_max };
    enum err err = store_open(&store, &server->store, reterr);
    if (!err)
        err = logs_scanner_open(&scanner, &server->scanner, reterr);
    if (!err)
        err = writer_open(server->store, &writer, &hooks, &server->writer, reterr);
    if (!err)
        err = deliver_open(&deliver, &server->deliver);
    return err;
}

/* What is on this machine may be named by those who are on it anyway: without keys nobody else is meant to come. */
static enum err read_subscribers(const struct server *server, struct http_endpoints *ret, struct diag *reterr)
{
    const struct settings_list *origins = &server->settings.subscription_origins;
    struct str why;
    for (size_t i = 0; i < origins->len; i++)
        if (!http_origin_check(origins->at[i], &why))
            return diag_set(reterr, ERR_INVALID, "--subscription-origin '%.*s': %.*s",
                            STR_ARG(origins->at[i]), STR_ARG(why));
    *ret = (struct http_endpoints){ .origins = origins->at,
                                    .origin_count = origins->len,
                                    .local = origins->len == 0 && server->loopback &&
                                             server->settings.keys.len == 0 };
    return ERR_OK;
}

static enum err open_functions(struct server *server, struct diag *reterr)
{
    const struct settings *settings = &server->settings;
    struct functions *functions = &server->functions;
    struct function_endpoint *endpoints =
        ARENA_ARRAY(&server->arena, struct function_endpoint, settings->functions.len + 1);
    struct str why;
    for (size_t i = 0; i < settings->functions.len; i++)
        if (!function_endpoint_read(settings->functions.at[i], &endpoints[i], &why))
            return diag_set(reterr, ERR_INVALID, "--function '%.*s': %.*s",
                            STR_ARG(settings->functions.at[i]), STR_ARG(why));
    if (settings->function_default.len && !http_endpoint_check(settings->function_default, &why))
        return diag_set(reterr, ERR_INVALID, "--function-default '%.*s': %.*s",
                        STR_ARG(settings->function_default), STR_ARG(why));
    *functions = (struct functions){ .endpoints = endpoints,
                                     .count = settings->functions.len,
                                     .default_url = settings->function_default,
                                     .time_max_ms = settings->function_time_max_ms };
    enum err err = read_subscribers(server, &functions->subscribers, reterr);
    bool some = functions->count || functions->default_url.len || functions->subscribers.local ||
                functions->subscribers.origin_count;
    if (!err && some)
        err = http_sender_open(&server->sender, reterr);
    functions->sender = server->sender;
    return err;
}

static bool task_known(void *self, struct str resource, struct str *ret_why)
{
    struct server *server = self;
    return function_task_is(resource) ? function_task_known(&server->functions, resource, ret_why)
                                      : operation_task_known(&server->caller, resource, ret_why);
}

static bool destination_known(void *self, struct str destination, struct str *ret_why)
{
    struct server *server = self;
    return function_task_is(destination)
               ? function_task_known(&server->functions, destination, ret_why)
               : http_endpoint_allowed(&server->functions.subscribers, destination, ret_why);
}

static enum err open_tail(struct server *server, struct diag *reterr)
{
    const struct settings *settings = &server->settings;
    struct logs_tail_settings tail = {
        .sessions_max = (unsigned)settings->tail_sessions_max,
        .update_events_max = (unsigned)settings->tail_update_events_max,
        .behind_bytes_max = (size_t)settings->tail_behind_bytes_max,
        .time_max_ms = settings->tail_time_max_ms,
    };
    enum err err = logs_tail_open(&tail, &server->tail, reterr);
    if (err)
        return err;
    logs_tail_watch(server->tail, server->logs);
    struct logs_exporter_settings exporter = {
        .store = server->store,
        .writer = server->writer,
        .scanner = server->scanner,
        .folder = settings->export_folder.len ? arena_cstr(&server->arena, settings->export_folder) : NULL,
    };
    logs_exporter_open(&exporter, &server->exporter);
    return ERR_OK;
}

static enum err open_rooms(struct server *server)
{
    const struct settings *settings = &server->settings;
    server->caller = api_operation_caller(server->api);
    struct flow_settings flow = {
        .task_known = task_known,
        .task_known_self = server,
        .transitions_max = (unsigned)settings->transitions_per_command_max,
        .history_events_max = (unsigned)settings->history_events_max,
    };
    struct bus_settings bus = {
        .rules_max = (unsigned)settings->bus_rules_max,
        .rules_cached_max = (unsigned)settings->rules_cached_max,
        .targets_max = (unsigned)settings->rule_targets_max,
        .pattern_characters_max = (size_t)settings->rule_pattern_characters_max,
        .patterns = { .conjunctions_max = (unsigned)settings->pattern_combinations_max,
                      .wildcard_cost_max = (unsigned)settings->pattern_wildcard_cost_max },
        .wildcard_rules_max = (unsigned)settings->wildcard_rules_max,
        .inbox_max = (unsigned)settings->inbox_events_max,
        .request_bytes_max = (size_t)settings->put_events_bytes_max,
        .recent_max = (unsigned)settings->recent_events_max,
        .recent_bytes_max = (size_t)settings->recent_bytes_max,
    };
    enum err err = metrics_open(&server->metrics);
    if (!err) {
        metrics_meters_open(server->metrics, settings->service_metrics_write_ms);
        flow.metrics = bus.metrics = server->metrics;
        err = logs_open(&server->logs);
    }
    if (!err)
        err = flow_open(&flow, server->deliver, &server->flow);
    if (!err)
        err = bus_open(&bus, server->deliver, &server->bus);
    if (!err)
        err = tables_open(&server->tables);
    struct queries_settings queries = {
        .store = server->store,
        .scanner = server->scanner,
        .threads = (unsigned)settings->scan_threads,
        .running_max = (unsigned)settings->queries_running_max,
        .bytes_max = (size_t)settings->query_bytes_max,
        .results_bytes_max = (size_t)settings->query_results_bytes_max,
        .run_ms_max = settings->query_time_max_ms,
    };
    if (!err)
        err = queries_open(&queries, &server->queries);
    if (err)
        return err;
    struct targets_settings targets = {
        .logs = server->logs,
        .flow = server->flow,
        .bus = server->bus,
        .caller = &server->caller,
        .functions = &server->functions,
        .stream_per_hour = !settings->stream_per_event,
        .hops_max = (unsigned)settings->event_hops_max,
    };
    return targets_open(&targets, server->deliver, &server->targets);
}

/* The store is over its limit. */
static void logs_dropped(void *self, struct work *work, const struct logs_dropped *what)
{
    struct server *server = self;
    struct str text = arena_printf(
        work->arena,
        "The store is larger than store_bytes_max: the oldest %llu events (%llu bytes) were deleted.",
        (unsigned long long)what->events, (unsigned long long)what->bytes);
    fprintf(stderr, "crema: %.*s: %.*s\n", STR_ARG(what->group_arn), STR_ARG(text));
    bus_inbox_note(server->bus, work, what->ns, STR("LOG_EVENTS_DROPPED"), what->group_arn, text);
}

static void subscription_done(void *self, struct work *work, const struct delivery *delivery,
                              const struct delivery_result *result)
{
    struct server *server = self;
    if (result->outcome != OUTCOME_DELIVERED)
        logs_subscription_failed(server->logs, work, delivery, result);
    bus_subscription_done(server->bus, work, delivery, result);
}

static void wire_rooms(struct server *server)
{
    struct deliver *deliver = server->deliver;
    deliver_on_done(deliver, DELIVERY_OF_RULE, bus_delivery_done, server->bus);
    deliver_on_retry(deliver, DELIVERY_OF_RULE, bus_delivery_retried, server->bus);
    deliver_on_done(deliver, DELIVERY_OF_TASK, flow_task_done, server->flow);
    deliver_on_done(deliver, DELIVERY_OF_SUBSCRIPTION, subscription_done, server);
    deliver_on_retry(deliver, DELIVERY_OF_SUBSCRIPTION, logs_subscription_failed, server->logs);
    logs_subscriptions_open(server->logs, deliver, destination_known, server);
    logs_metrics_open(server->logs, server->metrics);
    writer_on_timer(server->writer, TIMER_METRICS, metrics_due, server->metrics);
    deliver_on_wanted(deliver, DELIVERY_OF_TASK, flow_task_wanted, server->flow);
    flow_on_ready(server->flow, api_wake, server->api);
    deliver_on_rollback(deliver, rooms_after_rollback, server);
    deliver_resume(deliver, server->store, server->writer);
    writer_on_timer(server->writer, TIMER_DELIVER, deliver_due, deliver);
    writer_on_timer(server->writer, TIMER_FLOW, flow_due, server->flow);
    writer_on_timer(server->writer, TIMER_LOGS, logs_due, server->logs);
    struct logs_pack_settings pack = { .store = server->store,
                                       .writer = server->writer,
                                       .scanner = server->scanner,
                                       .age_ms = server->settings.logs_pack_age_ms,
                                       .store_bytes_max = (uint64_t)server->settings.store_bytes_max,
                                       .dropped = logs_dropped,
                                       .dropped_self = server };
    logs_pack_start(server->logs, &pack);
    server->rooms = (struct rooms){ .store = server->store,
                                    .writer = server->writer,
                                    .deliver = deliver,
                                    .logs = server->logs,
                                    .tail = server->tail,
                                    .exporter = server->exporter,
                                    .metrics = server->metrics,
                                    .flow = server->flow,
                                    .bus = server->bus,
                                    .tables = server->tables,
                                    .queries = server->queries,
                                    .scanner = server->scanner,
                                    .activity = server->activity };
}

/* ID:SECRET or ID:SECRET:ACCOUNT */
static enum err read_key(struct str text, struct sigv4_key *ret, struct diag *reterr)
{
    struct str rest;
    str_cut(text, ':', &ret->id, &rest);
    str_cut(rest, ':', &ret->secret, &ret->account);
    bool digits = ret->account.len == 0 || ret->account.len == 12;
    for (size_t i = 0; i < ret->account.len; i++)
        digits = digits && ret->account.ptr[i] >= '0' && ret->account.ptr[i] <= '9';
    if (ret->id.len == 0 || ret->secret.len == 0 || !digits)
        return diag_set(reterr, ERR_INVALID,
                        "--key is ID:SECRET or ID:SECRET:ACCOUNT, the account twelve digits; the one "
                        "beginning with '%.*s' "
                        "is not",
                        STR_ARG(ret->id));
    return ERR_OK;
}

static enum err open_api(struct server *server, struct diag *reterr)
{
    const struct settings *settings = &server->settings;
    struct sigv4_key *keys = ARENA_ARRAY(&server->arena, struct sigv4_key, settings->keys.len + 1);
    for (size_t i = 0; i < settings->keys.len; i++) {
        enum err err = read_key(settings->keys.at[i], &keys[i], reterr);
        if (err)
            return err;
    }
    enum err err = http_listen_check(arena_cstr(&server->arena, settings->listen), &server->loopback, reterr);
    if (err)
        return err;
    if (settings->keys.len == 0 && !server->loopback)
        return diag_set(
            reterr, ERR_INVALID,
            "%.*s is not a loopback address: give the keys that may use the server, --key ID:SECRET",
            STR_ARG(settings->listen));
    struct api_settings api = {
        .keys = keys,
        .key_count = settings->keys.len,
        .account = settings->account,
        .region = settings->region,
        .after_rollback = rooms_after_rollback,
        .after_rollback_self = server,
        .page_note = embedded_console.len ? STR("GET /          in a browser: the web console\n")
                                          : STR("\nThis server was built without the web console. To have "
                                                "it, install Node.js 18 or later and\n"
                                                "npm (scripts/setup demo does), and run make again.\n"),
    };
    server->api = api_new(&api, &server->rooms);
    return ERR_OK;
}

static enum err open_http(struct server *server, struct diag *reterr)
{
    const struct settings *settings = &server->settings;
    struct http_settings http = {
        .listen = arena_cstr(&server->arena, settings->listen),
        .loops = (unsigned)settings->loops,
        .connections_max = (unsigned)settings->connections_max,
        .header_time_max_ms = settings->header_time_max_ms,
        .body_time_max_ms = settings->body_time_max_ms,
        .idle_time_max_ms = settings->idle_time_max_ms,
        .send_time_max_ms = settings->send_time_max_ms,
    };
    struct console_settings console = {
        .pack = str_of((const char *)embedded_console.bytes, embedded_console.len),
        .guard = { .hosts = settings->hosts.at,
                   .host_count = settings->hosts.len,
                   .origins = settings->origins.at,
                   .origin_count = settings->origins.len,
                   .loopback = server->loopback },
        .next = api_http_handler(server->api),
    };
    enum err err = console_open(&console, &server->console, reterr);
    if (err)
        return err;
    struct http_handler handler = console_http_handler(server->console);
    return http_server_open(&http, &handler, &server->http, reterr);
}

struct metric {
    const char *name, *type, *help;
    uint64_t value;
};

static void metrics_write(struct buf *out, const struct metric *rows, size_t count)
{
    for (size_t i = 0; i < count; i++)
        buf_printf(out, "# HELP %s %s\n# TYPE %s %s\n%s %llu\n", rows[i].name, rows[i].help, rows[i].name,
                   rows[i].type, rows[i].name, (unsigned long long)rows[i].value);
}

static void write_logs_metrics(void *self, struct buf *out)
{
    struct server *server = self;
    struct logs_pack_stats pack;
    logs_pack_stats(server->logs, &pack);
    const struct metric rows[] = {
        { "crema_logs_packs_total", "counter", "Packings of log events into blocks.", pack.packs },
        { "crema_logs_blocks_total", "counter", "Blocks of log events written.", pack.blocks },
        { "crema_logs_merges_total", "counter", "Blocks of log events merged or written anew.", pack.merges },
        { "crema_logs_packs_refused_total", "counter", "Packings made for nothing, and made again.",
          pack.refused },
        { "crema_logs_dropped_events_total", "counter",
          "Events deleted because the store was over its limit.", pack.dropped_events },
        { "crema_logs_dropped_bytes_total", "counter", "Their messages' bytes.", pack.dropped_bytes },
        { "crema_logs_packs_failed_total", "counter", "Packings of log events that cannot be read.",
          pack.failed },
    };
    metrics_write(out, rows, sizeof(rows) / sizeof(rows[0]));
}

static void write_filter_metrics(void *self, struct buf *out)
{
    struct server *server = self;
    struct logs_filter_stats filters;
    struct metrics_stats metrics;
    logs_filter_stats(server->logs, &filters);
    metrics_stats(server->metrics, &metrics);
    const struct metric rows[] = {
        { "crema_log_subscription_records_total", "counter", "Records that subscription filters passed on.",
          filters.records },
        { "crema_log_subscription_events_total", "counter", "Log events in them.", filters.events },
        { "crema_metrics_values_total", "counter", "Values added to metrics, merged by minute.",
          metrics.added },
        { "crema_metrics_left_out_total", "counter",
          "Values left out because their metric has too many sets of dimensions, or the server counts for "
          "too "
          "many things at once.",
          metrics.left_out },
    };
    metrics_write(out, rows, sizeof(rows) / sizeof(rows[0]));
}

static void write_metrics(void *self, struct buf *out)
{
    struct server *server = self;
    struct store_stats store;
    struct writer_stats writer;
    struct deliver_stats deliver;
    struct bus_stats bus;
    struct flow_stats flow;
    struct http_stats http;
    struct logs_tail_stats tail;
    logs_tail_stats(server->tail, &tail);
    struct queries_stats queries;
    queries_stats(server->queries, &queries);
    store_stats(server->store, &store);
    writer_stats(server->writer, &writer);
    deliver_stats(server->deliver, &deliver);
    bus_stats(server->bus, &bus);
    flow_stats(server->flow, &flow);
    http_stats(server->http, &http);
    const struct metric rows[] = {
        { "crema_store_commits_total", "counter", "Batches made durable.", store.commits },
        { "crema_store_sequence", "gauge", "Sequence number of the last durable batch.", store.sequence },
        { "crema_store_journal_bytes", "gauge", "Bytes of journal on disk.", store.journal_bytes },
        { "crema_store_view_bytes", "gauge", "Bytes of keys and values, in memory too.", store.view_bytes },
        { "crema_store_disk_bytes", "gauge", "Bytes of journal, keys and values on disk.", store.disk_bytes },
        { "crema_writer_commands_total", "counter", "Commands run.", writer.commands },
        { "crema_writer_refused_total", "counter", "Commands refused for want of room.", writer.refused },
        { "crema_writer_rolled_back_total", "counter", "Commands rolled back.", writer.rolled_back },
        { "crema_writer_timers_total", "counter", "Timers that came due.", writer.timers_due },
        { "crema_writer_queued", "gauge", "Commands waiting.", writer.queued },
        { "crema_deliveries_total", "counter", "Deliveries delivered.", deliver.delivered },
        { "crema_deliveries_retried_total", "counter", "Deliveries to be tried again.", deliver.retried },
        { "crema_deliveries_rejected_total", "counter", "Deliveries that failed for good.",
          deliver.rejected },
        { "crema_deliveries_stored_total", "counter", "Deliveries put off to a later command.",
          deliver.stored },
        { "crema_deliveries_under_way", "gauge", "Attempts outside the server that have not ended.",
          deliver.under_way },
        { "crema_deliveries_damaged_total", "counter", "Stored deliveries that cannot be read.",
          deliver.damaged },
        { "crema_events_total", "counter", "Events put on a bus.", bus.events },
        { "crema_events_deliveries_total", "counter", "Deliveries that rules made of them.", bus.deliveries },
        { "crema_events_missing_bus_total", "counter", "Events for a bus that does not exist.",
          bus.missing_bus },
        { "crema_events_rejected_total", "counter", "Deliveries of rules that did not arrive.",
          bus.rejected },
        { "crema_express_executions_started_total", "counter", "Executions of Express machines started.",
          flow.express_started },
        { "crema_express_executions_succeeded_total", "counter", "Those that succeeded.",
          flow.express_succeeded },
        { "crema_express_executions_failed_total", "counter", "Those that ended otherwise.",
          flow.express_failed },
        { "crema_express_transitions_total", "counter", "States that they entered.",
          flow.express_transitions },
        { "crema_tail_sessions", "gauge", "Live tails of log groups.", tail.sessions },
        { "crema_tail_events_total", "counter", "Events given to live tails.", tail.given },
        { "crema_tail_dropped_total", "counter", "Events that live tails were told they did not get.",
          tail.dropped },
        { "crema_queries_total", "counter", "Queries of log groups started.", queries.started },
        { "crema_queries_failed_total", "counter", "Queries that failed or timed out.", queries.failed },
        { "crema_queries_running", "gauge", "Queries that run or wait to.", queries.running },
        { "crema_queries_results_bytes", "gauge", "Results of queries kept in memory.",
          queries.results_bytes },
        { "crema_queries_events_total", "counter", "Events that queries went through.",
          queries.scanned_events },
        { "crema_http_connections", "gauge", "Open connections.", http.connections },
        { "crema_http_refused_total", "counter", "Requests refused before they were read whole.",
          http.refused },
    };
    metrics_write(out, rows, sizeof(rows) / sizeof(rows[0]));
}

static void write_custom_metrics(void *self, struct buf *out)
{
    struct server *server = self;
    struct store_reader *reader = store_snapshot(server->store);
    enum err err = metrics_expose(reader, out);
    if (err)
        fprintf(stderr, "crema: GET /metrics: metrics cannot be read: %s\n", err_text(err));
    store_snapshot_release(&reader);
}

static void look_at_activity(void *self, struct activity_counters *ret)
{
    struct server *server = self;
    struct writer_stats writer;
    struct deliver_stats deliver;
    struct bus_stats bus;
    struct flow_stats flow;
    writer_stats(server->writer, &writer);
    deliver_stats(server->deliver, &deliver);
    bus_stats(server->bus, &bus);
    flow_stats(server->flow, &flow);
    *ret = (struct activity_counters){
        .events = bus.events,
        .matches = bus.deliveries,
        .delivered = deliver.delivered,
        .retried = deliver.retried,
        .rejected = deliver.rejected,
        .missing_bus = bus.missing_bus,
        .executions_started = flow.started + flow.express_started,
        .executions_succeeded = flow.succeeded + flow.express_succeeded,
        .executions_failed = flow.failed + flow.express_failed,
        .commands = writer.commands,
    };
}

/* ---- run and close ---- */

static enum err server_open(struct server *server, struct diag *reterr)
{
    bool is_virtual = str_eq(server->settings.clock, STR("virtual"));
    if (!is_virtual && !str_eq(server->settings.clock, STR("machine")))
        return diag_set(reterr, ERR_INVALID, "--clock is machine or virtual, not '%.*s'",
                        STR_ARG(server->settings.clock));
    enum err err = open_api(server, reterr);
    if (!err)
        err = open_functions(server, reterr); /* what is wrong in settings is said before a folder is made */
    if (!err)
        err = open_floor(server, reterr);
    if (!err)
        err = writer_clock_open(server->writer, is_virtual, reterr);
    if (!err)
        err = open_rooms(server);
    if (!err)
        err = open_tail(server, reterr);
    if (err)
        return err;
    server->activity = activity_new(look_at_activity, server);
    wire_rooms(server);
    api_add_metrics(server->api, write_metrics, server);
    api_add_metrics(server->api, write_logs_metrics, server);
    api_add_metrics(server->api, write_filter_metrics, server);
    api_add_metrics(server->api, write_custom_metrics, server);
    return open_http(server, reterr);
}

static void server_close(struct server *server)
{
    queries_stop(server->queries);
    if (server->scanner)
        logs_scanner_stop(server->scanner); /* its tasks answer calls and hold snapshots */
    http_server_close(&server->http);
    activity_close(&server->activity);
    console_close(&server->console);
    http_sender_close(&server->sender, 0);
    writer_close(&server->writer);
    logs_scanner_close(&server->scanner);
    queries_close(&server->queries);
    api_free(&server->api);
    tables_close(&server->tables);
    bus_close(&server->bus);
    flow_close(&server->flow);
    logs_close(&server->logs);
    logs_exporter_close(&server->exporter);
    logs_tail_close(&server->tail);
    metrics_close(&server->metrics);
    deliver_close(&server->deliver);
    targets_close(&server->targets);
    store_close(&server->store);
    arena_fini(&server->arena);
}

static enum err server_run(struct server *server, struct diag *reterr)
{
    logs_exporter_after_commit(server->exporter); /* what an earlier process has left goes on */
    enum err err = writer_start(server->writer, reterr);
    if (!err)
        err = activity_start(server->activity, reterr);
    if (!err)
        err = http_server_start(server->http, reterr);
    if (err)
        return err;
    struct str host = server->settings.listen;
    while (host.len && host.ptr[host.len - 1] != ':')
        host.len--;
    printf("Crema is ready on http://%.*s%u\n", STR_ARG(host), http_server_port(server->http));
    (void)fflush(stdout);
    const char *signal = signals_wait();
    fprintf(stderr, "crema: %s, finishing what was received\n", signal);
    api_drain(server->api);
    logs_tail_stop(server->tail);
    http_server_stop(server->http, server->settings.drain_time_max_ms);
    deliver_pause(server->deliver);
    http_sender_close(&server->sender, server->settings.drain_time_max_ms);
    metrics_meters_finish(server->metrics, server->writer);
    return ERR_OK;
}

static int serve_help(void)
{
    puts("usage: crema serve [flags]\n\nEach flag is a variable CREMA_... and a line of the settings file "
         "too.\n");
    settings_print_help(stdout);
    return 0;
}

static int serve(int argc, char **argv)
{
    struct server server = { 0 };
    struct diag diag = { { 0 } };
    for (int i = 0; i < argc; i++) {
        if (strcmp(argv[i], "--help") == 0)
            return serve_help();
    }
    signals_block();
    enum err err = settings_read(&server.arena, argc, argv, &server.settings, &diag);
    bool misused = err != ERR_OK;
    if (!err) {
        clock_offset_set(server.settings.clock_offset_ms);
        err = server_open(&server, &diag);
        misused = err == ERR_INVALID;
    }
    if (!err)
        err = server_run(&server, &diag);
    if (err)
        fprintf(stderr, "crema serve: %s\n", diag.text[0] ? diag.text : err_text(err));
    server_close(&server);
    return err ? misused ? 2 : 1 : 0;
}

/* ---- commands ---- */

static void print_help(FILE *out)
{
    fputs("usage: crema COMMAND [arguments]\n\n"
          "  serve      run a server: all services on one port; crema serve --help lists the settings\n",
          out);
    for (int i = 0; i < COMMANDS; i++)
        fprintf(out, "  %-10s %s\n", commands[i]->name, commands[i]->doc);
    fputs("  version    print the version\n"
          "  help       print this; crema help COMMAND says more of one\n",
          out);
}

static const struct cli_command *command_named(const char *name)
{
    for (int i = 0; i < COMMANDS; i++)
        if (strcmp(name, commands[i]->name) == 0)
            return commands[i];
    return NULL;
}

static int help(int argc, char **argv)
{
    const char *name = argc > 0 ? argv[0] : "";
    const struct cli_command *command = command_named(name);
    if (command)
        return cli_help(command);
    if (strcmp(name, "serve") == 0)
        return serve_help();
    if (strcmp(name, "settings-markdown") == 0)
        settings_print_markdown(stdout); /* for docs/reference/settings.md */
    else
        print_help(stdout);
    return 0;
}

int main(int argc, char **argv)
{
    const char *name = argc > 1 ? argv[1] : "";
    if (strcmp(name, "serve") == 0)
        return serve(argc - 2, argv + 2);
    if (strcmp(name, "version") == 0 || strcmp(name, "--version") == 0) {
        puts("crema " CREMA_VERSION);
        return 0;
    }
    if (strcmp(name, "help") == 0 || strcmp(name, "--help") == 0)
        return help(argc - 2, argv + 2);
    const struct cli_command *command = command_named(name);
    if (command)
        return argc == 3 && strcmp(argv[2], "--help") == 0 ? cli_help(command)
                                                           : command->run(argc - 2, argv + 2);
    if (*name)
        fprintf(stderr, "crema: there is no command '%s'\n\n", name);
    print_help(stderr);
    return 2;
}
