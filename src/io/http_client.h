/* http_client.h - one HTTP request to a server, over libcurl. Blocks; for command line
 * tools. Threads: any. */
#ifndef IO_HTTP_CLIENT_H
#define IO_HTTP_CLIENT_H

#include "base/buf.h"

struct http_call {
    const char *url;
    const char *const *headers; /* "Name: value", ended by NULL */
    struct str body;
    /* Signs with AWS Signature Version 4 when key is not NULL. */
    const char *sign_service, *sign_region, *key, *secret;
    long time_max_ms;
};

/* ERR_IO: no answer, reterr says why. Else the status and the body, whatever they say. */
enum err http_post(const struct http_call *call, long *ret_status, struct buf *ret_body,
                   struct diag *reterr) MUST_USE;

#endif
