/* cli_logs.c - crema logs: export and import of the events of a log group. */
#include "cli/cli_logs.h"

#include "cli/cli.h"
#include "io/clock.h"

#include <string.h>

enum { NEW_MAX_MS = 2 * 3600000 }; /* how far ahead the times of events may be */

static bool read_moment(const char *value, int64_t *ret_ms)
{
    int64_t ago_ms;
    if (!value)
        return false;
    if (!cli_duration(value, &ago_ms))
        return cli_time(value, ret_ms);
    *ret_ms = clock_machine_ms() - ago_ms;
    if (*ret_ms < 0)
        *ret_ms = 0;
    return true;
}

/* -1: it is none of these. */
static int read_flag(struct logs_job *job, int argc, char **argv, int *at, bool exports,
                     const char **endpoint)
{
    static const char wants[] = "wants a duration before now (10m, 2h) or a time (2026-01-31T12:00:00Z)";
    const char *value;
    if (cli_flag(argc, argv, at, "--endpoint", endpoint))
        return *endpoint ? 0 : cli_misused(&cli_logs, "--endpoint wants an address", NULL);
    if (exports && cli_flag(argc, argv, at, "--since", &value))
        return read_moment(value, &job->from_ms) ? 0 : cli_misused(&cli_logs, "--since", wants);
    if (exports && cli_flag(argc, argv, at, "--until", &value))
        return read_moment(value, &job->to_ms) ? 0 : cli_misused(&cli_logs, "--until", wants);
    if (exports && cli_flag(argc, argv, at, "--to", &value)) {
        job->folder = str_from(value);
        return value ? 0 : cli_misused(&cli_logs, "--to wants a folder", NULL);
    }
    if (!exports && cli_flag(argc, argv, at, "--group", &value)) {
        job->group = str_from(value);
        return value ? 0 : cli_misused(&cli_logs, "--group wants the name of a log group", NULL);
    }
    return -1;
}

static int run(int argc, char **argv)
{
    static struct logs_job job;
    const char *endpoint = NULL;
    bool exports = argc > 0 && strcmp(argv[0], "export") == 0;
    if (!exports && (argc == 0 || strcmp(argv[0], "import") != 0))
        return cli_misused(&cli_logs, "export or import?", argc ? argv[0] : NULL);
    job.command = exports ? "logs export" : "logs import";
    job.to_ms = clock_machine_ms() + NEW_MAX_MS;
    struct str *bare = exports ? &job.group : &job.folder;
    for (int i = 1; i < argc;) {
        const char *argument = argv[i];
        int status = argument[0] == '-' ? read_flag(&job, argc, argv, &i, exports, &endpoint) : 0;
        if (status < 0)
            return cli_misused(&cli_logs, "no such flag", argument);
        if (status)
            return status;
        if (argument[0] == '-')
            continue;
        if (!str_empty(*bare))
            return cli_misused(&cli_logs, exports ? "one log group at a time" : "one folder at a time",
                               argument);
        *bare = str_from(argv[i++]);
    }
    if (exports && str_empty(job.group))
        return cli_misused(&cli_logs, "of which log group?", NULL);
    if (str_empty(job.folder))
        return cli_misused(&cli_logs, exports ? "where to? give --to FOLDER" : "from which folder?", NULL);
    job.server = cli_server_of(endpoint);
    int status = exports ? logs_export_run(&job) : logs_import_run(&job);
    arena_fini(&job.arena);
    return status;
}

const struct cli_command cli_logs = {
    .name = "logs",
    .usage = "export GROUP [--since 7d] [--until T] --to FOLDER [--endpoint URL]\n"
             "       crema logs import FOLDER [--group GROUP] [--endpoint URL]",
    .doc = "write the events of a log group to files, and read them back into one",
    .help =
        "An export is a folder: gzipped files with an event a line, as JSON, and export.json, which is "
        "written last\n"
        "and says what they hold. --since and --until are durations before now, or times; both are "
        "included.\n"
        "An import gives the events the times, of the event and of its ingestion, that they had. Events that "
        "the\n"
        "group has are not written again, so an import may be repeated, or go on after it was broken off.\n",
    .run = run,
};
