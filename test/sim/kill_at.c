/* kill_at.c - preloaded into a server (LD_PRELOAD), counts the calls by which it changes its data folder, and at
 * the one that was named ends the process or lets the call fail.
 *
 * Variables: CREMA_KILL_FOLDER   the data folder, as the server will resolve it; other files are left alone
 *            CREMA_KILL_AT       number of the call, from 1; 0 or absent: none, it only counts
 *            CREMA_KILL_HOW      before, after: SIGKILL there; torn: SIGKILL after a part of a write (before
 *                                any other call); eio: the call, if it is a sync, fails; nospace: from this
 *                                call on what makes files longer or new fails, for CREMA_KILL_FOR_MS
 *            CREMA_KILL_OF       sync: only syncs are counted; names: only creations, renames and removals
 *            CREMA_KILL_NAME     only files whose path below the folder contains this are counted
 *            CREMA_KILL_FROM     ready: counting begins when the server has said that it is ready
 *            CREMA_KILL_COUNTER  a file of 8 bytes that always holds the number of calls so far
 *            CREMA_KILL_SHADOW   a folder on the same disk, which learns what a power cut could not take away:
 *              i/<inode>         a file's content at its last sync
 *              d/<inode>         a folder's entries at its last sync, lines of: inode name
 *              k/<inode>         files that have lost their name, so that no inode is used twice
 *
 * Calls on the folder are made one at a time, so that nothing is half done elsewhere when the process ends.
 * With a shadow a sync is only noted there: the disk itself is not waited for.
 */
#undef _FILE_OFFSET_BITS /* both names of each call are defined here, with 64 bits both */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#define PUBLIC __attribute__((visibility("default")))

enum { PATH_BYTES = 4096, PARTS_MAX = 64 };

enum how { HOW_BEFORE, HOW_AFTER, HOW_TORN, HOW_EIO, HOW_NOSPACE };
enum act { ACT_WRITE, ACT_SYNC, ACT_NAME, ACT_SIZE };
enum verdict { GO, DIE_AFTER, DIE_TORN, FAIL };

static struct {
    pthread_mutex_t mutex;
    bool on, counting;
    const char *folder, *name, *of, *shadow;
    size_t folder_len;
    uint64_t at, *counter, own_counter;
    enum how how;
    int64_t for_ms, nospace_until_ms; /* 0: not begun */
} sim = { .mutex = PTHREAD_MUTEX_INITIALIZER };

/* ---- what the system itself does: calls of libc's functions here would come back to us ---- */

static int raw_open(const char *path, int flags, int mode)
{
    return (int)syscall(SYS_openat, AT_FDCWD, path, flags, mode);
}

static ssize_t raw_write(int fd, const struct iovec *parts, int count, off_t offset)
{
    return offset < 0 ? syscall(SYS_writev, fd, parts, count)
                      : syscall(SYS_pwritev, fd, parts, count, (long)offset, 0L);
}

static int64_t now_ms(void)
{
    struct timespec now;
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* A fault of the simulator itself must not pass for one of the server. */
_Noreturn static void give_up(const char *what, const char *path)
{
    fprintf(stderr, "kill_at: %s %s: %s\n", what, path, strerror(errno));
    abort();
}

/* ---- start ---- */

static void counter_map(const char *path)
{
    int fd = raw_open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0640);
    if (fd < 0 || syscall(SYS_ftruncate, fd, (long)sizeof(uint64_t)))
        give_up("counter", path);
    void *at = mmap(NULL, sizeof(uint64_t), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (at == MAP_FAILED)
        give_up("counter", path);
    (void)close(fd);
    sim.counter = at;
    *sim.counter = 0;
}

static void shadow_make(void)
{
    static const char *const parts[] = { "i", "d", "k" };
    char path[PATH_BYTES];
    for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
        (void)snprintf(path, sizeof(path), "%s/%s", sim.shadow, parts[i]);
        if (syscall(SYS_mkdirat, AT_FDCWD, path, 0750) && errno != EEXIST)
            give_up("shadow", path);
    }
}

__attribute__((constructor)) static void begin(void)
{
    static const char *const hows[] = { "before", "after", "torn", "eio", "nospace" };
    const char *folder = getenv("CREMA_KILL_FOLDER"), *at = getenv("CREMA_KILL_AT"),
               *how = getenv("CREMA_KILL_HOW"), *from = getenv("CREMA_KILL_FROM"),
               *counter = getenv("CREMA_KILL_COUNTER"), *span = getenv("CREMA_KILL_FOR_MS");
    if (!folder)
        return;
    sim.folder = folder;
    sim.folder_len = strlen(folder);
    sim.name = getenv("CREMA_KILL_NAME");
    sim.of = getenv("CREMA_KILL_OF");
    sim.shadow = getenv("CREMA_KILL_SHADOW");
    sim.at = at ? strtoull(at, NULL, 10) : 0;
    sim.for_ms = span ? strtoll(span, NULL, 10) : 1000;
    sim.counter = &sim.own_counter;
    errno = EINVAL;
    size_t kind = 0;
    while (how && kind < sizeof(hows) / sizeof(hows[0]) && strcmp(how, hows[kind]) != 0)
        kind++;
    if (how && kind == sizeof(hows) / sizeof(hows[0]))
        give_up("CREMA_KILL_HOW", how);
    sim.how = (enum how)kind;
    if (counter)
        counter_map(counter);
    if (sim.shadow)
        shadow_make();
    sim.counting = !from || strcmp(from, "ready") != 0;
    sim.on = true;
}

/* ---- which calls count ---- */

static const char *below_folder(const char *path)
{
    if (!sim.on || strncmp(path, sim.folder, sim.folder_len) != 0)
        return NULL;
    return path[sim.folder_len] == '/' || path[sim.folder_len] == '\0' ? path + sim.folder_len : NULL;
}

static const char *path_of_fd(int fd, char path[PATH_BYTES])
{
    char link[64];
    if (!sim.on)
        return NULL;
    int error = errno;
    (void)snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
    ssize_t len = readlink(link, path, PATH_BYTES - 1);
    errno = error;
    if (len <= 0)
        return NULL;
    path[len] = '\0';
    return below_folder(path);
}

_Noreturn static void die(void)
{
    (void)syscall(SYS_kill, getpid(), SIGKILL);
    for (;;)
        (void)pause();
}

static bool counts(const char *below, enum act act)
{
    if (!sim.counting || (sim.name && !strstr(below, sim.name)))
        return false;
    if (sim.of && strcmp(sim.of, "sync") == 0)
        return act == ACT_SYNC;
    return !sim.of || strcmp(sim.of, "names") != 0 || act == ACT_NAME;
}

/* Takes the mutex; leave gives it back. FAIL: errno is set and the call must not be made. */
static enum verdict enter(const char *below, enum act act, bool grows)
{
    pthread_mutex_lock(&sim.mutex);
    bool here = counts(below, act) && ++*sim.counter == sim.at;
    if (sim.how == HOW_NOSPACE && sim.at) {
        if (here)
            sim.nospace_until_ms = now_ms() + sim.for_ms;
        errno = ENOSPC;
        return grows && now_ms() < sim.nospace_until_ms ? FAIL : GO;
    }
    if (!here)
        return GO;
    if (sim.how == HOW_EIO) {
        errno = EIO;
        return act == ACT_SYNC ? FAIL : GO;
    }
    if (sim.how == HOW_BEFORE || (sim.how == HOW_TORN && act != ACT_WRITE))
        die();
    return sim.how == HOW_AFTER ? DIE_AFTER : DIE_TORN;
}

static void leave(enum verdict verdict)
{
    if (verdict == DIE_AFTER || verdict == DIE_TORN)
        die();
    pthread_mutex_unlock(&sim.mutex);
}

/* ---- the shadow ---- */

/* Written beside and renamed: somebody else may end the process at any moment. */
static int shadow_open(char path[PATH_BYTES])
{
    (void)snprintf(path, PATH_BYTES, "%s/new", sim.shadow);
    int fd = raw_open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0640);
    if (fd < 0)
        give_up("shadow", path);
    return fd;
}

static void shadow_write(int fd, const char *at, size_t len, const char *path)
{
    while (len) {
        ssize_t wrote = syscall(SYS_write, fd, at, len);
        if (wrote <= 0)
            give_up("shadow", path);
        at += wrote;
        len -= (size_t)wrote;
    }
}

static void shadow_done(int fd, const char *kind, ino_t inode)
{
    char from[PATH_BYTES], to[PATH_BYTES];
    (void)close(fd);
    (void)snprintf(from, sizeof(from), "%s/new", sim.shadow);
    (void)snprintf(to, sizeof(to), "%s/%s/%llu", sim.shadow, kind, (unsigned long long)inode);
    if (syscall(SYS_renameat, AT_FDCWD, from, AT_FDCWD, to))
        give_up("shadow", to);
}

static void shadow_file(const char *path, ino_t inode)
{
    static char bytes[1 << 18];
    char shadow[PATH_BYTES];
    int from = raw_open(path, O_RDONLY | O_CLOEXEC, 0), to;
    if (from < 0)
        return; /* it has lost its name: nobody will find it again */
    to = shadow_open(shadow);
    for (ssize_t got; (got = read(from, bytes, sizeof(bytes))) > 0;)
        shadow_write(to, bytes, (size_t)got, shadow);
    (void)close(from);
    shadow_done(to, "i", inode);
}

static void shadow_entries(const char *path, ino_t inode)
{
    char shadow[PATH_BYTES], line[PATH_BYTES];
    DIR *dir = opendir(path);
    if (!dir)
        give_up("opendir", path);
    int to = shadow_open(shadow);
    for (const struct dirent *entry; (entry = readdir(dir));) {
        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
            continue;
        int len = snprintf(line, sizeof(line), "%llu %s\n", (unsigned long long)entry->d_ino, entry->d_name);
        shadow_write(to, line, (size_t)len, shadow);
    }
    (void)closedir(dir);
    shadow_done(to, "d", inode);
}

static void shadow_sync(int fd, const char *path)
{
    struct stat is;
    if (fstat(fd, &is))
        give_up("fstat", path);
    if (S_ISDIR(is.st_mode))
        shadow_entries(path, is.st_ino);
    else
        shadow_file(path, is.st_ino);
}

/* A name is about to go; the inode must not, or another file could be taken for this one. */
static void shadow_keep(const char *path)
{
    char kept[PATH_BYTES];
    struct stat is;
    if (!sim.shadow || lstat(path, &is) || !S_ISREG(is.st_mode))
        return;
    (void)snprintf(kept, sizeof(kept), "%s/k/%llu", sim.shadow, (unsigned long long)is.st_ino);
    if (syscall(SYS_linkat, AT_FDCWD, path, AT_FDCWD, kept, 0) && errno != EEXIST)
        give_up("keep", path);
}

/* ---- writes ---- */

static size_t total_of(const struct iovec *parts, int count)
{
    size_t total = 0;
    for (int i = 0; i < count; i++)
        total += parts[i].iov_len;
    return total;
}

/* Somewhere inside, another place for each call, the same at each repetition. */
static void write_torn(int fd, const struct iovec *parts, int count, off_t offset)
{
    struct iovec some[PARTS_MAX];
    size_t total = total_of(parts, count);
    size_t left = total ? (size_t)(*sim.counter * 2654435761u % total) : 0;
    int used = 0;
    for (; used < count && used < PARTS_MAX && left; used++) {
        some[used] = parts[used];
        if (some[used].iov_len > left)
            some[used].iov_len = left;
        left -= some[used].iov_len;
    }
    if (used)
        (void)raw_write(fd, some, used, offset);
}

static ssize_t write_call(int fd, const struct iovec *parts, int count, off_t offset)
{
    char path[PATH_BYTES];
    const char *below = path_of_fd(fd, path);
    if (!below)
        return raw_write(fd, parts, count, offset);
    struct stat is = { 0 };
    off_t start = offset;
    if (sim.how == HOW_NOSPACE) {
        (void)fstat(fd, &is);
        if (start < 0)
            start = fcntl(fd, F_GETFL) & O_APPEND ? is.st_size : lseek(fd, 0, SEEK_CUR);
    }
    enum verdict verdict = enter(below, ACT_WRITE, start + (off_t)total_of(parts, count) > is.st_size);
    ssize_t wrote = -1;
    if (verdict == DIE_TORN)
        write_torn(fd, parts, count, offset);
    else if (verdict != FAIL)
        wrote = raw_write(fd, parts, count, offset);
    leave(verdict);
    return wrote;
}

static struct iovec part_of(const void *at, size_t len)
{
    return (struct iovec){ (void *)(uintptr_t)at, len };
}

PUBLIC ssize_t write(int fd, const void *at, size_t len)
{
    struct iovec part = part_of(at, len);
    return write_call(fd, &part, 1, -1);
}

PUBLIC ssize_t pwrite(int fd, const void *at, size_t len, off_t offset)
{
    struct iovec part = part_of(at, len);
    return write_call(fd, &part, 1, offset);
}

PUBLIC ssize_t pwrite64(int fd, const void *at, size_t len, off64_t offset)
{
    struct iovec part = part_of(at, len);
    return write_call(fd, &part, 1, offset);
}

PUBLIC ssize_t writev(int fd, const struct iovec *parts, int count)
{
    return write_call(fd, parts, count, -1);
}

PUBLIC ssize_t pwritev(int fd, const struct iovec *parts, int count, off_t offset)
{
    return write_call(fd, parts, count, offset);
}

PUBLIC ssize_t pwritev64(int fd, const struct iovec *parts, int count, off64_t offset)
{
    return write_call(fd, parts, count, offset);
}

/* ---- syncs ---- */

static int sync_call(int fd, long number)
{
    char path[PATH_BYTES];
    const char *below = path_of_fd(fd, path);
    if (!below)
        return (int)syscall(number, fd);
    enum verdict verdict = enter(below, ACT_SYNC, false);
    int ret = -1;
    if (verdict != FAIL && verdict != DIE_TORN) {
        ret = sim.shadow ? 0 : (int)syscall(number, fd);
        if (sim.shadow)
            shadow_sync(fd, path);
    }
    leave(verdict);
    return ret;
}

PUBLIC int fsync(int fd)
{
    return sync_call(fd, SYS_fsync);
}

PUBLIC int fdatasync(int fd)
{
    return sync_call(fd, SYS_fdatasync);
}

/* Says nothing about what is on disk. */
PUBLIC int sync_file_range(int fd, off64_t offset, off64_t len, unsigned flags)
{
    char path[PATH_BYTES];
    const char *below = path_of_fd(fd, path);
    if (!below)
        return (int)syscall(SYS_sync_file_range, fd, offset, len, flags);
    enum verdict verdict = enter(below, ACT_SIZE, false);
    leave(verdict);
    return 0;
}

/* ---- sizes ---- */

static int size_call(int fd, long number, long a, long b, long c, bool grows)
{
    char path[PATH_BYTES];
    const char *below = path_of_fd(fd, path);
    if (!below)
        return (int)syscall(number, fd, a, b, c);
    enum verdict verdict = enter(below, ACT_SIZE, grows);
    int ret = verdict == FAIL ? -1 : (int)syscall(number, fd, a, b, c);
    leave(verdict);
    return ret;
}

PUBLIC int ftruncate(int fd, off_t len)
{
    return size_call(fd, SYS_ftruncate, len, 0, 0, false);
}

PUBLIC int ftruncate64(int fd, off64_t len)
{
    return size_call(fd, SYS_ftruncate, len, 0, 0, false);
}

PUBLIC int fallocate(int fd, int mode, off_t offset, off_t len)
{
    return size_call(fd, SYS_fallocate, mode, offset, len, true);
}

PUBLIC int fallocate64(int fd, int mode, off64_t offset, off64_t len)
{
    return size_call(fd, SYS_fallocate, mode, offset, len, true);
}

/* ---- names ---- */

static int open_call(int at, const char *path, int flags, int mode)
{
    const char *below = flags & O_CREAT && path[0] == '/' ? below_folder(path) : NULL;
    if (!below)
        return (int)syscall(SYS_openat, at, path, flags, mode);
    struct stat is;
    enum verdict verdict = enter(below, ACT_NAME, lstat(path, &is) != 0);
    int fd = verdict == FAIL ? -1 : (int)syscall(SYS_openat, at, path, flags, mode);
    leave(verdict);
    return fd;
}

#define OPEN_MODE(flags, mode)             \
    int mode = 0;                          \
    if ((flags) & (O_CREAT | O_TMPFILE)) { \
        va_list args;                      \
        va_start(args, flags);             \
        mode = va_arg(args, int);          \
        va_end(args);                      \
    }

PUBLIC int open(const char *path, int flags, ...)
{
    OPEN_MODE(flags, mode)
    return open_call(AT_FDCWD, path, flags, mode);
}

PUBLIC int open64(const char *path, int flags, ...)
{
    OPEN_MODE(flags, mode)
    return open_call(AT_FDCWD, path, flags, mode);
}

PUBLIC int openat(int at, const char *path, int flags, ...)
{
    OPEN_MODE(flags, mode)
    return open_call(at, path, flags, mode);
}

PUBLIC int openat64(int at, const char *path, int flags, ...)
{
    OPEN_MODE(flags, mode)
    return open_call(at, path, flags, mode);
}

PUBLIC int rename(const char *from, const char *to)
{
    const char *below = below_folder(to);
    if (!below)
        return (int)syscall(SYS_renameat, AT_FDCWD, from, AT_FDCWD, to);
    enum verdict verdict = enter(below, ACT_NAME, false);
    shadow_keep(to);
    int ret = (int)syscall(SYS_renameat, AT_FDCWD, from, AT_FDCWD, to);
    leave(verdict);
    return ret;
}

PUBLIC int unlink(const char *path)
{
    const char *below = below_folder(path);
    if (!below)
        return (int)syscall(SYS_unlinkat, AT_FDCWD, path, 0);
    enum verdict verdict = enter(below, ACT_NAME, false);
    shadow_keep(path);
    int ret = (int)syscall(SYS_unlinkat, AT_FDCWD, path, 0);
    leave(verdict);
    return ret;
}

PUBLIC int link(const char *from, const char *to)
{
    const char *below = below_folder(to);
    if (!below)
        return (int)syscall(SYS_linkat, AT_FDCWD, from, AT_FDCWD, to, 0);
    enum verdict verdict = enter(below, ACT_NAME, true);
    int ret = verdict == FAIL ? -1 : (int)syscall(SYS_linkat, AT_FDCWD, from, AT_FDCWD, to, 0);
    leave(verdict);
    return ret;
}

PUBLIC int mkdir(const char *path, mode_t mode)
{
    const char *below = below_folder(path);
    if (!below)
        return (int)syscall(SYS_mkdirat, AT_FDCWD, path, mode);
    struct stat is;
    enum verdict verdict = enter(below, ACT_NAME, lstat(path, &is) != 0);
    int ret = verdict == FAIL ? -1 : (int)syscall(SYS_mkdirat, AT_FDCWD, path, mode);
    leave(verdict);
    return ret;
}

/* ---- ready ---- */

/* The server flushes its output once, when it has said that it is ready. */
PUBLIC int fflush(FILE *file)
{
    int ret = fflush_unlocked(file);
    if (sim.on && file == stdout) {
        pthread_mutex_lock(&sim.mutex);
        sim.counting = true;
        pthread_mutex_unlock(&sim.mutex);
    }
    return ret;
}
