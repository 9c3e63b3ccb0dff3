/* gzip.h - files and bytes compressed with gzip, over zlib. Files are written and read in order; threads: each file
 * one at a time.
 *
 * A diag says the path and why, as those of file.h do.
 */
#ifndef IO_GZIP_H
#define IO_GZIP_H

#include "base/buf.h"

#include <stdbool.h>

struct gzip_writer;
struct gzip_reader;

/* The file appears under its name when it is finished, and replaces one that is there. The folder must exist. */
enum err gzip_create(const char *path, struct gzip_writer **ret, struct diag *reterr) MUST_USE;
enum err gzip_write(struct gzip_writer *writer, struct str bytes, struct diag *reterr) MUST_USE;
/* sync: its bytes are on disk when this returns (its name is with folder_sync). */
enum err gzip_finish(struct gzip_writer **writer, bool sync, struct diag *reterr) MUST_USE;
void gzip_abandon(struct gzip_writer **writer); /* nothing is left of it; accepts NULL in it */

enum err gzip_open(const char *path, struct gzip_reader **ret, struct diag *reterr) MUST_USE;
/* Less than len only at the end. ERR_CORRUPT: it is cut off or damaged. */
enum err gzip_read(struct gzip_reader *reader, char *at, size_t len, size_t *ret_len,
                   struct diag *reterr) MUST_USE;
void gzip_close(struct gzip_reader **reader); /* accepts NULL in it */

/* ---- bytes in memory ---- */

/* Adds the bytes, compressed quickly rather than well. */
void gzip_add(struct buf *out, struct str bytes);
/* Adds what was compressed. ERR_INVALID: it is not that, or not whole; ERR_LIMIT: the buffer's ceiling, in steps of
 * 64 KiB. */
enum err gzip_expand(struct buf *out, struct str bytes) MUST_USE;

#endif
