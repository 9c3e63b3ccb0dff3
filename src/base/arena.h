/* arena.h - memory of one unit of work (a request, a command, a workflow step, a plan).
 *
 * Truths: 1. What it gives is zeroed, aligned for any type, and lives until reset or fini.
 *         2. It never returns NULL: a server that cannot allocate cannot keep its promises
 *            and stops. Sizes that come from outside are limited before they get here.
 * Threads: one at a time; an arena may be handed over.
 */
#ifndef BASE_ARENA_H
#define BASE_ARENA_H

#include <stdarg.h>

#include "base/err.h"
#include "base/str.h"

struct arena_chunk;

struct arena {
    struct arena_chunk *chunk; /* newest first */
    char *next, *end;          /* free part of the newest chunk */
    size_t used;               /* bytes given since the last reset */
};

void arena_init(struct arena *arena); /* allocates nothing yet; {0} is as good */
/* With room for that many bytes and no more, for what is long-lived and small; beyond them it grows as any. */
void arena_init_sized(struct arena *arena, size_t bytes);
void arena_fini(struct arena *arena);  /* accepts one that was never used */
void arena_reset(struct arena *arena); /* forgets all, keeps one chunk of ordinary size */

void *arena_alloc(struct arena *arena, size_t size);
/* Bytes that the caller writes whole at once: not zeroed. */
char *arena_bytes(struct arena *arena, size_t size);
struct str arena_copy(struct arena *arena, struct str s);
struct str arena_concat(struct arena *arena, struct str a, struct str b);
struct str arena_printf(struct arena *arena, const char *format, ...) PRINTF_LIKE(2, 3);
struct str arena_vprintf(struct arena *arena, const char *format, va_list args) PRINTF_LIKE(2, 0);
const char *arena_cstr(struct arena *arena, struct str s); /* with a NUL, for io/ and libraries */

#define ARENA_NEW(arena, type) ((type *)arena_alloc((arena), sizeof(type)))
#define ARENA_ARRAY(arena, type, count) ((type *)arena_alloc((arena), sizeof(type) * (count)))

#endif
