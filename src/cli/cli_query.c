/* cli_query.c - crema query: a Logs Insights query for people, against a running server. */
#include "base/time.h"
#include "base/vec.h"
#include "cli/cli.h"
#include "cli/cli_call.h"
#include "cli/cli_query.h"
#include "io/clock.h"
#include "io/process.h"
#include "io/thread.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    GROUPS_MAX = 50,
    ANSWER_BYTES_MAX = 64 << 20,
    WAIT_FIRST_MS = 20,
    WAIT_MAX_MS = 500,
    HOUR_MS = 3600000
};

struct options {
    const char *endpoint, *groups[GROUPS_MAX], *query;
    size_t group_count;
    int64_t start_ms, end_ms, since_ms; /* start_ms negative: so long before the end */
    bool json;
};

/* ---- flags ---- */

/* 90s, 15m, 1h, 2d, 1w */
static bool read_span(const char *text, int64_t *ret_ms)
{
    static const struct {
        char unit;
        int64_t ms;
    } units[] = { { 's', 1000 },
                  { 'm', 60000 },
                  { 'h', HOUR_MS },
                  { 'd', 24 * (int64_t)HOUR_MS },
                  { 'w', 168 * (int64_t)HOUR_MS } };
    struct str span = str_from(text);
    int64_t count;
    if (span.len < 2 || !str_to_i64(str_slice(span, 0, span.len - 1), &count) || count < 1 || count > 1000000)
        return false;
    for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++)
        if (units[i].unit == span.ptr[span.len - 1]) {
            *ret_ms = count * units[i].ms;
            return true;
        }
    return false;
}

/* 2026-11-28T15:00:00Z, 2026-11-28 15:00:00 (UTC), or seconds since 1970. */
static bool read_moment(const char *text, int64_t *ret_ms)
{
    struct str moment = str_from(text);
    char room[40];
    int64_t seconds;
    if (time_parse(moment, ret_ms))
        return true;
    if (str_to_i64(moment, &seconds)) {
        *ret_ms = seconds * 1000;
        return seconds >= 0 && seconds < 100000000000;
    }
    if (moment.len < 19 || moment.len > 30 || moment.ptr[10] != ' ')
        return false;
    int len =
        snprintf(room, sizeof(room), "%.*sT%.*sZ", 10, moment.ptr, (int)moment.len - 11, moment.ptr + 11);
    return time_parse(str_of(room, (size_t)len), ret_ms);
}

static int read_value(const char *flag, const char *value, struct options *options)
{
    if (!value)
        return cli_misused(&cli_query, flag, "wants a value");
    if (strcmp(flag, "--endpoint") == 0) {
        options->endpoint = value;
    } else if (strcmp(flag, "--since") == 0) {
        if (!read_span(value, &options->since_ms))
            return cli_misused(&cli_query, "--since wants a number and s, m, h, d or w", value);
    } else if (!read_moment(value, strcmp(flag, "--start") == 0 ? &options->start_ms : &options->end_ms)) {
        return cli_misused(&cli_query, "no moment as 2026-11-28T15:00:00Z, nor seconds since 1970", value);
    }
    return 0;
}

static int read_arguments(int argc, char **argv, struct options *options)
{
    static const char *const flags[] = { "--endpoint", "--since", "--start", "--end" };
    for (int i = 0; i < argc;) {
        const char *value = NULL, *flag = NULL;
        for (size_t j = 0; j < sizeof(flags) / sizeof(flags[0]) && !flag; j++)
            if (cli_flag(argc, argv, &i, flags[j], &value))
                flag = flags[j];
        if (flag) {
            int status = read_value(flag, value, options);
            if (status)
                return status;
        } else if (strcmp(argv[i], "--json") == 0) {
            options->json = true;
            i++;
        } else if (argv[i][0] == '-' && argv[i][1] == '-') {
            return cli_misused(&cli_query, "no such flag", argv[i]);
        } else {
            if (options->query && options->group_count == GROUPS_MAX)
                return cli_misused(&cli_query, "at most 50 log groups", argv[i]);
            if (options->query)
                options->groups[options->group_count++] = options->query;
            options->query = argv[i++]; /* the last of all */
        }
    }
    if (options->group_count == 0)
        return cli_misused(&cli_query, "which log group, and which query?", NULL);
    if (options->start_ms < 0)
        options->start_ms = options->end_ms > options->since_ms ? options->end_ms - options->since_ms : 0;
    return 0;
}

/* ---- requests ---- */

/* The answer, whatever its status, parsed; false: nobody answered. */
static bool ask(struct arena *arena, const struct options *options, const char *operation, struct str body,
                long *ret_status, struct json *ret)
{
    const char *headers[CLI_HEADERS];
    struct cli_server server = cli_server_of(options->endpoint);
    struct str target = arena_printf(arena, "Logs_20140328.%s", operation);
    struct http_call call = cli_call_of(&server, arena_cstr(arena, target), body, arena, headers);
    struct buf answer;
    struct diag diag;
    buf_init(&answer, ANSWER_BYTES_MAX);
    enum err err = http_post(&call, ret_status, &answer, &diag);
    if (err)
        fprintf(stderr, "crema query: %s; is a server running there?\n", diag.text);
    else if ((err = json_read(arena, arena_copy(arena, buf_str(&answer)), 0, ret, NULL)) != ERR_OK)
        fprintf(stderr, "crema query: the server answered %ld with something that is not JSON\n",
                *ret_status);
    buf_fini(&answer);
    return err == ERR_OK;
}

static int64_t number_of(const struct json *object, const char *name)
{
    const struct json *value = json_get_typed(object, str_from(name), JSON_NUMBER);
    int64_t number = 0;
    return value && json_number_i64(value->text, &number) ? number : 0;
}

static int refused(const struct options *options, const struct json *answer)
{
    struct str message = json_get_str(answer, STR("message"));
    const struct json *error = json_get(answer, STR("queryCompileError"));
    const struct json *location = error ? json_get(error, STR("location")) : NULL;
    if (location) {
        query_print_error(str_from(options->query), message, (size_t)number_of(location, "startCharOffset"),
                          (size_t)number_of(location, "endCharOffset"));
        return 2;
    }
    fprintf(stderr, "crema query: %.*s\n", STR_ARG(message));
    return 1;
}

static struct str start_body(struct arena *arena, const struct options *options)
{
    struct buf body;
    struct json_writer out;
    buf_init(&body, 0);
    json_writer_init(&out, &body);
    json_begin_object(&out);
    json_key(&out, STR("logGroupNames"));
    json_begin_array(&out);
    for (size_t i = 0; i < options->group_count; i++)
        json_put_str(&out, str_from(options->groups[i]));
    json_end_array(&out);
    /* In milliseconds, which the server knows from seconds by their size; before 1973 it would not. */
    bool seconds = options->start_ms < 100000000000;
    json_put_member_i64(&out, STR("startTime"), seconds ? options->start_ms / 1000 : options->start_ms);
    json_put_member_i64(&out, STR("endTime"), options->end_ms);
    json_put_member_str(&out, STR("queryString"), str_from(options->query));
    json_end_object(&out);
    struct str text = arena_copy(arena, buf_str(&body));
    buf_fini(&body);
    return text;
}

static struct str results_body(struct arena *arena, struct str id, struct str token)
{
    if (str_empty(token))
        return arena_printf(arena, "{\"queryId\":\"%.*s\"}", STR_ARG(id));
    return arena_printf(arena, "{\"queryId\":\"%.*s\",\"nextToken\":\"%.*s\"}", STR_ARG(id), STR_ARG(token));
}

/* ---- waiting, and what came ---- */

static void print_progress(const struct json *answer, bool last)
{
    const struct json *statistics = json_get(answer, STR("statistics"));
    fprintf(stderr, "\r%lld events, %lld matched%s", (long long)number_of(statistics, "recordsScanned"),
            (long long)number_of(statistics, "recordsMatched"), last ? "\r\x1b[K" : "");
    (void)fflush(stderr);
}

static bool runs(struct str status)
{
    return str_eq(status, STR("Scheduled")) || str_eq(status, STR("Running"));
}

/* The first answer that is not of a query that runs. */
static bool wait_for(struct arena *arena, const struct options *options, struct str id, long *ret_status,
                     struct json *ret)
{
    bool shows = process_shows_errors();
    struct arena scratch = { 0 };
    unsigned wait_ms = WAIT_FIRST_MS;
    for (;;) {
        arena_reset(&scratch);
        if (!ask(&scratch, options, "GetQueryResults", results_body(&scratch, id, STR_EMPTY), ret_status,
                 ret))
            break;
        bool over = *ret_status != 200 || !runs(json_get_str(ret, STR("status")));
        if (shows)
            print_progress(ret, over);
        if (over) {
            *ret = json_copy(arena, ret);
            arena_fini(&scratch);
            return true;
        }
        thread_sleep_ms(wait_ms);
        wait_ms = wait_ms * 2 < WAIT_MAX_MS ? wait_ms * 2 : WAIT_MAX_MS;
    }
    arena_fini(&scratch);
    return false;
}

static void print_summary(const struct json *first, size_t rows, int64_t began_ns)
{
    const struct json *statistics = json_get(first, STR("statistics"));
    fprintf(stderr, "%zu row%s; %lld of %lld events matched, %.1f MB, %.2f s\n", rows, rows == 1 ? "" : "s",
            (long long)number_of(statistics, "recordsMatched"),
            (long long)number_of(statistics, "recordsScanned"),
            (double)number_of(statistics, "bytesScanned") / 1e6,
            (double)(clock_monotonic_ns() - began_ns) / 1e9);
}

static int fetch(struct arena *arena, const struct options *options, struct str id, int64_t began_ns)
{
    struct json first, page;
    long status;
    VEC(struct json) rows = { 0 };
    if (!wait_for(arena, options, id, &status, &first))
        return 1;
    for (page = first; status == 200;) {
        const struct json *results = json_get_typed(&page, STR("results"), JSON_ARRAY);
        for (uint32_t i = 0; results && i < results->count; i++)
            VEC_PUSH(arena, &rows, results->items[i]);
        struct str token = json_get_str(&page, STR("nextToken"));
        if (str_empty(token))
            break;
        if (!ask(arena, options, "GetQueryResults", results_body(arena, id, token), &status, &page))
            return 1;
    }
    if (status != 200)
        return refused(options, &page);
    if (options->json)
        query_print_json(rows.at, rows.len);
    else
        query_print_table(rows.at, rows.len, process_shows_output() && !getenv("NO_COLOR"));
    struct str state = json_get_str(&first, STR("status"));
    if (!str_eq(state, STR("Complete"))) {
        fprintf(stderr, "crema query: the query ended as %.*s. %.*s\n", STR_ARG(state),
                STR_ARG(json_get_str(&first, STR("statusReason"))));
        return 1;
    }
    print_summary(&first, rows.len, began_ns);
    return 0;
}

static int run(int argc, char **argv)
{
    int64_t began_ns = clock_monotonic_ns();
    struct options options = { .start_ms = -1, .end_ms = clock_now_ms(), .since_ms = HOUR_MS };
    int exit_status = read_arguments(argc, argv, &options);
    if (exit_status)
        return exit_status;
    struct arena arena = { 0 };
    struct json answer;
    long status;
    exit_status = 1;
    if (ask(&arena, &options, "StartQuery", start_body(&arena, &options), &status, &answer))
        exit_status = status == 200 ? fetch(&arena, &options, json_get_str(&answer, STR("queryId")), began_ns)
                                    : refused(&options, &answer);
    arena_fini(&arena);
    return exit_status;
}

const struct cli_command cli_query = {
    .name = "query",
    .usage = "[--since 1h] [--start T] [--end T] [--json] [--endpoint URL] GROUP... 'QUERY'",
    .doc = "ask log groups of a running server with the query language of Logs Insights",
    .help = "The last argument is the query, all before it are log groups.\n\n"
            "      --since=SPAN   from so long ago: 90s, 15m, 1h (the default), 2d, 1w\n"
            "      --start=T      from that moment: 2026-11-28T15:00:00Z, \"2026-11-28 15:00:00\" (UTC), or\n"
            "                     seconds since 1970\n"
            "      --end=T        up to that moment; now, when it is not given\n"
            "      --json         a JSON object a row, with @ptr\n"
            "      --endpoint=URL of the server; AWS_ENDPOINT_URL, or http://127.0.0.1:4566\n\n"
            "Rows go to standard output, in columns; progress and what was gone through to standard error.\n"
            "Exit status: 0 the query is complete, 1 it failed or no server answered, 2 it is wrong: the "
            "place is "
            "marked.\n",
    .run = run,
};
