/* logs_export.h - export tasks: events of a group, written to compressed files of a folder.
 *
 *   FOLDER / destination / prefix / task id / stream / 000000.gz
 *
 * A line is the event's time and its message. The names are those of the request, written so that each is one entry
 * of its folder and none leads out of it (logs_export_name).
 *
 * Owns:    the keys 't' of KEY_LOGS, and what is under way.
 *            | 'l' | partition u16 | 't' | account . | region . | created i64 | task id |  -> JSON
 * Threads: what takes a struct work: the writer's. What takes a store_reader: any. The export itself runs on the
 *          scanner's threads, a slice at a time, each on a snapshot of its own.
 * Truths:  1. COMPLETED is said when all files are on disk.
 *          2. What was under way when the process ended begins anew with the next one; its files are replaced.
 *          3. Bounded: one task at a time in a region, so many are kept, one file is open a task.
 */
#ifndef LOGS_LOGS_EXPORT_H
#define LOGS_LOGS_EXPORT_H

#include "base/buf.h"
#include "logs/logs.h"
#include "logs/logs_scanner.h"

struct logs_exporter;

enum { LOGS_EXPORTS_KEPT_MAX = 100 }; /* in a region; the oldest that are over go */

struct logs_exporter_settings {
    struct store *store;
    struct writer *writer;
    struct logs_scanner *scanner;
    const char *folder; /* NULL: tasks are refused */
};

#define LOGS_EXPORT_STATUS_LIST(X) X(PENDING) X(RUNNING) X(PENDING_CANCEL) X(CANCELLED) X(COMPLETED) X(FAILED)

enum logs_export_status {
#define X(name) LOGS_EXPORT_##name,
    LOGS_EXPORT_STATUS_LIST(X)
#undef X
        LOGS_EXPORT_STATUSES
};
struct str logs_export_status_text(enum logs_export_status status);
bool logs_export_status_parse(struct str text, enum logs_export_status *ret);

struct logs_export {
    struct str id, name, group, stream_prefix, destination, prefix;
    int64_t from_ms, to_ms; /* both included */
    int64_t created_ms, completed_ms;
    enum logs_export_status status;
    struct str message;
    uint64_t group_id;
};

/* ---- life ---- */

void logs_exporter_open(const struct logs_exporter_settings *settings, struct logs_exporter **ret);
/* After the scanner is stopped and the writer closed; what was under way goes on with the next process. Accepts NULL in
 * it. */
void logs_exporter_close(struct logs_exporter **exporter);
/* The writer's hook: begins what was created. Also once before the writer starts: goes on with what was under way. */
void logs_exporter_after_commit(void *exporter);

/* ---- tasks ---- */

/* id, created_ms, status and group_id of wanted are not read. FAULT_LIMIT_EXCEEDED: one is under way. */
bool logs_export_create(struct logs_exporter *exporter, struct work *work, struct ns ns,
                        const struct logs_export *wanted, struct str *ret_id, struct fault *reterr);
/* FAULT_NOT_FOUND; FAULT_INVALID_OPERATION: it is over. */
bool logs_export_cancel(struct work *work, struct ns ns, struct str id, struct fault *reterr);

struct logs_export_list {
    struct logs_export *tasks; /* in the order of their creation */
    size_t count;
};
/* All of the region: at most LOGS_EXPORTS_KEPT_MAX. */
bool logs_export_list(struct store_reader *reader, struct arena *arena, struct ns ns,
                      struct logs_export_list *ret, struct fault *reterr);

/* ---- names ---- */

/* A name as an entry of a folder: what is neither letter, digit nor one of "-_.+=@,()[]$#" is written as %XX, so are
 * a leading dot and every byte of a name that would be too long, whose end is the beginning of its SHA-256 instead. */
void logs_export_name(struct buf *out, struct str name);

#endif
