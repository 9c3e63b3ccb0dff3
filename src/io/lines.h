/* lines.h - the lines of a file or a pipe, read in large blocks and handed out where they stand.
 *
 * Owns:    one block. A line lives until the next call.
 * Threads: one at a time.
 * Truths:  1. A line is what stands between line feeds; the last may lack its own. Nothing else is looked at:
 *             bytes are bytes, NUL and carriage returns included.
 *          2. Memory is bounded by the longest line that is taken; a longer one is passed over, and counted.
 */
#ifndef IO_LINES_H
#define IO_LINES_H

#include "base/err.h"
#include "base/str.h"

struct lines;

/* "-" is standard input. line_bytes_max: of one line, its line feed not counted. */
enum err lines_open(const char *path, size_t line_bytes_max, struct lines **ret,
                    struct diag *reterr) MUST_USE;
void lines_close(struct lines **lines);
/* What to do before a read that has to wait (of a pipe or a terminal that has nothing to give now). */
void lines_before_wait(struct lines *lines, void (*before)(void *self), void *self);

/* ERR_OK: *ret is the line without its line feed. ERR_LIMIT: there is one, and it is too long.
 * ERR_CLOSED: no more. ERR_IO: reading failed, and will again. The diag holds the system's text alone. */
enum err lines_next(struct lines *lines, struct str *ret, struct diag *reterr) MUST_USE;
/* Of the line given last, from 1. */
uint64_t lines_number(const struct lines *lines);
/* It is a file, and standard output is appended to the same one: reading it would never end. */
bool lines_feed_on_output(const struct lines *lines);

#endif
