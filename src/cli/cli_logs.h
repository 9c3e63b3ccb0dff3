/* cli_logs.h - between the files of crema logs: a folder with the events of a group.
 *
 *   export.json          what it holds, written last: group, from, to, events, files: name, events, first, last
 *   000000.jsonl.gz ...  a line for each event, in the order of time: timestamp, ingestionTime, stream, message
 */
#ifndef CLI_CLI_LOGS_H
#define CLI_CLI_LOGS_H

#include "cli/cli_call.h"
#include "io/gzip.h"

enum { LOGS_FILE_EVENTS_MAX = 1000000, LOGS_LINE_BYTES_MAX = 16 << 20 };

#define LOGS_FORMAT "crema-logs-1"

struct logs_job {
    const char *command; /* "logs export", for what is said */
    struct cli_server server;
    struct arena arena;
    struct str group, folder;
    int64_t from_ms, to_ms; /* of an export: both included */
    int64_t said_ns;        /* when progress was last told */
};

/* An event of a page or a line; texts live as the page or line does. */
struct logs_line {
    int64_t timestamp_ms, ingested_ms;
    struct str stream, message;
};

/* ---- cli_logs_page.c: the events of a group, from FilterLogEvents ---- */

struct logs_pages {
    struct logs_job *job;
    struct arena arena; /* the page's */
    struct buf token;
    const struct json *events;
    uint32_t at;
    bool over, asked;
};
void logs_pages_init(struct logs_pages *pages, struct logs_job *job);
void logs_pages_fini(struct logs_pages *pages);
/* The next event is at hand (peek), or pages->over. False: said on stderr. */
bool logs_pages_ready(struct logs_pages *pages);
struct logs_line logs_pages_peek(const struct logs_pages *pages);

/* ---- cli_logs_file.c ---- */

/* The lines of a file, one after the other. False: it is damaged or cannot be read, said on stderr. At its end *ret_any
 * is false. The texts live until the next call. */
struct logs_lines {
    struct gzip_reader *file;
    struct buf bytes;
    size_t at;
    bool ended;
    struct arena arena;
    const char *path;
    uint64_t number;
};
bool logs_lines_open(struct logs_lines *lines, const struct logs_job *job, const char *path);
void logs_lines_close(struct logs_lines *lines);
bool logs_lines_next(struct logs_lines *lines, const struct logs_job *job, struct logs_line *ret,
                     bool *ret_any);

/* Says how far it is, once a second. */
void logs_progress(struct logs_job *job, uint64_t events, int64_t timestamp_ms);
/* "crema logs export: ..." on stderr; returns false. */
bool logs_failed(const struct logs_job *job, const char *text);

int logs_export_run(struct logs_job *job);
int logs_import_run(struct logs_job *job);

#endif
