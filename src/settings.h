/* settings.h - what a server is told: flags over CREMA_* variables over a TOML file over defaults.
 *
 * One table (settings.c) names every setting with its type, default, limits and
 * meaning; flags, variables, the file, `crema serve --help` and
 * docs/reference/settings.md all come from it. Read once at start, then handed down.
 */
#ifndef SETTINGS_H
#define SETTINGS_H

#include "base/arena.h"
#include "base/err.h"

#include <stdio.h>

struct settings_list {
    struct str *at;
    size_t len;
};

struct settings {
    struct str config, listen, data, region, account;
    bool ephemeral;
    struct settings_list keys, hosts, origins;
    int64_t loops, connections_max, header_time_max_ms, body_time_max_ms, idle_time_max_ms, send_time_max_ms;
    int64_t drain_time_max_ms;
    int64_t queue_max, group_max, group_bytes_max;
    int64_t scan_threads, scans_waiting_max, logs_pack_age_ms, store_bytes_max;
    int64_t queries_running_max, query_bytes_max, query_results_bytes_max, query_time_max_ms;
    int64_t journal_segment_bytes, view_buffer_bytes, cache_bytes, disk_free_bytes_min;
    int64_t put_events_bytes_max, event_hops_max, bus_rules_max, rules_cached_max, rule_targets_max;
    int64_t inbox_events_max, recent_events_max, recent_bytes_max, service_metrics_write_ms;
    int64_t rule_pattern_characters_max, pattern_combinations_max, pattern_wildcard_cost_max, wildcard_rules_max;
    int64_t deliveries_per_command_max, delivery_attempts_max, delivery_age_max_ms;
    bool stream_per_event;
    struct str export_folder;
    int64_t tail_sessions_max, tail_update_events_max, tail_behind_bytes_max, tail_time_max_ms;
    int64_t transitions_per_command_max;
    int64_t history_events_max;
    struct settings_list functions, subscription_origins;
    struct str function_default;
    int64_t function_time_max_ms, functions_under_way_max;
    struct str clock;
    int64_t clock_offset_ms;
};

/* argv: what follows `crema serve`. ERR_INVALID: reterr says which flag, variable, or
 * file and line. All texts live in the arena. */
enum err settings_read(struct arena *arena, int argc, char **argv, struct settings *ret,
                       struct diag *reterr) MUST_USE;

/* The table for people: aligned text, or Markdown. */
void settings_print_help(FILE *out);
void settings_print_markdown(FILE *out);

#endif
