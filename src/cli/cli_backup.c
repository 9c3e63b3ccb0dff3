/* cli_backup.c - crema backup: asks a running server for a consistent copy of its data folder.
 *
 * The copy is made by the server, through its API (service Crema, operation Backup),
 * into a folder of its machine. */
#include "cli/cli.h"
#include "io/http_client.h"
#include "json/json.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int report(long status, struct str body, bool json)
{
    struct arena arena = { 0 };
    struct json answer;
    int exit_status = status == 200 ? 0 : 1;
    if (json)
        printf("%.*s\n", STR_ARG(body));
    else if (json_read(&arena, body, 0, &answer, NULL) != ERR_OK)
        fprintf(stderr, "crema backup: the server answered %ld with something that is not JSON\n", status);
    else if (status == 200)
        printf("backed up to %.*s, up to batch %.*s\n", STR_ARG(json_get_str(&answer, STR("Folder"))),
               STR_ARG(json_get(&answer, STR("Sequence")) ? json_get(&answer, STR("Sequence"))->text
                                                          : STR("?")));
    else
        fprintf(stderr, "crema backup: %.*s\n", STR_ARG(json_get_str(&answer, STR("message"))));
    arena_fini(&arena);
    return exit_status;
}

static int backup(const char *endpoint, const char *folder, bool json)
{
    static const char *const headers[] = { "Content-Type: application/x-amz-json-1.1",
                                           "X-Amz-Target: Crema.Backup", "Expect:", NULL };
    struct buf body = { 0 }, answer;
    struct json_writer w;
    struct diag diag;
    long status = 0;
    buf_init(&answer, 1 << 20);
    json_writer_init(&w, &body);
    json_begin_object(&w);
    json_put_member_str(&w, STR("Folder"), str_from(folder));
    json_end_object(&w);
    const char *key = getenv("AWS_ACCESS_KEY_ID"), *secret = getenv("AWS_SECRET_ACCESS_KEY");
    const char *region = getenv("AWS_DEFAULT_REGION");
    struct http_call call = { .url = endpoint,
                              .headers = headers,
                              .body = buf_str(&body),
                              .sign_service = "crema",
                              .sign_region = region ? region : "us-east-1",
                              .key = key && secret ? key : NULL,
                              .secret = secret,
                              .time_max_ms = 600000 };
    enum err err = http_post(&call, &status, &answer, &diag);
    int exit_status = 1;
    if (err)
        fprintf(stderr, "crema backup: %s; is a server running there?\n", diag.text);
    else
        exit_status = report(status, buf_str(&answer), json);
    buf_fini(&body);
    buf_fini(&answer);
    return exit_status;
}

static int run(int argc, char **argv)
{
    const char *endpoint = getenv("AWS_ENDPOINT_URL"), *folder = NULL, *value;
    bool json = false;
    if (!endpoint)
        endpoint = "http://127.0.0.1:4566";
    for (int i = 0; i < argc;) {
        if (cli_flag(argc, argv, &i, "--endpoint", &value)) {
            if (!value)
                return cli_misused(&cli_backup, "--endpoint wants an address", NULL);
            endpoint = value;
        } else if (strcmp(argv[i], "--json") == 0) {
            json = true;
            i++;
        } else if (argv[i][0] == '-') {
            return cli_misused(&cli_backup, "no such flag", argv[i]);
        } else if (folder) {
            return cli_misused(&cli_backup, "one folder at a time", argv[i]);
        } else {
            folder = argv[i++];
        }
    }
    if (!folder)
        return cli_misused(&cli_backup, "where to?", NULL);
    if (folder[0] != '/')
        return cli_misused(&cli_backup, "the server makes the copy, so give it a whole path, from /", folder);
    return backup(endpoint, folder, json);
}

const struct cli_command cli_backup = {
    .name = "backup",
    .usage = "[--endpoint URL] [--json] FOLDER",
    .doc = "have a running server write a consistent copy of its data into an empty folder",
    .run = run,
};
