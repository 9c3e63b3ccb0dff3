#include "io/file.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/uio.h>
#include <unistd.h>

enum { ZERO_BYTES = 256 * 1024, PATH_BYTES = 4096 };

static enum err fail(struct diag *reterr, const char *call, const char *path)
{
    int error = errno;
    enum err err = error == ENOSPC || error == EDQUOT ? ERR_NOSPACE
                   : error == ENOENT                  ? ERR_NOTFOUND
                   : error == EEXIST                  ? ERR_CONFLICT
                                                      : ERR_IO;
    return diag_set(reterr, err, "%s%s%s: %s", call, path ? " " : "", path ? path : "", strerror(error));
}

enum err file_open(const char *path, enum file_open how, struct file *ret, struct diag *reterr)
{
    int flags = how == FILE_READ ? O_RDONLY : how == FILE_WRITE ? O_RDWR : O_RDWR | O_CREAT | O_TRUNC;
    int fd;
    do
        fd = open(path, flags | O_CLOEXEC, 0640);
    while (fd < 0 && errno == EINTR);
    if (fd < 0)
        return fail(reterr, "open", path);
    ret->fd = fd;
    return ERR_OK;
}

void file_close(struct file *file)
{
    if (file->fd >= 0)
        (void)close(file->fd);
    file->fd = -1;
}

enum err file_size(struct file file, uint64_t *ret, struct diag *reterr)
{
    struct stat stat;
    if (fstat(file.fd, &stat))
        return fail(reterr, "fstat", NULL);
    *ret = (uint64_t)stat.st_size;
    return ERR_OK;
}

enum err file_read_at(struct file file, uint64_t offset, void *at, size_t len, size_t *ret_len,
                      struct diag *reterr)
{
    size_t done = 0;
    while (done < len) {
        ssize_t got = pread(file.fd, (char *)at + done, len - done, (off_t)(offset + done));
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return fail(reterr, "pread", NULL);
        if (got == 0)
            break;
        done += (size_t)got;
    }
    *ret_len = done;
    return ERR_OK;
}

static struct iovec part(struct str s, size_t done)
{
    s = str_from_offset(s, done);
    /* iovec has no const; pwritev does not write. */
    return (struct iovec){ .iov_base = (void *)(uintptr_t)s.ptr, .iov_len = s.len };
}

enum err file_write_at(struct file file, uint64_t offset, struct str head, struct str tail,
                       struct diag *reterr)
{
    size_t done = 0, len = head.len + tail.len;
    while (done < len) {
        struct iovec parts[2] = { part(head, done), part(tail, done > head.len ? done - head.len : 0) };
        ssize_t wrote = pwritev(file.fd, parts, 2, (off_t)(offset + done));
        if (wrote < 0 && errno == EINTR)
            continue;
        if (wrote < 0)
            return fail(reterr, "pwrite", NULL);
        done += (size_t)wrote;
    }
    return ERR_OK;
}

/* Piece by piece, so that a sync of another file does not queue behind megabytes of zeros. Only a matter of
 * order: whether they are on disk the file's own sync says. */
static void push_out(int fd, uint64_t offset, size_t len)
{
#ifdef SYNC_FILE_RANGE_WRITE
    (void)sync_file_range(fd, (off_t)offset, (off_t)len,
                          SYNC_FILE_RANGE_WAIT_BEFORE | SYNC_FILE_RANGE_WRITE | SYNC_FILE_RANGE_WAIT_AFTER);
#else
    (void)fd, (void)offset, (void)len;
#endif
}

enum err file_zero(struct file file, uint64_t offset, uint64_t end, struct diag *reterr)
{
    static const char zeros[ZERO_BYTES];
    while (offset < end) {
        size_t len = end - offset < ZERO_BYTES ? (size_t)(end - offset) : ZERO_BYTES;
        enum err err = file_write_at(file, offset, str_of(zeros, len), STR_EMPTY, reterr);
        if (err)
            return err;
        push_out(file.fd, offset, len);
        offset += len;
    }
    return ERR_OK;
}

enum err file_sync(struct file file, struct diag *reterr)
{
    /* Not again after a failure: the second try would say ok for pages that were thrown away. */
    return fdatasync(file.fd) ? fail(reterr, "fdatasync", NULL) : ERR_OK;
}

enum err file_read_all(const char *path, size_t max, struct buf *to, struct diag *reterr)
{
    struct file file = FILE_NONE;
    uint64_t size;
    enum err err = file_open(path, FILE_READ, &file, reterr);
    if (!err)
        err = file_size(file, &size, reterr);
    if (!err && size > max)
        err = diag_set(reterr, ERR_LIMIT, "%s has %llu bytes, more than %zu", path, (unsigned long long)size,
                       max);
    if (!err) {
        char *at = buf_reserve(to, (size_t)size);
        size_t len = 0;
        err = at ? file_read_at(file, 0, at, (size_t)size, &len, reterr) : to->err;
        if (!err)
            to->len += len;
    }
    file_close(&file);
    return err;
}

static enum err parent_sync(const char *path, struct diag *reterr)
{
    char parent[PATH_BYTES];
    const char *slash = strrchr(path, '/');
    size_t len = slash ? (size_t)(slash - path) : 0;
    if (!slash)
        return folder_sync(".", reterr);
    if (len == 0)
        return folder_sync("/", reterr);
    if (len >= sizeof(parent))
        return diag_set(reterr, ERR_LIMIT, "the path is too long: %s", path);
    memcpy(parent, path, len);
    parent[len] = '\0';
    return folder_sync(parent, reterr);
}

enum err file_replace(const char *path, struct str text, struct diag *reterr)
{
    char fresh[PATH_BYTES];
    if (snprintf(fresh, sizeof(fresh), "%s.new", path) >= (int)sizeof(fresh))
        return diag_set(reterr, ERR_LIMIT, "the path is too long: %s", path);
    struct file file = FILE_NONE;
    enum err err = file_open(fresh, FILE_CREATE, &file, reterr);
    if (!err)
        err = file_write_at(file, 0, text, STR_EMPTY, reterr);
    if (!err)
        err = file_sync(file, reterr);
    file_close(&file);
    if (!err)
        err = file_rename(fresh, path, reterr);
    if (err)
        (void)unlink(fresh);
    else
        err = parent_sync(path, reterr);
    return err;
}

enum err file_lock(const char *path, struct file *ret, char *ret_holder, size_t holder_size,
                   struct diag *reterr)
{
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0640);
    if (fd < 0)
        return fail(reterr, "open", path);
    struct file file = { fd };
    if (flock(fd, LOCK_EX | LOCK_NB)) {
        enum err err = errno == EWOULDBLOCK ? diag_set(reterr, ERR_CONFLICT, "%s is locked", path)
                                            : fail(reterr, "flock", path);
        size_t len = 0;
        if (err == ERR_CONFLICT && file_read_at(file, 0, ret_holder, holder_size - 1, &len, NULL))
            len = 0;
        ret_holder[len] = '\0';
        file_close(&file);
        return err;
    }
    *ret = file;
    return ERR_OK;
}

enum err file_lock_sign(struct file lock, struct diag *reterr)
{
    char text[24];
    int len = snprintf(text, sizeof(text), "%ld\n", (long)getpid());
    if (ftruncate(lock.fd, 0))
        return fail(reterr, "ftruncate", NULL);
    return file_write_at(lock, 0, str_of(text, (size_t)len), STR_EMPTY, reterr);
}

bool file_exists(const char *path)
{
    return access(path, F_OK) == 0;
}

enum err file_rename(const char *from, const char *to, struct diag *reterr)
{
    return rename(from, to) ? fail(reterr, "rename to", to) : ERR_OK;
}

enum err file_remove(const char *path, struct diag *reterr)
{
    return unlink(path) ? fail(reterr, "unlink", path) : ERR_OK;
}

void file_discard(const char *path)
{
    (void)unlink(path);
}

enum err folder_make(const char *path, struct diag *reterr)
{
    char at[PATH_BYTES];
    size_t len = strlen(path);
    if (len == 0 || len >= sizeof(at))
        return diag_set(reterr, ERR_INVALID, "not a folder's path: '%s'", path);
    memcpy(at, path, len + 1);
    for (size_t i = 1; i <= len; i++) {
        if (at[i] != '/' && at[i] != '\0')
            continue;
        at[i] = '\0';
        struct stat stat_of;
        if (mkdir(at, 0750) == 0) {
            enum err err = parent_sync(at, reterr);
            if (err)
                return err;
        } else if (errno != EEXIST) {
            return fail(reterr, "mkdir", at);
        } else if (stat(at, &stat_of) || !S_ISDIR(stat_of.st_mode)) {
            return diag_set(reterr, ERR_IO, "%s is not a folder", at);
        }
        if (i < len)
            at[i] = '/';
    }
    return ERR_OK;
}

enum err folder_sync(const char *path, struct diag *reterr)
{
    int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return fail(reterr, "open", path);
    enum err err = fsync(fd) ? fail(reterr, "fsync", path) : ERR_OK;
    (void)close(fd);
    return err;
}

enum err folder_list(const char *path, folder_entry_f *f, void *self, struct diag *reterr)
{
    DIR *dir = opendir(path);
    if (!dir)
        return fail(reterr, "opendir", path);
    const struct dirent *entry;
    while ((errno = 0, entry = readdir(dir)))
        if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
            f(self, entry->d_name);
    enum err err = errno ? fail(reterr, "readdir", path) : ERR_OK;
    (void)closedir(dir);
    return err;
}

struct removal {
    const char *path;
    enum err err;
    struct diag *reterr;
};

static void remove_entry(void *self, const char *name)
{
    struct removal *removal = self;
    char path[PATH_BYTES];
    struct stat stat_of;
    if (removal->err)
        return;
    if (snprintf(path, sizeof(path), "%s/%s", removal->path, name) >= (int)sizeof(path))
        removal->err = diag_set(removal->reterr, ERR_LIMIT, "the path is too long: %s", removal->path);
    else if (lstat(path, &stat_of))
        removal->err = fail(removal->reterr, "lstat", path);
    else if (S_ISDIR(stat_of.st_mode))
        removal->err = folder_remove(path, removal->reterr);
    else
        removal->err = file_remove(path, removal->reterr);
}

enum err folder_remove(const char *path, struct diag *reterr)
{
    struct removal removal = { .path = path, .reterr = reterr };
    enum err err = folder_list(path, remove_entry, &removal, reterr);
    if (!err)
        err = removal.err;
    if (!err && rmdir(path))
        err = fail(reterr, "rmdir", path);
    return err;
}

enum err disk_sync(const char *path, struct diag *reterr)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return fail(reterr, "open", path);
    enum err err = syncfs(fd) ? fail(reterr, "syncfs", path) : ERR_OK;
    (void)close(fd);
    return err;
}

enum err disk_free_bytes(const char *path, uint64_t *ret, struct diag *reterr)
{
    struct statvfs stat_of;
    if (statvfs(path, &stat_of))
        return fail(reterr, "statvfs", path);
    *ret = (uint64_t)stat_of.f_bavail * stat_of.f_frsize;
    return ERR_OK;
}
