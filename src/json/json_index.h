/* json_index.h - where things stand in a JSON text: 64 bytes at a time, on the widest instructions at hand.
 *
 * The index lists, ascending, the offsets of the characters that structure a text: { } [ ] : and , outside of
 * strings. Between two of them stands at most one string, number or literal.
 *
 *     {"a":[1, 2],"b":"x,y"}      offsets 0 4 5 7 10 11 15 21
 *     {   :[ ,   ],   :     }
 *
 * Truths: 1. json_index_read refuses whatever can be refused without knowing in which container it stands: all
 *            of strings, numbers, literals and UTF-8, two values without something between, a comma without a
 *            value on either side. What it leaves is to be checked along the offsets: that brackets pair, that
 *            members have names and items have none, and the depth. json_index_skip does that for a container,
 *            json_index_valid for a whole text, whoever walks himself does it himself.
 *         2. Together they accept exactly the texts that json_read accepts.
 *         3. The result is the same whichever kernel ran.
 *         4. Nothing is read outside the text.
 * Threads: an index is of one.
 */
#ifndef JSON_JSON_INDEX_H
#define JSON_JSON_INDEX_H

#include "base/err.h"
#include "base/str.h"
#include "json/json.h"

/* Of 64 bytes of text. */
struct json_index_block {
    uint32_t first;         /* the first offset in it or behind it: its place in the list */
    uint8_t opened, closed; /* brackets */
    bool flat;              /* neither of { } : is in it: only items of arrays, if it is in one */
};

enum { JSON_INDEX_BEHIND = 3, JSON_INDEX_TEXT_MAX = 64 << 20 };

struct json_index {
    struct str text;
    /* Behind them stands the first again, JSON_INDEX_BEHIND times: a walker may look ahead, and an opening bracket is
     * never what ends something. */
    uint32_t *offsets;
    size_t count;
    struct json_index_block *blocks; /* block_count, and one more, which is not flat */
    size_t block_count;
    bool escapes; /* a backslash is in the text */
    size_t room;  /* bytes of text for which there is room */
};

/* Kernels by name, fastest first: what this machine has of "avx512", "avx2", "sse2", "neon", "portable". */
size_t json_index_kernels(const char *const **ret);
/* For tests and the benchmark; otherwise the first is used. ERR_NOTFOUND: not on this machine. */
enum err json_index_use(const char *kernel) MUST_USE;
const char *json_index_used(void);

void json_index_init(struct json_index *index);
void json_index_fini(struct json_index *index);

/* ERR_INVALID: not JSON (the place and the reason are then found by json_read). ERR_LIMIT: longer than
 * JSON_INDEX_TEXT_MAX, for which the memory would be too much: left to json_read. The text must live as long as the
 * index is used. */
enum err json_index_read(struct json_index *index, struct str text) MUST_USE;

/* *at is the place in the list of an opening bracket, in depth containers; moved to the one that closes it. */
enum err json_index_skip(const struct json_index *index, size_t *at, unsigned depth) MUST_USE;

/* Reads, and checks what json_index_read leaves. */
enum err json_index_valid(struct json_index *index, struct str text) MUST_USE;

/* The character at a place in the list, which is not empty, or less than JSON_INDEX_BEHIND behind it. */
static inline char json_index_char(const struct json_index *index, size_t at)
{
    return index->text.ptr[index->offsets[at]];
}

static inline bool json_is_space(char c)
{
    return c == ' ' || c == '\n' || c == '\r' || c == '\t';
}

/* The first byte behind an opening bracket, comma or colon that is not white space. There is one: a text that ends
 * in them is refused. */
static inline const char *json_index_behind(const struct json_index *index, size_t at)
{
    const char *p = index->text.ptr + index->offsets[at] + 1;
    while (json_is_space(*p))
        p++;
    return p;
}

/* The scalar that begins there and ends before a place in the list. */
static inline struct str json_index_scalar(const struct json_index *index, const char *first, size_t behind)
{
    const char *end = index->text.ptr + index->offsets[behind];
    while (json_is_space(end[-1]))
        end--;
    return str_of(first, (size_t)(end - first));
}

#endif
