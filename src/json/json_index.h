/* json_index.h - where things stand in a JSON text: 64 bytes at a time, on the widest instructions at hand.
 *
 * The index lists, ascending, the offsets of what structures a text: { } [ ] : , the quote that opens each
 * string, and the first byte of each number or literal. It answers whether all of the text is JSON as RFC 8259
 * has it, so that whoever goes through the index may skip values without looking into them.
 *
 * Truths: 1. json_index_read accepts exactly the texts that json_read accepts.
 *         2. The result is the same whichever kernel ran.
 *         3. Nothing is read outside the text.
 * Threads: an index is of one; the kernels are chosen once, before the first thread that uses them.
 */
#ifndef JSON_JSON_INDEX_H
#define JSON_JSON_INDEX_H

#include "base/err.h"
#include "base/str.h"
#include "json/json.h"

struct json_index {
    uint32_t *offsets; /* count of them, then one that is text.len */
    size_t count, room;
};

/* Kernels by name, fastest first: what this machine has of "avx512", "avx2", "sse2", "neon", "portable". */
size_t json_index_kernels(const char *const **ret);
/* For tests and the benchmark. ERR_NOTFOUND: not on this machine. */
enum err json_index_use(const char *kernel) MUST_USE;
const char *json_index_used(void);

void json_index_init(struct json_index *index);
void json_index_fini(struct json_index *index);

/* ERR_INVALID or ERR_LIMIT when the text is not JSON (texts of 4 GiB and more: ERR_LIMIT); the place and the
 * reason are then found by json_read. */
enum err json_index_read(struct json_index *index, struct str text) MUST_USE;

#endif
