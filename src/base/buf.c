#include "base/buf.h"

#include <stdarg.h>
#include <stdlib.h>

void buf_init(struct buf *buf, size_t max)
{
    *buf = (struct buf){ .max = max };
}

void buf_fini(struct buf *buf)
{
    free(buf->ptr);
    *buf = (struct buf){ .max = buf->max };
}

void buf_clear(struct buf *buf)
{
    buf->len = 0;
    buf->err = ERR_OK;
}

char *buf_reserve(struct buf *buf, size_t len)
{
    if (buf->err)
        return NULL;
    if (len > SIZE_MAX / 2 - buf->len || (buf->max && buf->len + len > buf->max)) {
        buf->err = ERR_LIMIT;
        return NULL;
    }
    if (buf->cap - buf->len < len) {
        size_t cap = buf->cap ? buf->cap * 2 : 256;
        if (cap < buf->len + len)
            cap = buf->len + len;
        char *ptr = realloc(buf->ptr, cap);
        if (!ptr)
            abort();
        buf->ptr = ptr;
        buf->cap = cap;
    }
    return buf->ptr + buf->len;
}

void buf_add_bytes(struct buf *buf, const void *bytes, size_t len)
{
    if (len == 0)
        return;
    char *room = buf_reserve(buf, len);
    if (!room)
        return;
    memcpy(room, bytes, len);
    buf->len += len;
}

void buf_add(struct buf *buf, struct str s)
{
    buf_add_bytes(buf, s.ptr, s.len);
}

void buf_add_char(struct buf *buf, char c)
{
    buf_add_bytes(buf, &c, 1);
}

void buf_printf(struct buf *buf, const char *format, ...)
{
    va_list args, again;
    va_start(args, format);
    va_copy(again, args);
    int len = vsnprintf(NULL, 0, format, args);
    va_end(args);
    char *room = len < 0 ? NULL : buf_reserve(buf, (size_t)len + 1);
    if (room) {
        (void)vsnprintf(room, (size_t)len + 1, format, again);
        buf->len += (size_t)len;
    }
    va_end(again);
}
