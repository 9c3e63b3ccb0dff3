/* process.h - another program, run to its end. Threads: any but a loop's. */
#ifndef IO_PROCESS_H
#define IO_PROCESS_H

#include "base/arena.h"
#include "base/err.h"

/* Path of the program that runs now. */
enum err process_own_path(struct arena *arena, struct str *ret, struct diag *reterr) MUST_USE;
/* A new folder that only this user may enter, below TMPDIR or /tmp, named after prefix. */
enum err process_temporary_folder(struct arena *arena, const char *prefix, struct str *ret,
                                  struct diag *reterr) MUST_USE;
/* Searches PATH, shares this process's standard streams and terminal, waits. *ret: exit
 * status, 128 + signal. */
enum err process_run(char *const argv[], int *ret, struct diag *reterr) MUST_USE;
/* Whether PATH has the program. */
bool process_has(struct arena *arena, const char *program);

/* Whether standard output is a terminal. */
bool process_shows_output(void);
/* The same of standard error. */
bool process_shows_errors(void);

#endif
