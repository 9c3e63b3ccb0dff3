/* console_guard.h - what a browser may be used for by pages that are not the server's own.
 *
 * A page of another origin, or one whose name was pointed at this machine after it was loaded (rebinding), speaks
 * with the rights of whoever looks at it. So:
 *
 * Truths: 1. A request that says another origin than the server's, and is no plain read, is refused, unless a
 *            setting names the origin.
 *         2. On a loopback address, a read, and whatever else comes from a browser, must name the server as this
 *            machine, or by a name that a setting gives.
 *         3. Clients that are no browsers say no origin; of them nothing is asked but the name, for reads.
 *
 * Pure; any thread.
 */
#ifndef CONSOLE_CONSOLE_GUARD_H
#define CONSOLE_CONSOLE_GUARD_H

#include "io/http.h"

struct console_guard {
    bool loopback;           /* only this machine reaches the address that the server listens on */
    const struct str *hosts; /* further names of the server, without ports */
    size_t host_count;
    const struct str *origins; /* "https://app.example:8443": pages that may use the API */
    size_t origin_count;
};

enum console_verdict {
    CONSOLE_PASS,
    CONSOLE_WRONG_HOST,   /* 421 */
    CONSOLE_WRONG_ORIGIN, /* 403 */
    CONSOLE_SHARED,    /* passes; its origin, that of a setting, is to be told that it may read the answer */
    CONSOLE_PREFLIGHT, /* the question of such an origin's browser whether it may */
};

/* ret_origin: of CONSOLE_SHARED, CONSOLE_PREFLIGHT and CONSOLE_WRONG_ORIGIN. */
enum console_verdict console_guard_check(const struct console_guard *guard,
                                         const struct http_request *request, struct str *ret_origin);

/* Whether a Host header's value is a name of this machine: localhost, below localhost, a loopback address; with
 * stream- or sync- in front, as some SDKs put it there. */
bool console_host_is_local(struct str host);

#endif
