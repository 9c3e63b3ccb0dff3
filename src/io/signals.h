/* signals.h - the signals that end a server. Call signals_block before any thread is started. */
#ifndef IO_SIGNALS_H
#define IO_SIGNALS_H

#include <stdbool.h>

/* This thread, and all that it starts, leave SIGTERM and SIGINT to signals_wait; SIGPIPE is ignored. */
void signals_block(void);
/* Waits for SIGTERM or SIGINT; returns its name. A second one, later, ends the process at once. */
const char *signals_wait(void);

/* For a command that runs until it is told to end: from now on SIGTERM and SIGINT are only noted; a second one ends
 * the process at once. */
void signals_note(void);
bool signals_noted(void);

#endif
