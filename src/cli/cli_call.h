/* cli_call.h - operations of a running server, as the command line calls them. Threads: one. */
#ifndef CLI_CLI_CALL_H
#define CLI_CLI_CALL_H

#include "io/http_client.h"
#include "json/json.h"

enum { CLI_HEADERS = 4 };

/* Where the server is and who asks, from AWS_ENDPOINT_URL, AWS_ACCESS_KEY_ID and so on. */
struct cli_server {
    const char *endpoint, *region, *key, *secret; /* key NULL: requests are not signed */
};
struct cli_server cli_server_of(const char *endpoint); /* NULL: the environment's, or the default */

enum cli_answer {
    CLI_ANSWERED,
    CLI_REFUSED,     /* 4xx */
    CLI_FAILED,      /* 5xx: it may be tried again */
    CLI_UNREACHABLE, /* nobody answered */
};
struct cli_refusal {
    struct str name; /* "ResourceNotFoundException"; empty when unreachable */
    struct str text;
};

/* target: "Logs_20140328.FilterLogEvents". Everything lives in the arena. */
enum cli_answer cli_call(const struct cli_server *server, const char *target, struct str body,
                         struct arena *arena, struct json *ret, struct cli_refusal *reterr);
/* The same for one that is to be sent in another way: headers has CLI_HEADERS places. */
struct http_call cli_call_of(const struct cli_server *server, const char *target, struct str body,
                             struct arena *arena, const char **headers);
/* Of an answer that is no success. */
enum cli_answer cli_refused(long status, struct str body, struct arena *arena, struct cli_refusal *ret);
/* "crema tail: <text>", and how to start a server when there is none. Returns 1. */
int cli_call_failed(const char *command, enum cli_answer answer, const struct cli_refusal *refusal);

#endif
