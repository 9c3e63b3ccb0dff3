/* json_index_kernel.h - what the kernels of the index have in common. Of json_index*.c only.
 *
 * A kernel is a file that defines how 64 bytes are looked at on its machine, and then includes
 * json_index_block.h, which does the rest.
 */
#ifndef JSON_JSON_INDEX_KERNEL_H
#define JSON_JSON_INDEX_KERNEL_H

#include "json/json_index.h"

enum { BLOCK = 64 };

/* Bit n: byte n of the block is of the class. */
struct json_index_masks {
    uint64_t quote, backslash, control, high; /* control: below 0x20; high: above 0x7F */
    uint64_t space, comma, colon, open, close, curly;
    uint64_t digit, zero, minus, plus, dot, exponent; /* exponent: e E */
};

/* Of a block outside of whose strings is nothing but { } [ ] , : - . and digits. */
struct json_index_glance {
    uint64_t quote, ops, open, close, keyed, dot; /* ops: all that is listed; keyed: { } : */
    uint64_t high;
    uint64_t other; /* all else */
    uint64_t wrong; /* of two neighbours the second, if it may not follow (outside of strings) */
};

typedef bool json_index_read_f(struct json_index *index);

struct json_index_kernel {
    const char *name;
    bool (*supported)(void);
    json_index_read_f *read; /* false: not JSON */
};

extern const struct json_index_kernel json_index_avx512, json_index_avx2, json_index_sse2, json_index_neon,
    json_index_portable;

/* ---- what is rare, of the text, whatever the kernel ---- */

/* The escapes whose backslashes are the bits of starts, from base on. *low_at: where the low half of a
 * surrogate pair must stand. */
bool json_index_escapes_valid(struct str text, size_t base, uint64_t starts, size_t *low_at);

#endif
