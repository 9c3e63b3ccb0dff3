/* cli_demo.c - crema demo: tells the coffee shop's story with the aws CLI, on a server of its own.
 *
 * The story is examples/serverlesspresso/story.sh, held in the program; it runs this
 * very program as its server.
 */
#include "cli/cli.h"
#include "base/embedded.h"
#include "io/process.h"

#include <stdio.h>

static enum err write_file(struct arena *arena, struct str folder, const char *name,
                           const struct embedded_file *file, struct diag *reterr)
{
    const char *path = arena_cstr(arena, arena_printf(arena, "%.*s/%s", STR_ARG(folder), name));
    FILE *out = fopen(path, "wb");
    if (!out)
        return diag_set(reterr, ERR_IO, "%s cannot be written", path);
    bool whole = fwrite(file->bytes, 1, file->len, out) == file->len;
    if (fclose(out) != 0 || !whole)
        return diag_set(reterr, ERR_IO, "%s cannot be written whole", path);
    return ERR_OK;
}

static void remove_files(struct arena *arena, struct str folder)
{
    static const char *const names[] = { "/story.sh", "/order-processor.asl.json", "" };
    for (int i = 0; i < 3; i++)
        (void)remove(arena_cstr(arena, arena_concat(arena, folder, str_from(names[i]))));
}

static int tell(struct arena *arena)
{
    struct diag diag;
    struct str folder, own;
    int status = 1;
    enum err err = process_own_path(arena, &own, &diag);
    if (!err)
        err = process_temporary_folder(arena, "crema-story", &folder, &diag);
    if (!err) {
        err = write_file(arena, folder, "story.sh", &embedded_story, &diag);
        if (!err)
            err = write_file(arena, folder, "order-processor.asl.json", &embedded_order_processor, &diag);
        const char *path = arena_cstr(arena, folder);
        const char *script = arena_cstr(arena, arena_concat(arena, folder, STR("/story.sh")));
        char *argv[] = { (char[]){ "bash" }, arena_bytes(arena, strlen(script) + 1),
                         arena_bytes(arena, own.len + 1), arena_bytes(arena, folder.len + 1), NULL };
        memcpy(argv[1], script, strlen(script) + 1);
        memcpy(argv[2], arena_cstr(arena, own), own.len + 1);
        memcpy(argv[3], path, folder.len + 1);
        if (!err)
            err = process_run(argv, &status, &diag);
        remove_files(arena, folder);
    }
    if (err)
        fprintf(stderr, "crema demo: %s\n", diag.text);
    return err ? 1 : status;
}

static int run(int argc, char **argv)
{
    if (argc > 0)
        return cli_misused(&cli_demo, "takes no arguments", argv[0]);
    struct arena arena = { 0 };
    int status = 1;
    if (!process_has(&arena, "aws"))
        fputs("crema demo: the aws CLI is not on PATH; on Debian: apt-get install awscli\n", stderr);
    else
        status = tell(&arena);
    arena_fini(&arena);
    return status;
}

const struct cli_command cli_demo = {
    .name = "demo",
    .usage = "",
    .doc = "tell the coffee shop's story with the aws CLI, on a server of its own",
    .run = run,
};
