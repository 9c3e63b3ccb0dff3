#include "io/process.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

enum err process_own_path(struct arena *arena, struct str *ret, struct diag *reterr)
{
    char path[4096];
    ssize_t len = readlink("/proc/self/exe", path, sizeof(path));
    if (len < 0 || (size_t)len == sizeof(path))
        return diag_set(reterr, ERR_IO, "the path of this program cannot be read: %s", strerror(errno));
    *ret = arena_copy(arena, str_of(path, (size_t)len));
    return ERR_OK;
}

enum err process_temporary_folder(struct arena *arena, const char *prefix, struct str *ret,
                                  struct diag *reterr)
{
    const char *base = getenv("TMPDIR");
    struct str path = arena_printf(arena, "%s/%s.XXXXXX", base && *base ? base : "/tmp", prefix);
    char *text = arena_bytes(arena, path.len + 1);
    memcpy(text, path.ptr, path.len);
    text[path.len] = '\0';
    if (!mkdtemp(text))
        return diag_set(reterr, ERR_IO, "a temporary folder %s cannot be made: %s", text, strerror(errno));
    *ret = str_of(text, path.len);
    return ERR_OK;
}

enum err process_run(char *const argv[], int *ret, struct diag *reterr)
{
    pid_t pid = fork();
    if (pid < 0)
        return diag_set(reterr, ERR_IO, "%s cannot be started: %s", argv[0], strerror(errno));
    if (pid == 0) {
        execvp(argv[0], argv);
        _exit(127);
    }
    int status;
    while (waitpid(pid, &status, 0) < 0)
        if (errno != EINTR)
            return diag_set(reterr, ERR_IO, "waiting for %s failed: %s", argv[0], strerror(errno));
    *ret = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    return ERR_OK;
}

bool process_has(struct arena *arena, const char *program)
{
    struct str rest = str_from(getenv("PATH")), folder;
    while (rest.len) {
        str_cut(rest, ':', &folder, &rest);
        struct str path = arena_printf(arena, "%.*s/%s", STR_ARG(folder), program);
        if (access(arena_cstr(arena, path), X_OK) == 0)
            return true;
    }
    return false;
}

bool process_shows_output(void)
{
    return isatty(STDOUT_FILENO) == 1;
}

bool process_shows_errors(void)
{
    return isatty(STDERR_FILENO) == 1;
}
