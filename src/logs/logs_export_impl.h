/* logs_export_impl.h - between the files of exports. Private to them. */
#ifndef LOGS_LOGS_EXPORT_IMPL_H
#define LOGS_LOGS_EXPORT_IMPL_H

#include "io/thread.h"
#include "logs/logs_export.h"
#include "store/key.h"

struct export_job;

struct logs_exporter {
    struct logs_exporter_settings settings;
    struct mutex *mutex;
    struct export_job *jobs; /* under way; under the mutex */
    bool looking;            /* a look at the store is queued or runs; under the mutex */
    bool look_again;         /* it is to be done once more; under the mutex */
    struct logs_task look;
    bool wanted; /* something was created since the last commit; the writer's thread */
};

/* logs_export.c */
enum err export_load(struct store_reader *reader, struct arena *arena, struct str key,
                     struct logs_export *ret) MUST_USE;
void export_store(struct work *work, struct str key, const struct logs_export *task);
void export_key(struct key *key, struct ns ns, int64_t created_ms, struct str id);

/* logs_export_run.c */
/* Looks for tasks that are not over and begins those that are not under way. On a scanner's thread. */
void export_look(struct logs_task *task);
void export_look_dropped(struct logs_task *task);
void export_jobs_free(struct logs_exporter *exporter);

#endif
