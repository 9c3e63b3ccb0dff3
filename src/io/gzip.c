#include "io/gzip.h"

#include "io/file.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>

#include <zlib.h>

enum {
    BUFFER_BYTES = 128 << 10,
    LEVEL = 6,
    QUICK_LEVEL = 1,
    WINDOW_BITS = 15,
    WITH_GZIP_HEAD = 16,
    MEMORY_LEVEL = 8,
    PIECE_BYTES = 65536,
};

struct gzip_writer {
    gzFile file;
    char *path, *part; /* of this allocation */
};

struct gzip_reader {
    gzFile file;
    char path[];
};

static enum err failed(gzFile file, const char *what, const char *path, struct diag *reterr)
{
    int code = Z_ERRNO;
    const char *text = file ? gzerror(file, &code) : strerror(errno);
    enum err err = code != Z_ERRNO ? ERR_CORRUPT : errno == ENOSPC || errno == EDQUOT ? ERR_NOSPACE : ERR_IO;
    if (code == Z_ERRNO && file)
        text = strerror(errno);
    return diag_set(reterr, err, "%s %s: %s", what, path, text);
}

enum err gzip_create(const char *path, struct gzip_writer **ret, struct diag *reterr)
{
    size_t len = strlen(path) + 1;
    struct gzip_writer *writer = malloc(sizeof(*writer) + len + len + 5);
    if (!writer)
        abort();
    writer->path = (char *)(writer + 1);
    writer->part = writer->path + len;
    memcpy(writer->path, path, len);
    (void)snprintf(writer->part, len + 5, "%s.part", path);
    writer->file = gzopen(writer->part, "wbe");
    if (!writer->file) {
        enum err err = failed(NULL, "cannot write", writer->part, reterr);
        free(writer);
        return err;
    }
    (void)gzbuffer(writer->file, BUFFER_BYTES);
    (void)gzsetparams(writer->file, LEVEL, Z_DEFAULT_STRATEGY);
    *ret = writer;
    return ERR_OK;
}

enum err gzip_write(struct gzip_writer *writer, struct str bytes, struct diag *reterr)
{
    if (bytes.len && gzfwrite(bytes.ptr, 1, bytes.len, writer->file) != bytes.len)
        return failed(writer->file, "cannot write", writer->part, reterr);
    return ERR_OK;
}

static enum err sync_part(const char *path, struct diag *reterr)
{
    struct file file = FILE_NONE;
    enum err err = file_open(path, FILE_WRITE, &file, reterr);
    if (!err)
        err = file_sync(file, reterr);
    file_close(&file);
    return err;
}

enum err gzip_finish(struct gzip_writer **at, bool sync, struct diag *reterr)
{
    struct gzip_writer *writer = *at;
    enum err err = ERR_OK;
    errno = 0;
    if (gzclose(writer->file) != Z_OK)
        err = failed(NULL, "cannot write", writer->part, reterr);
    writer->file = NULL;
    if (!err && sync)
        err = sync_part(writer->part, reterr);
    if (!err)
        err = file_rename(writer->part, writer->path, reterr);
    if (err) {
        gzip_abandon(at);
        return err;
    }
    free(writer);
    *at = NULL;
    return ERR_OK;
}

void gzip_abandon(struct gzip_writer **at)
{
    struct gzip_writer *writer = *at;
    if (!writer)
        return;
    *at = NULL;
    if (writer->file)
        (void)gzclose(writer->file);
    file_discard(writer->part);
    free(writer);
}

enum err gzip_open(const char *path, struct gzip_reader **ret, struct diag *reterr)
{
    struct gzip_reader *reader = malloc(sizeof(*reader) + strlen(path) + 1);
    if (!reader)
        abort();
    strcpy(reader->path, path);
    reader->file = gzopen(path, "rbe");
    if (!reader->file) {
        enum err err = errno == ENOENT ? ERR_NOTFOUND : ERR_IO;
        (void)failed(NULL, "cannot read", path, reterr);
        free(reader);
        return err;
    }
    (void)gzbuffer(reader->file, BUFFER_BYTES);
    *ret = reader;
    return ERR_OK;
}

enum err gzip_read(struct gzip_reader *reader, char *at, size_t len, size_t *ret_len, struct diag *reterr)
{
    size_t got = gzfread(at, 1, len, reader->file);
    int code = Z_OK;
    if (got < len) {
        (void)gzerror(reader->file, &code);
        if (code != Z_OK) /* Z_BUF_ERROR: it is cut off */
            return failed(reader->file, "cannot read", reader->path, reterr);
    }
    *ret_len = got;
    return ERR_OK;
}

void gzip_close(struct gzip_reader **at)
{
    if (!*at)
        return;
    (void)gzclose((*at)->file);
    free(*at);
    *at = NULL;
}

/* ---- bytes in memory ---- */

void gzip_add(struct buf *out, struct str bytes)
{
    z_stream stream = { .zalloc = Z_NULL };
    if (bytes.len > UINT_MAX / 2 ||
        deflateInit2(&stream, QUICK_LEVEL, Z_DEFLATED, WINDOW_BITS + WITH_GZIP_HEAD, MEMORY_LEVEL,
                     Z_DEFAULT_STRATEGY) != Z_OK)
        abort();
    size_t bound = deflateBound(&stream, (uLong)bytes.len);
    char *room = buf_reserve(out, bound);
    if (room) {
        /* zlib does not write to what it reads; its interface is older than const. */
        stream.next_in = (Bytef *)(uintptr_t)bytes.ptr;
        stream.avail_in = (uInt)bytes.len;
        stream.next_out = (Bytef *)room;
        stream.avail_out = (uInt)bound;
        if (deflate(&stream, Z_FINISH) != Z_STREAM_END)
            abort();
        out->len += stream.total_out;
    }
    (void)deflateEnd(&stream);
}

enum err gzip_expand(struct buf *out, struct str bytes)
{
    z_stream stream = { .zalloc = Z_NULL };
    if (bytes.len > UINT_MAX / 2 || inflateInit2(&stream, WINDOW_BITS + WITH_GZIP_HEAD) != Z_OK)
        return ERR_INVALID;
    stream.next_in = (Bytef *)(uintptr_t)bytes.ptr;
    stream.avail_in = (uInt)bytes.len;
    int state = Z_OK;
    while (state == Z_OK) {
        char *room = buf_reserve(out, PIECE_BYTES);
        if (!room)
            break;
        stream.next_out = (Bytef *)room;
        stream.avail_out = PIECE_BYTES;
        state = inflate(&stream, Z_NO_FLUSH);
        out->len += PIECE_BYTES - stream.avail_out;
    }
    bool whole = state == Z_STREAM_END && stream.avail_in == 0;
    (void)inflateEnd(&stream);
    return out->err ? out->err : whole ? ERR_OK : ERR_INVALID;
}
