/* cli_check.c - crema check: verifies a data folder that no server holds. */
#include "cli/cli.h"
#include "json/json.h"
#include "logs/logs_check.h"
#include "store/store.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct findings {
    bool json;
    unsigned count;
    struct json_writer writer;
};

static void say(void *self, const char *text)
{
    struct findings *findings = self;
    findings->count++;
    if (findings->json)
        json_put_str(&findings->writer, str_from(text));
    else
        printf("%s\n", text);
}

static store_check_room_f *const rooms[] = { logs_check, NULL };

static int check(const char *folder, bool json)
{
    struct buf out = { 0 };
    struct findings findings = { .json = json };
    struct diag diag = { { 0 } };
    json_writer_init(&findings.writer, &out);
    json_begin_object(&findings.writer);
    json_put_member_str(&findings.writer, STR("folder"), str_from(folder));
    json_key(&findings.writer, STR("findings"));
    json_begin_array(&findings.writer);
    enum err err = store_check(folder, rooms, say, &findings, &diag);
    json_end_array(&findings.writer);
    json_put_member_bool(&findings.writer, STR("sound"), err == ERR_OK);
    if (err)
        json_put_member_str(&findings.writer, STR("error"), str_from(diag.text));
    json_end_object(&findings.writer);
    if (json)
        printf("%.*s\n", STR_ARG(buf_str(&out)));
    else if (err == ERR_OK)
        printf("%s is sound\n", folder);
    if (err && !json)
        fprintf(stderr, "crema check: %s\n", diag.text);
    buf_fini(&out);
    return err ? 1 : 0;
}

static int run(int argc, char **argv)
{
    const char *folder = NULL;
    bool json = false;
    for (int i = 0; i < argc; i++) {
        if (strcmp(argv[i], "--json") == 0)
            json = true;
        else if (argv[i][0] == '-')
            return cli_misused(&cli_check, "no such flag", argv[i]);
        else if (folder)
            return cli_misused(&cli_check, "one folder at a time", argv[i]);
        else
            folder = argv[i];
    }
    if (!folder)
        return cli_misused(&cli_check, "which folder?", NULL);
    return check(folder, json);
}

const struct cli_command cli_check = {
    .name = "check",
    .usage = "[--json] FOLDER",
    .doc = "verify a data folder that no server uses: checksums, order, keys against journal",
    .run = run,
};
