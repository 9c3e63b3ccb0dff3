/* buf.h - a growing buffer that owns its bytes, has a ceiling, and keeps its first error.
 *
 * Writing past the ceiling changes nothing and latches ERR_LIMIT: write all, check once.
 * Threads: one at a time.
 */
#ifndef BASE_BUF_H
#define BASE_BUF_H

#include "base/err.h"
#include "base/str.h"

struct buf {
    char *ptr;
    size_t len, cap;
    size_t max; /* ceiling in bytes; 0: none */
    enum err err;
};

void buf_init(struct buf *buf, size_t max);
void buf_fini(struct buf *buf);
void buf_clear(struct buf *buf); /* empties and forgets the error; keeps the memory */

void buf_add(struct buf *buf, struct str s);
void buf_add_char(struct buf *buf, char c);
void buf_add_bytes(struct buf *buf, const void *bytes, size_t len);
void buf_printf(struct buf *buf, const char *format, ...) PRINTF_LIKE(2, 3);

/* Makes room for len more bytes and returns where to write them, NULL over the ceiling.
 * The caller then adds what it wrote to buf->len. */
char *buf_reserve(struct buf *buf, size_t len);

static inline struct str buf_str(const struct buf *buf)
{
    return str_of(buf->ptr, buf->len);
}

#endif
