#include "base/arena.h"

#include <stdalign.h>
#include <stdlib.h>

enum { CHUNK_BYTES = 16 * 1024, ALIGN = alignof(max_align_t) };

struct arena_chunk {
    struct arena_chunk *older;
    size_t size; /* bytes of room[] */
    alignas(max_align_t) char room[];
};

void arena_init(struct arena *arena)
{
    *arena = (struct arena){ 0 };
}

static void chunk_add_sized(struct arena *arena, size_t size)
{
    struct arena_chunk *chunk = malloc(sizeof(*chunk) + size);
    if (!chunk)
        abort();
    chunk->older = arena->chunk;
    chunk->size = size;
    arena->chunk = chunk;
    arena->next = chunk->room;
    arena->end = chunk->room + size;
}

static void chunk_add(struct arena *arena, size_t at_least)
{
    size_t size = CHUNK_BYTES - sizeof(struct arena_chunk);
    /* Chunks grow with what the unit of work turned out to need. */
    if (arena->chunk && arena->chunk->size >= size && arena->used > size)
        size = arena->used < (1u << 20) ? arena->used : (1u << 20);
    chunk_add_sized(arena, size < at_least ? at_least : size);
}

void arena_init_sized(struct arena *arena, size_t bytes)
{
    arena_init(arena);
    chunk_add_sized(arena, (bytes + (ALIGN - 1)) & ~(size_t)(ALIGN - 1));
}

char *arena_bytes(struct arena *arena, size_t size)
{
    if (size > SIZE_MAX / 2)
        abort();
    size_t rounded = (size + (ALIGN - 1)) & ~(size_t)(ALIGN - 1);
    if ((size_t)(arena->end - arena->next) < rounded || !arena->chunk)
        chunk_add(arena, rounded);
    char *room = arena->next;
    arena->next += rounded;
    arena->used += rounded;
    return room;
}

void *arena_alloc(struct arena *arena, size_t size)
{
    return memset(arena_bytes(arena, size), 0, size);
}

void arena_fini(struct arena *arena)
{
    while (arena->chunk) {
        struct arena_chunk *older = arena->chunk->older;
        free(arena->chunk);
        arena->chunk = older;
    }
    *arena = (struct arena){ 0 };
}

void arena_reset(struct arena *arena)
{
    struct arena_chunk *keep = NULL;
    while (arena->chunk) {
        struct arena_chunk *older = arena->chunk->older;
        if (!keep && arena->chunk->size <= CHUNK_BYTES)
            keep = arena->chunk;
        else
            free(arena->chunk);
        arena->chunk = older;
    }
    *arena = (struct arena){ 0 };
    if (keep) {
        keep->older = NULL;
        arena->chunk = keep;
        arena->next = keep->room;
        arena->end = keep->room + keep->size;
    }
}

struct str arena_copy(struct arena *arena, struct str s)
{
    if (s.len == 0)
        return STR("");
    return str_of(memcpy(arena_bytes(arena, s.len), s.ptr, s.len), s.len);
}

struct str arena_concat(struct arena *arena, struct str a, struct str b)
{
    char *room = arena_bytes(arena, a.len + b.len);
    if (a.len)
        memcpy(room, a.ptr, a.len);
    if (b.len)
        memcpy(room + a.len, b.ptr, b.len);
    return str_of(room, a.len + b.len);
}

struct str arena_vprintf(struct arena *arena, const char *format, va_list args)
{
    va_list again;
    va_copy(again, args);
    int len = vsnprintf(NULL, 0, format, args);
    if (len < 0)
        abort();
    char *room = arena_bytes(arena, (size_t)len + 1);
    (void)vsnprintf(room, (size_t)len + 1, format, again);
    va_end(again);
    return str_of(room, (size_t)len);
}

struct str arena_printf(struct arena *arena, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    struct str text = arena_vprintf(arena, format, args);
    va_end(args);
    return text;
}

const char *arena_cstr(struct arena *arena, struct str s)
{
    char *room = arena_bytes(arena, s.len + 1);
    if (s.len)
        memcpy(room, s.ptr, s.len);
    room[s.len] = '\0';
    return room;
}
