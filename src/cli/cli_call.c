#include "cli/cli_call.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ANSWER_BYTES_MAX = 64 << 20, CALL_TIME_MAX_MS = 600000 };

struct cli_server cli_server_of(const char *endpoint)
{
    struct cli_server server = {
        .endpoint = endpoint ? endpoint : getenv("AWS_ENDPOINT_URL"),
        .region = getenv("AWS_REGION"),
        .key = getenv("AWS_ACCESS_KEY_ID"),
        .secret = getenv("AWS_SECRET_ACCESS_KEY"),
    };
    if (!server.endpoint || !*server.endpoint)
        server.endpoint = "http://127.0.0.1:4566";
    if (!server.region || !*server.region)
        server.region = getenv("AWS_DEFAULT_REGION");
    if (!server.region || !*server.region)
        server.region = "us-east-1";
    if (!server.secret || !server.key || !*server.key)
        server.key = NULL;
    return server;
}

struct http_call cli_call_of(const struct cli_server *server, const char *target, struct str body,
                             struct arena *arena, const char **headers)
{
    headers[0] = "Content-Type: application/x-amz-json-1.1";
    headers[1] = arena_cstr(arena, arena_printf(arena, "X-Amz-Target: %s", target));
    headers[2] = "Expect:";
    headers[3] = NULL;
    return (struct http_call){ .url = server->endpoint,
                               .headers = headers,
                               .body = body,
                               .sign_service = strncmp(target, "Crema.", 6) == 0 ? "crema" : "logs",
                               .sign_region = server->region,
                               .key = server->key,
                               .secret = server->secret,
                               .time_max_ms = CALL_TIME_MAX_MS };
}

enum cli_answer cli_refused(long status, struct str body, struct arena *arena, struct cli_refusal *ret)
{
    struct json answer;
    *ret = (struct cli_refusal){ 0 };
    if (json_read(arena, arena_copy(arena, body), 0, &answer, NULL) == ERR_OK) {
        ret->name = json_get_str(&answer, STR("__type"));
        ret->text = json_get_str(&answer, STR("message"));
    }
    if (str_empty(ret->text))
        ret->text = arena_printf(arena, "the server answered %ld with something that is not JSON", status);
    return status >= 500 ? CLI_FAILED : CLI_REFUSED;
}

enum cli_answer cli_call(const struct cli_server *server, const char *target, struct str body,
                         struct arena *arena, struct json *ret, struct cli_refusal *reterr)
{
    const char *headers[CLI_HEADERS];
    struct http_call call = cli_call_of(server, target, body, arena, headers);
    struct buf answer;
    struct diag diag;
    long status = 0;
    buf_init(&answer, ANSWER_BYTES_MAX);
    enum cli_answer answered = CLI_ANSWERED;
    if (http_post(&call, &status, &answer, &diag)) {
        *reterr = (struct cli_refusal){ STR_EMPTY, arena_copy(arena, str_from(diag.text)) };
        answered = CLI_UNREACHABLE;
    } else if (status != 200) {
        answered = cli_refused(status, buf_str(&answer), arena, reterr);
    } else if (json_read(arena, arena_copy(arena, answer.len ? buf_str(&answer) : STR("{}")), 0, ret, NULL) !=
               ERR_OK) {
        answered = cli_refused(status, STR_EMPTY, arena, reterr);
    }
    buf_fini(&answer);
    return answered;
}

int cli_call_failed(const char *command, enum cli_answer answer, const struct cli_refusal *refusal)
{
    fprintf(stderr, "crema %s: %.*s\n", command, STR_ARG(refusal->text));
    if (answer == CLI_UNREACHABLE)
        fprintf(
            stderr,
            "No server answers there. Start one with 'crema serve', or say where it is with --endpoint or "
            "AWS_ENDPOINT_URL.\n");
    return 1;
}
