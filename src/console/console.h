/* console.h - the window for browsers: serves the web console's files at /, and stands before the API so that pages
 * of other origins do not use it through whoever looks at them (console_guard.h).
 *
 * The console itself talks to the public API only; nothing here knows what it shows.
 *
 *     GET /assets/...   a file whose name changes with its content: kept by browsers for good
 *     GET /             index.html, for who accepts text/html; so does any other path that no file and no API has
 *
 * Owns:    a copy of its settings. Borrows the pack.
 * Threads: console_handler's functions on the http server's loops.
 */
#ifndef CONSOLE_CONSOLE_H
#define CONSOLE_CONSOLE_H

#include "console/console_guard.h"

struct console;

struct console_settings {
    struct str pack; /* console_pack.h; empty: the build has no console, and GET / goes on to next */
    struct console_guard guard;
    struct http_handler next; /* the API; copied */
};

/* ERR_CORRUPT: the pack is none. */
enum err console_open(const struct console_settings *settings, struct console **ret,
                      struct diag *reterr) MUST_USE;
void console_close(struct console **console);

/* For http_server_open. */
struct http_handler console_http_handler(struct console *console);

#endif
