/* signals.h - the signals that end a server. Call signals_block before any thread is started. */
#ifndef IO_SIGNALS_H
#define IO_SIGNALS_H

/* This thread, and all that it starts, leave SIGTERM and SIGINT to signals_wait; SIGPIPE is ignored. */
void signals_block(void);
/* Waits for SIGTERM or SIGINT; returns its name. A second one, later, ends the process at once. */
const char *signals_wait(void);

#endif
