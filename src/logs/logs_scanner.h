/* logs_scanner.h - threads that go through many events, so that neither the loops nor the writer does.
 *
 * Threads: submit from any. A task runs once, on one of the scanner's threads.
 * Truths:  1. Urgent tasks (somebody waits for the answer) run before others; in order within each kind.
 *          2. Bounded: ERR_LIMIT when tasks_max wait.
 *          3. stop runs no further task: those that wait are given back through dropped, new ones are refused.
 */
#ifndef LOGS_LOGS_SCANNER_H
#define LOGS_LOGS_SCANNER_H

#include "base/err.h"

#include <stdbool.h>

struct logs_scanner;

struct logs_task {
    struct logs_task *next; /* the queue's own */
    bool urgent;
    void (*run)(struct logs_task *task);
    void (*dropped)(struct logs_task *task);
};

struct logs_scanner_settings {
    unsigned threads;   /* 0: as many as cores */
    unsigned tasks_max; /* that wait; 0: 1,024 */
};

enum err logs_scanner_open(const struct logs_scanner_settings *settings, struct logs_scanner **ret,
                           struct diag *reterr) MUST_USE;
/* Waits for the tasks that run. Whoever submits must not be in there any more when it is closed; until then it is
 * answered ERR_CLOSED. */
void logs_scanner_stop(struct logs_scanner *scanner);
/* Stops it first. Accepts NULL. */
void logs_scanner_close(struct logs_scanner **scanner);
/* ERR_OK: run or dropped will be called. ERR_LIMIT, ERR_CLOSED: neither will. */
enum err logs_scanner_submit(struct logs_scanner *scanner, struct logs_task *task) MUST_USE;
/* True: it waited, and neither run nor dropped will be called. False: it runs, has run, or was never submitted. A task
 * that waits for another one takes it back first, or all threads may wait for what nobody runs. */
bool logs_scanner_recall(struct logs_scanner *scanner, struct logs_task *task);
unsigned logs_scanner_threads(const struct logs_scanner *scanner);

#endif
