/* http_endpoint.h - URLs that somebody names who is not the operator, and whether this server may POST to them. Pure.
 *
 * A server reaches what its clients may not: whoever names a URL would read along with it. So the operator says which
 * origins may be named, as with the endpoints of functions, which only settings name; or, where all clients are of this
 * machine anyway, what is on this machine may be.
 */
#ifndef TARGET_HTTP_ENDPOINT_H
#define TARGET_HTTP_ENDPOINT_H

#include "base/str.h"

enum { HTTP_ENDPOINT_URL_BYTES_MAX = 2048 };

struct http_endpoints {
    const struct str *origins; /* http_origin_check has taken them */
    size_t origin_count;
    bool local; /* localhost, 127.0.0.0/8 and ::1, too */
};

/* Whether it is a URL at all, and no ARN. */
bool http_endpoint_is(struct str text);
/* As the operator may name one in a setting. False: *ret_why says what is wrong. */
bool http_endpoint_check(struct str url, struct str *ret_why);
/* Scheme, host and perhaps a port: no user, no path. */
bool http_origin_check(struct str origin, struct str *ret_why);
/* As anybody may name one. */
bool http_endpoint_allowed(const struct http_endpoints *endpoints, struct str url, struct str *ret_why);

#endif
