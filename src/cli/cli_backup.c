/* cli_backup.c - crema backup: asks a running server for a consistent copy of its data folder.
 *
 * The copy is made by the server, through its API (service Crema, operation Backup),
 * into a folder of its machine. */
#include "cli/cli.h"
#include "cli/cli_call.h"

#include <stdio.h>
#include <string.h>

static int backup(const char *endpoint, const char *folder, bool json)
{
    struct cli_server server = cli_server_of(endpoint);
    struct arena arena = { 0 };
    struct cli_refusal refusal;
    struct json_writer w;
    struct json answer;
    struct buf body;
    buf_init(&body, 0);
    json_writer_init(&w, &body);
    json_begin_object(&w);
    json_put_member_str(&w, STR("Folder"), str_from(folder));
    json_end_object(&w);
    enum cli_answer answered = cli_call(&server, "Crema.Backup", buf_str(&body), &arena, &answer, &refusal);
    int exit_status = 0;
    if (answered != CLI_ANSWERED)
        exit_status = cli_call_failed("backup", answered, &refusal);
    else if (json)
        printf("%.*s\n", STR_ARG(json_text(&arena, &answer)));
    else
        printf("backed up to %.*s, up to batch %.*s\n", STR_ARG(json_get_str(&answer, STR("Folder"))),
               STR_ARG(json_get(&answer, STR("Sequence")) ? json_get(&answer, STR("Sequence"))->text
                                                          : STR("?")));
    buf_fini(&body);
    arena_fini(&arena);
    return exit_status;
}

static int run(int argc, char **argv)
{
    const char *endpoint = NULL, *folder = NULL, *value;
    bool json = false;
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
