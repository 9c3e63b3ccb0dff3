/* loop.h - an event loop of libuv on a thread of its own, and the queue by which other threads reach it.
 *
 * Owns:    the uv_loop_t and the thread. Handles on it belong to whoever made them, on the loop's thread.
 * Threads: loop_post from any; loop_uv's loop is touched on the loop's thread only (or before loop_start).
 * Truths:  1. Jobs run on the loop's thread, in the order in which they were posted.
 *          2. A burst of posts wakes the loop once.
 *          3. A job is run, or loop_post said false and it stays with its owner: none is lost.
 *          4. The thread takes no signals, SIGPIPE included; they go to the threads that want them.
 */
#ifndef IO_LOOP_H
#define IO_LOOP_H

#include "base/err.h"

#include <stdbool.h>

struct uv_loop_s;
struct loop;
struct loop_job;

typedef void loop_job_f(struct loop_job *job);

/* Part of what is posted; free to be reused from the moment run is called. */
struct loop_job {
    struct loop_job *next;
    loop_job_f *run;
};

enum err loop_open(const char *name, struct loop **ret, struct diag *reterr) MUST_USE;
/* Called after each burst of jobs, so that what they caused can go out together. Before loop_start. */
void loop_after_jobs(struct loop *loop, void (*after)(void *self), void *self);
enum err loop_start(struct loop *loop, struct diag *reterr) MUST_USE;
/* False once the loop has ended. */
bool loop_post(struct loop *loop, struct loop_job *job);
/* Runs what was posted, waits until all handles on the loop are closed by their owners, joins the thread. */
void loop_end(struct loop *loop);
void loop_close(struct loop **loop); /* after loop_end, or never started; accepts NULL in it */

struct uv_loop_s *loop_uv(struct loop *loop);
bool loop_is_current(const struct loop *loop); /* whether this is the loop's thread */

#endif
