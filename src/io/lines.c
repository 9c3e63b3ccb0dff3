#include "io/lines.h"

#include "base/buf.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

/* Fits a core's own cache beside what works on it, and is large enough for the disk. */
enum { BLOCK_BYTES = 256 * 1024 };

struct lines {
    int fd;
    bool regular, ended;
    size_t line_bytes_max;
    struct buf block;
    size_t start;   /* of the line that comes next */
    size_t scanned; /* no line feed stands between start and here */
    uint64_t number;
    void (*before_wait)(void *self);
    void *before_wait_self;
};

enum err lines_open(const char *path, size_t line_bytes_max, struct lines **ret, struct diag *reterr)
{
    bool standard = strcmp(path, "-") == 0;
    int fd = STDIN_FILENO;
    if (!standard)
        do
            fd = open(path, O_RDONLY | O_CLOEXEC);
        while (fd < 0 && errno == EINTR);
    if (fd < 0)
        return diag_set(reterr, errno == ENOENT ? ERR_NOTFOUND : ERR_IO, "%s", strerror(errno));
    struct stat stat;
    bool regular = fstat(fd, &stat) == 0 && S_ISREG(stat.st_mode);
#ifdef POSIX_FADV_SEQUENTIAL
    if (regular)
        (void)posix_fadvise(fd, 0, 0, POSIX_FADV_SEQUENTIAL);
#endif
    struct lines *lines = calloc(1, sizeof(*lines));
    if (!lines)
        abort();
    lines->fd = fd;
    lines->regular = regular;
    lines->line_bytes_max = line_bytes_max;
    buf_init(&lines->block, 0);
    *ret = lines;
    return ERR_OK;
}

void lines_close(struct lines **lines)
{
    if (!*lines)
        return;
    if ((*lines)->fd != STDIN_FILENO)
        (void)close((*lines)->fd);
    buf_fini(&(*lines)->block);
    free(*lines);
    *lines = NULL;
}

void lines_before_wait(struct lines *lines, void (*before)(void *self), void *self)
{
    lines->before_wait = before;
    lines->before_wait_self = self;
}

/* More bytes behind those that are there; sets ended at the end. */
static enum err fill(struct lines *lines, struct diag *reterr)
{
    struct buf *block = &lines->block;
    if (lines->start) {
        assert(block->ptr);
        block->len -= lines->start;
        memmove(block->ptr, block->ptr + lines->start, block->len);
        lines->scanned -= lines->start;
        lines->start = 0;
    }
    /* A line that fills half the block doubles it, so that long ones are not read in small pieces. */
    size_t want = block->cap - block->len < BLOCK_BYTES / 2 ? BLOCK_BYTES : block->cap - block->len;
    char *to = buf_reserve(block, want);
    if (!lines->regular && lines->before_wait) {
        struct pollfd wait = { .fd = lines->fd, .events = POLLIN };
        if (poll(&wait, 1, 0) == 0)
            lines->before_wait(lines->before_wait_self);
    }
    ssize_t got;
    do
        got = read(lines->fd, to, block->cap - block->len);
    while (got < 0 && errno == EINTR);
    if (got < 0)
        return diag_set(reterr, ERR_IO, "%s", strerror(errno));
    block->len += (size_t)got;
    lines->ended = got == 0;
    return ERR_OK;
}

enum err lines_next(struct lines *lines, struct str *ret, struct diag *reterr)
{
    bool too_long = false;
    for (;;) {
        struct buf *block = &lines->block;
        const char *line = block->ptr ? block->ptr + lines->start : NULL;
        size_t there = block->len - lines->scanned;
        assert(!there || block->ptr);
        const char *end = there ? memchr(block->ptr + lines->scanned, '\n', there) : NULL;
        size_t len = end ? (size_t)(end - line) : block->len - lines->start;
        if (end || (lines->ended && (len || too_long))) {
            lines->start += len + (end != NULL);
            lines->scanned = lines->start;
            lines->number++;
            if (too_long || len > lines->line_bytes_max)
                return ERR_LIMIT;
            *ret = str_of(line, len);
            return ERR_OK;
        }
        if (lines->ended)
            return ERR_CLOSED;
        if (len > lines->line_bytes_max) { /* the rest of it need not be kept */
            too_long = true;
            lines->start = block->len;
        }
        lines->scanned = block->len;
        enum err err = fill(lines, reterr);
        if (err)
            return err;
    }
}

uint64_t lines_number(const struct lines *lines)
{
    return lines->number;
}

bool lines_feed_on_output(const struct lines *lines)
{
    struct stat in, out;
    int flags = fcntl(STDOUT_FILENO, F_GETFL);
    return lines->regular && flags >= 0 && (flags & O_ACCMODE) != O_RDONLY && fstat(lines->fd, &in) == 0 &&
           fstat(STDOUT_FILENO, &out) == 0 && in.st_dev == out.st_dev && in.st_ino == out.st_ino;
}
