/* settings.c - the table of settings, and how flags, variables and the file fill it.
 *
 * Truths: 1. A name stands once, here; its flag is --its-name, its variable CREMA_ITS_NAME, in the file
 *            its_name.
 *         2. What is not a setting, or not a value of its type and limits, is refused with its place.
 */
#include "settings.h"

#include "settings_file.h"

#include <ctype.h>
#include <stddef.h>
#include <stdlib.h>

enum setting_type { SETTING_TEXT, SETTING_NUMBER, SETTING_SWITCH, SETTING_LIST };

struct setting {
    const char *name;
    enum setting_type type;
    size_t offset;
    const char *value; /* the default; NULL: none */
    int64_t min, max;  /* of a number */
    const char *doc;
};

#define AT(name) offsetof(struct settings, name)
#define TEXT(name, value, doc) #name, SETTING_TEXT, AT(name), value, 0, 0, doc
#define LIST(name, doc) #name, SETTING_LIST, AT(name), NULL, 0, 0, doc /* its flag is in the singular */
#define SWITCH(name, value, doc) #name, SETTING_SWITCH, AT(name), value, 0, 0, doc
#define NUMBER(name, value, min, max, doc) #name, SETTING_NUMBER, AT(name), #value, min, max, doc

static const struct setting table[] = {
    { TEXT(config, NULL, "TOML file with settings, named as here with underscores") },
    { TEXT(listen, "127.0.0.1:4566", "address and port for all services; port 0 takes a free one") },
    { TEXT(data, "crema-data", "data folder; made if absent") },
    { SWITCH(ephemeral, "false", "keep everything in memory, nothing outlives the process") },
    { LIST(keys, "access keys, each ID:SECRET or ID:SECRET:ACCOUNT; with keys every signature is verified") },
    { TEXT(region, "us-east-1", "region of requests that name none") },
    { TEXT(account, "000000000000", "account of access keys that name none") },
    { LIST(hosts, "names besides localhost by which browsers may reach a server on a loopback address") },
    { LIST(origins, "origins of web pages that may use the API, each as https://app.example:8443; the "
                    "console's always may") },
    { NUMBER(loops, 0, 0, 64, "event loops; 0: one a core") },
    { NUMBER(connections_max, 10000, 1, 1000000, "open connections; further ones are answered 503") },
    { NUMBER(header_time_max_ms, 10000, 10, 3600000, "time to send a request's head") },
    { NUMBER(body_time_max_ms, 60000, 10, 3600000, "time to send a request's body") },
    { NUMBER(idle_time_max_ms, 120000, 10, 86400000, "time an idle connection is kept") },
    { NUMBER(send_time_max_ms, 60000, 10, 3600000, "time a client may take to read an answer") },
    { NUMBER(drain_time_max_ms, 10000, 0, 3600000, "time to finish what was received after SIGTERM") },
    { NUMBER(queue_max, 65536, 1, 10000000,
             "writes waiting for the journal; further ones are answered 503") },
    { NUMBER(group_max, 1024, 1, 1000000, "writes in one commit") },
    { NUMBER(group_bytes_max, 4194304, 4096, 1073741824,
             "bytes in one commit after which it takes no further write") },
    { NUMBER(scan_threads, 0, 0, 64, "threads that search and pack logs; 0: one a core") },
    { NUMBER(scans_waiting_max, 1024, 1, 1000000,
             "searches waiting for a thread; further ones are answered 503") },
    { NUMBER(logs_pack_age_ms, 60000, 10, 86400000,
             "time after which log events are packed, however few they are") },
    { NUMBER(store_bytes_max, 0, 0, 1152921504606846976,
             "size of the store on the disk over which the oldest log events go; 0: no limit") },
    { NUMBER(queries_running_max, 100, 1, 10000, "Logs Insights queries at once; further ones are refused") },
    { NUMBER(query_bytes_max, 268435456, 1048576, 68719476736,
             "memory of one query's groups and rows; one that needs more fails") },
    { NUMBER(query_results_bytes_max, 268435456, 1048576, 68719476736,
             "results of queries kept in memory; the oldest go first") },
    { NUMBER(query_time_max_ms, 3600000, 100, 86400000, "time a query may run") },
    { NUMBER(journal_segment_bytes, 16777216, 65536, 1073741824, "size of a journal segment") },
    { NUMBER(view_buffer_bytes, 33554432, 1048576, 4294967296, "write buffer of the key view") },
    { NUMBER(cache_bytes, 33554432, 1048576, 68719476736, "block cache of the key view") },
    { NUMBER(disk_free_bytes_min, 67108864, 1048576, 1099511627776,
             "free disk under which writes are refused") },
    { NUMBER(put_events_bytes_max, 1048576, 1024, 1048576, "total size of the entries of one PutEvents") },
    { NUMBER(event_hops_max, 5, 1, 1000,
             "buses an event may be handed on to by rules before it is stopped") },
    { NUMBER(bus_rules_max, 300, 1, 10000000, "rules of one bus") },
    { NUMBER(rules_cached_max, 100000, 1, 10000000,
             "rules kept compiled in memory, of all buses; of one bus that has more, all") },
    { NUMBER(rule_targets_max, 5, 1, 100, "targets of one rule") },
    { NUMBER(rule_pattern_characters_max, 2048, 1, 4096, "characters of a rule's event pattern") },
    { NUMBER(pattern_combinations_max, 1000, 1, 10000, "ways through all $or of an event pattern") },
    { NUMBER(pattern_wildcard_cost_max, 10, 1, 10000,
             "what the wildcards of one field of a pattern may cost together, see patterns.md") },
    { NUMBER(wildcard_rules_max, 30, 1, 1000000, "rules of one bus that may have wildcards") },
    { NUMBER(inbox_events_max, 1000, 1, 1000000, "undelivered events kept to be looked at") },
    { NUMBER(recent_events_max, 10000, 0, 1000000,
             "events kept in memory to be looked at, with what became of them; 0: none") },
    { NUMBER(recent_bytes_max, 16777216, 1048576, 1073741824, "bytes of memory for them") },
    { NUMBER(service_metrics_write_ms, 10000, 0, 60000,
             "time after which the server's metrics under AWS/ are written; 0: there are none") },
    { NUMBER(deliveries_per_command_max, 1000, 1, 1000000,
             "deliveries carried in the commit of their cause") },
    { NUMBER(delivery_attempts_max, 185, 0, 185,
             "attempts after the first for a delivery that may be tried again") },
    { NUMBER(delivery_age_max_ms, 86400000, 60000, 86400000, "age after which a delivery is given up") },
    { SWITCH(stream_per_event, "true", "a log stream for each event of a rule; false: one a rule and hour") },
    { TEXT(export_folder, NULL,
           "folder below which CreateExportTask writes, a folder for each bucket; none: it is refused") },
    { NUMBER(tail_sessions_max, 15, 1, 1000, "live tails of log groups at once") },
    { NUMBER(tail_update_events_max, 500, 1, 1000000,
             "events a second that StartLiveTail gives; of more, a sample") },
    { NUMBER(tail_behind_bytes_max, 33554432, 65536, 4294967296,
             "events that wait for one live tail; the oldest of more are dropped, and it is told so") },
    { NUMBER(tail_time_max_ms, 10800000, 100, 86400000, "time a live tail may last") },
    { NUMBER(transitions_per_command_max, 1000, 1, 100000,
             "state transitions of an execution in one commit") },
    { NUMBER(history_events_max, 25000, 100, 100000000,
             "events in the history of an execution; the last is its failure") },
    { LIST(functions, "endpoints of functions, each NAME=URL or ARN=URL; tasks POST their payload there") },
    { TEXT(function_default, NULL, "URL for all other functions; {function} in it is the name") },
    { NUMBER(function_time_max_ms, 900000, 10, 86400000,
             "time a function or an endpoint may take to answer") },
    { LIST(subscription_origins,
           "origins to which subscription filters may post, each as https://app.example:8443; "
           "none: to this machine, while the server listens on a loopback address, without keys") },
    { NUMBER(functions_under_way_max, 256, 1, 10000,
             "calls of functions and endpoints at once; further ones wait") },
    { TEXT(clock, "machine",
           "machine, or virtual: time that stands and moves as it is told, for those who test workflows") },
    { NUMBER(clock_offset_ms, 0, -4102444800000, 4102444800000, "moves the server's clock; for tests") },
};

enum { SETTINGS = sizeof(table) / sizeof(table[0]) };

static const char *const type_names[] = { "text", "number", "switch", "list" };

static bool is_named(struct str name, struct str own)
{
    if (own.len != name.len)
        return false;
    size_t k = 0;
    while (k < name.len && (name.ptr[k] == '-' ? '_' : name.ptr[k]) == own.ptr[k])
        k++;
    return k == name.len;
}

static const struct setting *setting_find(struct str name)
{
    for (size_t i = 0; i < SETTINGS; i++)
        if (is_named(name, str_from(table[i].name)))
            return &table[i];
    return NULL;
}

static void list_add(struct arena *arena, struct settings_list *list, struct str item)
{
    struct str *at = ARENA_ARRAY(arena, struct str, list->len + 1);
    if (list->len)
        memcpy(at, list->at, list->len * sizeof(*at));
    at[list->len] = arena_copy(arena, item);
    list->at = at;
    list->len++;
}

static enum err setting_set(struct arena *arena, const struct setting *setting, struct settings *settings,
                            struct str value, const char *where, struct diag *reterr)
{
    char *at = (char *)settings + setting->offset;
    switch (setting->type) {
    case SETTING_TEXT:
        if (value.len == 0)
            return diag_set(reterr, ERR_INVALID, "%s: %s wants a value", where, setting->name);
        *(struct str *)(void *)at = arena_copy(arena, value);
        return ERR_OK;
    case SETTING_LIST:
        list_add(arena, (struct settings_list *)(void *)at, value);
        return ERR_OK;
    case SETTING_SWITCH: {
        bool on = str_eq(value, STR("true"));
        if (!on && !str_eq(value, STR("false")))
            return diag_set(reterr, ERR_INVALID, "%s: %s is true or false, not '%.*s'", where, setting->name,
                            STR_ARG(value));
        *(bool *)(void *)at = on;
        return ERR_OK;
    }
    case SETTING_NUMBER: {
        int64_t number;
        if (!str_to_i64(value, &number) || number < setting->min || number > setting->max)
            return diag_set(reterr, ERR_INVALID, "%s: %s is a whole number from %lld to %lld, not '%.*s'",
                            where, setting->name, (long long)setting->min, (long long)setting->max,
                            STR_ARG(value));
        *(int64_t *)(void *)at = number;
        return ERR_OK;
    }
    }
    return diag_set(reterr, ERR_INVALID, "%s: %s has no type", where, setting->name);
}

static enum err read_defaults(struct arena *arena, struct settings *settings, struct diag *reterr)
{
    enum err err = ERR_OK;
    for (size_t i = 0; i < SETTINGS && !err; i++)
        if (table[i].value)
            err = setting_set(arena, &table[i], settings, str_from(table[i].value), "default", reterr);
    return err;
}

struct file_reading {
    struct arena *arena;
    struct settings *settings;
};

static enum err file_pair(void *self, struct str name, struct str value, const char *where,
                          struct diag *reterr)
{
    struct file_reading *reading = self;
    const struct setting *setting = setting_find(name);
    if (!setting || setting->offset == offsetof(struct settings, config))
        return diag_set(reterr, ERR_INVALID, "%s: '%.*s' is no setting", where, STR_ARG(name));
    return setting_set(reading->arena, setting, reading->settings, value, where, reterr);
}

static enum err read_file(struct arena *arena, struct str path, struct settings *settings,
                          struct diag *reterr)
{
    struct file_reading reading = { arena, settings };
    return settings_file_read(arena, arena_cstr(arena, path), file_pair, &reading, reterr);
}

static const char *variable_of(const struct setting *setting, char *name, size_t size)
{
    snprintf(name, size, "CREMA_%s", setting->name);
    for (char *c = name; *c; c++)
        *c = (char)toupper((unsigned char)*c);
    return getenv(name);
}

static enum err read_variables(struct arena *arena, struct settings *settings, struct diag *reterr)
{
    for (size_t i = 0; i < SETTINGS; i++) {
        char name[64];
        const char *value = variable_of(&table[i], name, sizeof(name));
        if (!value)
            continue;
        struct str rest = str_from(value), item = rest;
        if (table[i].type == SETTING_LIST)
            *(struct settings_list *)(void *)((char *)settings + table[i].offset) =
                (struct settings_list){ 0 };
        do {
            if (table[i].type == SETTING_LIST)
                str_cut(rest, ',', &item, &rest);
            enum err err = setting_set(arena, &table[i], settings, item, name, reterr);
            if (err)
                return err;
        } while (table[i].type == SETTING_LIST && rest.len);
    }
    return ERR_OK;
}

static struct str flag_of_list(const struct setting *setting)
{
    return str_of(setting->name, strlen(setting->name) - 1);
}

struct flag {
    const struct setting *setting;
    struct str value;
    const char *text; /* as it was given, for messages */
};

/* One flag with its value; *at moves past both. */
static enum err read_flag(int argc, char **argv, int *at, struct flag *ret, struct diag *reterr)
{
    struct str argument = str_from(argv[*at]), name;
    ret->text = argv[(*at)++];
    if (!str_starts(argument, STR("--")))
        return diag_set(reterr, ERR_INVALID, "'%s' is not a flag of crema serve; see crema serve --help",
                        ret->text);
    bool inline_value = str_cut(str_from_offset(argument, 2), '=', &name, &ret->value);
    ret->setting = setting_find(name);
    /* --key, once for each, reads better than --keys. */
    for (size_t i = 0; i < SETTINGS && !ret->setting; i++)
        if (table[i].type == SETTING_LIST && is_named(name, flag_of_list(&table[i])))
            ret->setting = &table[i];
    if (!ret->setting)
        return diag_set(reterr, ERR_INVALID, "'%s' is not a flag of crema serve; see crema serve --help",
                        ret->text);
    if (inline_value)
        return ERR_OK;
    if (ret->setting->type == SETTING_SWITCH) {
        ret->value = STR("true");
        return ERR_OK;
    }
    if (*at >= argc)
        return diag_set(reterr, ERR_INVALID, "%s wants a value", ret->text);
    ret->value = str_from(argv[(*at)++]);
    return ERR_OK;
}

enum err settings_read(struct arena *arena, int argc, char **argv, struct settings *ret, struct diag *reterr)
{
    struct settings settings = { 0 };
    enum err err = read_defaults(arena, &settings, reterr);
    struct str config = str_from(getenv("CREMA_CONFIG"));
    struct flag flag;
    for (int at = 0; at < argc && !err;) {
        err = read_flag(argc, argv, &at, &flag, reterr);
        if (!err && flag.setting->offset == offsetof(struct settings, config))
            config = flag.value;
    }
    if (!err && config.len)
        err = read_file(arena, config, &settings, reterr);
    if (!err)
        err = read_variables(arena, &settings, reterr);
    bool given[SETTINGS] = { false };
    for (int at = 0; at < argc && !err;) {
        err = read_flag(argc, argv, &at, &flag, reterr);
        if (err)
            break;
        /* Flags replace what the file and the variable gave. */
        if (flag.setting->type == SETTING_LIST && !given[flag.setting - table])
            *(struct settings_list *)(void *)((char *)&settings + flag.setting->offset) =
                (struct settings_list){ 0 };
        given[flag.setting - table] = true;
        err = setting_set(arena, flag.setting, &settings, flag.value, flag.text, reterr);
    }
    if (!err)
        *ret = settings;
    return err;
}

static void flag_name(const struct setting *setting, char *name, size_t size)
{
    size_t len = strlen(setting->name) - (setting->type == SETTING_LIST ? 1 : 0);
    snprintf(name, size, "--%.*s", (int)len, setting->name);
    for (char *c = name; *c; c++)
        if (*c == '_')
            *c = '-';
}

void settings_print_help(FILE *out)
{
    for (size_t i = 0; i < SETTINGS; i++) {
        char name[64];
        flag_name(&table[i], name, sizeof(name));
        fprintf(out, "  %-31s %s", name, table[i].doc);
        if (table[i].value)
            fprintf(out, " (%s)", table[i].value);
        fputc('\n', out);
    }
}

void settings_print_markdown(FILE *out)
{
    fputs("| flag | variable | in the file | type | default | meaning |\n|---|---|---|---|---|---|\n", out);
    for (size_t i = 0; i < SETTINGS; i++) {
        char name[64], variable[64];
        flag_name(&table[i], name, sizeof(name));
        (void)variable_of(&table[i], variable, sizeof(variable));
        fprintf(out, "| `%s` | `%s` | %s%s%s | %s", name, variable, i ? "`" : "", i ? table[i].name : "-",
                i ? "`" : "", type_names[table[i].type]);
        if (table[i].type == SETTING_NUMBER)
            fprintf(out, " %lld to %lld", (long long)table[i].min, (long long)table[i].max);
        fprintf(out, " | %s%s%s | %s |\n", table[i].value ? "`" : "", table[i].value ? table[i].value : "",
                table[i].value ? "`" : "", table[i].doc);
    }
}
