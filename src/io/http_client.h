/* http_client.h - one HTTP request to a server, over libcurl. Blocks; for command line
 * tools. Threads: any. */
#ifndef IO_HTTP_CLIENT_H
#define IO_HTTP_CLIENT_H

#include "base/buf.h"

#include <stdbool.h>

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

/* ---- an answer that is read as it comes ---- */

struct http_download;

/* Sends the request; time_max_ms is for the connection alone. Nothing has been answered yet. The call's texts live as
 * long as the download. */
void http_download_open(const struct http_call *call, struct http_download **ret);
/* Waits up to wait_ms for more of the answer, which is added to body. *ret_over: that was all of it. ERR_IO. */
enum err http_download_read(struct http_download *download, int wait_ms, struct buf *body, bool *ret_over,
                            struct diag *reterr) MUST_USE;
long http_download_status(const struct http_download *download); /* 0: no answer yet */
void http_download_close(struct http_download **download);       /* accepts NULL in it */

#endif
