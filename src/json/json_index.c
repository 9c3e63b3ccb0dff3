/* The index, but for its kernels: choosing one of them, what is rare in a text, and the walk over containers. */
#include "json/json_index.h"
#include "json/json_index_kernel.h"

#include <assert.h>
#include <stdatomic.h>
#include <stdlib.h>

/* ---- kernels ---- */

static const struct json_index_kernel *const kernels[] = {
#if defined(__x86_64__)
    &json_index_avx512,
    &json_index_avx2,
    &json_index_sse2,
#elif defined(__aarch64__)
    &json_index_neon,
#endif
    &json_index_portable,
};
enum { KERNELS = sizeof(kernels) / sizeof(kernels[0]) };

static _Atomic(const struct json_index_kernel *) used;

static const struct json_index_kernel *kernel_used(void)
{
    const struct json_index_kernel *kernel = atomic_load_explicit(&used, memory_order_relaxed);
    for (size_t i = 0; !kernel; i++) {
        if (!kernels[i]->supported())
            continue;
        kernel = kernels[i];
        atomic_store_explicit(&used, kernel, memory_order_relaxed);
    }
    return kernel;
}

size_t json_index_kernels(const char *const **ret)
{
    static _Thread_local const char *names[KERNELS];
    size_t count = 0;
    for (size_t i = 0; i < KERNELS; i++)
        if (kernels[i]->supported())
            names[count++] = kernels[i]->name;
    *ret = names;
    return count;
}

enum err json_index_use(const char *kernel)
{
    for (size_t i = 0; i < KERNELS; i++) {
        if (strcmp(kernels[i]->name, kernel) != 0 || !kernels[i]->supported())
            continue;
        atomic_store_explicit(&used, kernels[i], memory_order_relaxed);
        return ERR_OK;
    }
    return ERR_NOTFOUND;
}

const char *json_index_used(void)
{
    return kernel_used()->name;
}

/* ---- life ---- */

void json_index_init(struct json_index *index)
{
    *index = (struct json_index){ 0 };
}

void json_index_fini(struct json_index *index)
{
    free(index->offsets);
    free(index->blocks);
    *index = (struct json_index){ 0 };
}

static void make_room(struct json_index *index, size_t len)
{
    size_t room = index->room ? index->room : 4096;
    while (room < len)
        room *= 2;
    free(index->offsets);
    free(index->blocks);
    /* Every byte may be listed, and kernels write a block's worth at once. */
    index->offsets = malloc((room + 2 * (size_t)BLOCK) * sizeof(*index->offsets));
    index->blocks = malloc((room / BLOCK + 2) * sizeof(*index->blocks));
    if (!index->offsets || !index->blocks)
        abort();
    index->room = room;
}

enum err json_index_read(struct json_index *index, struct str text)
{
    if (text.len > JSON_INDEX_TEXT_MAX)
        return ERR_LIMIT;
    if (!index->offsets || text.len > index->room)
        make_room(index, text.len);
    index->text = text;
    index->count = 0;
    index->escapes = false;
    return kernel_used()->read(index) ? ERR_OK : ERR_INVALID;
}

/* ---- what is rare ---- */

static bool read_hex4(struct str digits, unsigned *ret)
{
    unsigned value = 0;
    if (digits.len < 4)
        return false;
    for (size_t i = 0; i < 4; i++) {
        unsigned char c = (unsigned char)digits.ptr[i], lower = c | 0x20;
        if (c >= '0' && c <= '9')
            value = value << 4 | (unsigned)(c - '0');
        else if (lower >= 'a' && lower <= 'f')
            value = value << 4 | (unsigned)(lower - 'a' + 10);
        else
            return false;
    }
    *ret = value;
    return true;
}

bool json_index_escapes_valid(struct str text, size_t base, uint64_t starts, size_t *low_at)
{
    for (; starts; starts &= starts - 1) {
        size_t offset = base + (size_t)__builtin_ctzll(starts);
        unsigned unit, low;
        if (offset + 1 >= text.len)
            return false;
        char c = text.ptr[offset + 1];
        if (c == 'u') {
            if (!read_hex4(str_from_offset(text, offset + 2), &unit))
                return false;
            if (unit < 0xD800 || unit > 0xDFFF || offset == *low_at)
                continue;
            struct str next = str_from_offset(text, offset + 6);
            if (unit >= 0xDC00 || !str_starts(next, STR("\\u")) ||
                !read_hex4(str_from_offset(next, 2), &low) || low < 0xDC00 || low > 0xDFFF)
                return false;
            *low_at = offset + 6;
        } else if (!c || !strchr("\"\\/bfnrt", c)) {
            return false;
        }
    }
    return true;
}

/* ---- the walk ---- */

struct walk {
    const struct json_index *index;
    size_t at;               /* place in the list */
    size_t block_end;        /* where blocks may be passed next */
    unsigned depth, outside; /* containers that are open, and how many of them are the caller's */
    bool object[JSON_DEPTH_MAX];
};

/* In an array. At the begin of a block passes all that hold nothing but items of arrays and cannot close the
 * innermost object, or what the walk began with. */
static void walk_flat(struct walk *walk)
{
    const struct json_index *index = walk->index;
    if (walk->at >= index->count)
        return;
    size_t block = index->offsets[walk->at] / BLOCK;
    walk->block_end = index->blocks[block + 1].first;
    if (index->blocks[block].first < walk->at)
        return;
    unsigned arrays = 0;
    /* More than a block can close need not be counted. */
    while (arrays <= BLOCK && walk->depth - arrays > walk->outside && !walk->object[walk->depth - 1 - arrays])
        arrays++;
    for (;; block++) {
        const struct json_index_block *b = &index->blocks[block];
        walk->at = b->first;
        if (!b->flat || b->closed >= arrays || walk->depth + b->opened > JSON_DEPTH_MAX)
            break;
        for (unsigned i = 0; i < b->opened; i++)
            walk->object[walk->depth + i] = false;
        arrays = arrays + b->opened - b->closed;
        walk->depth = walk->depth + b->opened - b->closed;
    }
    /* What stands behind the last block is not flat. */
    walk->block_end = block < index->block_count ? index->blocks[block + 1].first : index->count;
}

/* From the bracket or a comma of an object to what ends its members or begins a container in it, which is returned;
 * NUL: there is no name, or nothing behind it. */
static inline char walk_members(struct walk *walk)
{
    const struct json_index *index = walk->index;
    size_t at = walk->at;
    char c;
    do {
        if (*json_index_behind(index, at) != '"' || json_index_char(index, at + 1) != ':')
            return '\0';
        at += 2;
        c = json_index_char(index, at);
    } while (c == ',');
    walk->at = at;
    return c;
}

/* The same of an array. */
static inline char walk_items(struct walk *walk)
{
    char c;
    do {
        if (++walk->at >= walk->block_end)
            walk_flat(walk);
        c = json_index_char(walk->index, walk->at);
    } while (c == ',');
    return c;
}

enum err json_index_skip(const struct json_index *index, size_t *at, unsigned depth)
{
    struct walk walk;
    walk.index = index;
    walk.at = *at;
    walk.block_end = 0;
    walk.depth = walk.outside = depth;
    char c = json_index_char(index, walk.at);
    for (;;) {
        if ((c != '{' && c != '[') || walk.at >= index->count)
            return ERR_INVALID;
        if (walk.depth == JSON_DEPTH_MAX)
            return ERR_LIMIT;
        walk.object[walk.depth++] = c == '{';
        if (c == '[')
            c = walk_items(&walk);
        else if (*json_index_behind(index, walk.at) != '}')
            c = walk_members(&walk);
        else
            c = json_index_char(index, ++walk.at);
        while (c == '}' || c == ']') {
            if (walk.object[--walk.depth] != (c == '}'))
                return ERR_INVALID;
            if (walk.depth == walk.outside) {
                *at = walk.at;
                return ERR_OK;
            }
            c = json_index_char(index, ++walk.at);
            if (c == ',')
                c = walk.object[walk.depth - 1] ? walk_members(&walk) : walk_items(&walk);
        }
    }
}

enum err json_index_valid(struct json_index *index, struct str text)
{
    enum err err = json_index_read(index, text);
    if (err || index->count == 0)
        return err;
    size_t at = 0;
    err = json_index_skip(index, &at, 0);
    return err ? err : at + 1 < index->count ? ERR_INVALID : ERR_OK;
}
