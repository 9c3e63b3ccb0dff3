#include "io/compress.h"

#include <pthread.h>
#include <stdlib.h>
#include <zstd.h>

enum { LEVEL = 1 };

/* What one thread works with; made at its first use, freed when it ends. */
struct contexts {
    ZSTD_CCtx *compress;
    ZSTD_DCtx *decompress;
};

static pthread_key_t contexts_key;
static pthread_once_t contexts_once = PTHREAD_ONCE_INIT;

static void contexts_free(void *self)
{
    struct contexts *contexts = self;
    ZSTD_freeCCtx(contexts->compress);
    ZSTD_freeDCtx(contexts->decompress);
    free(contexts);
}

static void contexts_init(void)
{
    if (pthread_key_create(&contexts_key, contexts_free))
        abort();
}

static struct contexts *contexts_here(void)
{
    (void)pthread_once(&contexts_once, contexts_init);
    struct contexts *contexts = pthread_getspecific(contexts_key);
    if (contexts)
        return contexts;
    contexts = calloc(1, sizeof(*contexts));
    if (!contexts || pthread_setspecific(contexts_key, contexts))
        abort();
    contexts->compress = ZSTD_createCCtx();
    contexts->decompress = ZSTD_createDCtx();
    if (!contexts->compress || !contexts->decompress ||
        ZSTD_isError(ZSTD_CCtx_setParameter(contexts->compress, ZSTD_c_compressionLevel, LEVEL)) ||
        ZSTD_isError(ZSTD_CCtx_setParameter(contexts->compress, ZSTD_c_checksumFlag, 1)))
        abort();
    return contexts;
}

size_t compress_add(struct buf *out, struct str s)
{
    size_t room = ZSTD_compressBound(s.len);
    char *at = buf_reserve(out, room);
    if (!at)
        abort();
    size_t len = ZSTD_compress2(contexts_here()->compress, at, room, s.ptr, s.len);
    if (ZSTD_isError(len))
        abort(); /* only for want of room or memory */
    out->len += len;
    return len;
}

enum err decompress(struct str frame, char *at, size_t len)
{
    size_t got = ZSTD_decompressDCtx(contexts_here()->decompress, at, len, frame.ptr, frame.len);
    return ZSTD_isError(got) || got != len ? ERR_CORRUPT : ERR_OK;
}
