/* cli_tail.c - crema tail: events of log groups as they are written. */
#include "cli/cli_tail.h"

#include "cli/cli.h"
#include "io/clock.h"
#include "io/process.h"
#include "io/signals.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LATE_MS = 600000 };

static int run_tail(struct tail *tail)
{
    unsigned tries = 0;
    bool said = false;
    signals_note();
    for (;;) {
        uint64_t shown = tail->events_shown;
        switch (tail_session(tail)) {
        case TAIL_TOLD:
            tail_flush();
            return 0;
        case TAIL_REFUSED:
            return 1;
        case TAIL_AGAIN:
            break;
        default:
            if (!said)
                fprintf(stderr, "crema tail: the server has ended the session or is gone; waiting for it\n");
            said = true;
            if (tail->events_shown != shown)
                tries = 0;
            if (!tail_wait(&tries))
                return 0;
            break;
        }
    }
}

static int read_since(struct tail *tail, const char *value)
{
    int64_t at_ms;
    if (!value)
        return cli_misused(&cli_tail, "--since wants a duration (10m, 2h) or a time (2026-01-31T12:00:00Z)",
                           NULL);
    tail->has_since = true;
    if (cli_duration(value, &tail->since_ms))
        return 0;
    if (!cli_time(value, &at_ms))
        return cli_misused(&cli_tail,
                           "--since wants a duration (10m, 2h) or a time (2026-01-31T12:00:00Z), not", value);
    tail->since_is_time = true;
    tail->since_ms = at_ms;
    return 0;
}

static int add_stream(struct tail *tail, const char *value)
{
    if (!value)
        return cli_misused(&cli_tail, "--stream wants a name", NULL);
    if (tail->stream_count == TAIL_STREAMS_MAX)
        return cli_misused(&cli_tail, "at most 100 streams", value);
    tail->streams[tail->stream_count++] = str_from(value);
    return 0;
}

/* 0: taken; -1: none of these. */
static int read_flag(struct tail *tail, int argc, char **argv, int *at, const char **endpoint)
{
    const char *value, *name = argv[*at];
    if (cli_flag(argc, argv, at, "--filter", &value)) {
        tail->pattern = str_from(value);
        return value ? 0 : cli_misused(&cli_tail, "--filter wants a pattern", NULL);
    }
    if (cli_flag(argc, argv, at, "--since", &value))
        return read_since(tail, value);
    if (cli_flag(argc, argv, at, "--late", &value))
        return value && cli_duration(value, &tail->late_ms)
                   ? 0
                   : cli_misused(&cli_tail, "--late wants a duration, as 10m", value);
    if (cli_flag(argc, argv, at, "--stream", &value))
        return add_stream(tail, value);
    if (cli_flag(argc, argv, at, "--prefix", &value)) {
        tail->prefix = str_from(value);
        return value ? 0 : cli_misused(&cli_tail, "--prefix wants the beginning of a name", NULL);
    }
    if (cli_flag(argc, argv, at, "--endpoint", endpoint))
        return *endpoint ? 0 : cli_misused(&cli_tail, "--endpoint wants an address", NULL);
    if (strcmp(name, "--json") == 0) {
        tail->json = true;
        ++*at;
        return 0;
    }
    return -1;
}

static int run(int argc, char **argv)
{
    static struct tail tail;
    const char *endpoint = NULL;
    tail.late_ms = LATE_MS;
    for (int i = 0; i < argc;) {
        const char *argument = argv[i];
        int status = argument[0] == '-' ? read_flag(&tail, argc, argv, &i, &endpoint) : 0;
        if (status < 0)
            return cli_misused(&cli_tail, "no such flag", argument);
        if (status)
            return status;
        if (argument[0] == '-')
            continue;
        if (tail.group_count == TAIL_GROUPS_MAX)
            return cli_misused(&cli_tail, "at most 10 log groups", argument);
        tail.groups[tail.group_count++] = str_from(argv[i++]);
    }
    if (!tail.group_count)
        return cli_misused(&cli_tail, "of which log group?", NULL);
    if (tail.group_count > 1 && (tail.stream_count || !str_empty(tail.prefix)))
        return cli_misused(&cli_tail, "--stream and --prefix are for one log group", NULL);
    if (tail.stream_count && !str_empty(tail.prefix))
        return cli_misused(&cli_tail, "--stream or --prefix, not both", NULL);
    tail.server = cli_server_of(endpoint);
    tail.terminal = process_shows_output() && !tail.json;
    tail.colour = tail.terminal && !getenv("NO_COLOR");
    return run_tail(&tail);
}

const struct cli_command cli_tail = {
    .name = "tail",
    .usage = "[--filter PATTERN] [--since 10m] [--stream NAME]... [--prefix P] [--late 10m] [--json] "
             "[--endpoint URL] GROUP...",
    .doc = "show the events of log groups as they are written",
    .help =
        "Events are shown once they are stored, in the order in which they were written. With --since, "
        "those\n"
        "before come first, in the order of their time. When the server is gone it is waited for; what came\n"
        "meanwhile is shown, and nothing twice. An event that is more than --late older than the gap it came "
        "in\n"
        "is not looked for. --json prints an object a line: group, stream, timestamp, ingestionTime, "
        "message.\n"
        "Ctrl-C ends it, with status 0.\n",
    .run = run,
};
