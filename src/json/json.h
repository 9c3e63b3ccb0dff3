/* json.h - JSON as RFC 8259 has it, strictly: values in an arena, and a writer.
 *
 * Truths: 1. What is not exactly RFC 8259 and valid UTF-8 is refused, with the place.
 *         2. Members keep their order, duplicates included. json_get gives the last of them.
 *         3. A number keeps its text; nobody loses digits who does not ask for a double.
 *         4. Values are immutable once built and go by value; subtrees may be shared.
 * Threads: a value may be read by many; a writer is of one.
 */
#ifndef JSON_JSON_H
#define JSON_JSON_H

#include "base/arena.h"
#include "base/buf.h"

enum json_type { JSON_NULL, JSON_FALSE, JSON_TRUE, JSON_NUMBER, JSON_STRING, JSON_ARRAY, JSON_OBJECT };

struct json_member;

struct json {
    enum json_type type;
    uint32_t count; /* items or members */
    union {
        struct str text; /* string: decoded bytes (may hold U+0000); number: as written */
        const struct json *items;
        const struct json_member *members;
    };
    struct str raw; /* the bytes it was read from (string: with quotes); empty if built */
};

struct json_member {
    struct str key; /* decoded */
    struct json value;
};

enum { JSON_DEPTH_MAX = 1000 };

/* Where and why reading failed. The texts follow those that the services pass on from their own reader
 * ("Unexpected character (''' (code 39)): was expecting double-quote to start field name", "Unrecognized
 * token 'x': was expecting (JSON String, Number, Array, Object or token 'null', 'true' or 'false')"). */
struct json_error {
    char text[256];
    size_t offset;
    unsigned line, column;           /* from 1; the column counts UTF-16 units, as the services do */
    unsigned open_line, open_column; /* where the container begins that is not closed; 0: another error */
};

/* ---- read ---- */

/* The whole text is one value with white space around it, at most depth_max deep (0: JSON_DEPTH_MAX).
 * Strings without escapes and raw slices point into text, which must live as long as the value.
 * ERR_INVALID, or ERR_LIMIT when too deep. reterr may be NULL. */
enum err json_read(struct arena *arena, struct str text, unsigned depth_max, struct json *ret,
                   struct json_error *reterr) MUST_USE;

/* Line and column of an offset in a text, counted as above. */
void json_place(struct str text, size_t offset, unsigned *ret_line, unsigned *ret_column);
/* How the services name such a place: `[Source: (String)"..."; line: 1, column: 7]`, with 500 UTF-16 units of the text
 * at most. */
struct str json_source(struct arena *arena, struct str text, unsigned line, unsigned column);

/* ---- look ---- */

/* Member of an object; the last of duplicates; NULL when absent or value is not an object (or NULL). */
const struct json *json_get(const struct json *object, struct str key);
/* The same, NULL also when the member is not of the type. */
const struct json *json_get_typed(const struct json *object, struct str key, enum json_type type);
struct str json_get_str(const struct json *object, struct str key); /* empty when not a string */
int64_t json_get_i64(const struct json *object, struct str key);    /* 0 when not a whole number */
bool json_is(const struct json *value, enum json_type type);        /* false for NULL */
/* Same value: objects regardless of order (the last of duplicates counts), numbers by value. */
bool json_equal(const struct json *a, const struct json *b);

/* ---- numbers ---- */

/* Value of a number's text; false when not an integer, or outside int64. 3e2 and 300.0 are 300. */
bool json_number_i64(struct str text, int64_t *ret);
/* Nearest double; false when it overflows. */
bool json_number_double(struct str text, double *ret);
/* <0, 0, >0, exact to the last digit (both texts as JSON writes numbers). */
int json_number_compare(struct str a, struct str b);

/* ---- build ---- */

struct json json_of_str(struct str text);
struct json json_of_i64(struct arena *arena, int64_t value);
struct json json_of_double(struct arena *arena, double value); /* finite; shortest text that reads back */
struct json json_of_bool(bool value);
struct json json_of_null(void);
struct json json_of_array(const struct json *items, size_t count);
struct json json_of_object(const struct json_member *members, size_t count);
/* A new object like object (or empty if it is not one), with key set to value: in its place, or last. */
struct json json_with_member(struct arena *arena, const struct json *object, struct str key,
                             struct json value);
/* Deep copy: nothing of it points outside the arena afterwards. */
struct json json_copy(struct arena *arena, const struct json *value);

/* ---- write ---- */

/* Compact: no white space. Commas and colons are the writer's business. Misuse (a value where a key
 * belongs) is a bug and asserts. Errors of the buffer latch there. */
struct json_writer {
    struct buf *out;
    uint32_t depth;
    uint64_t objects; /* bit n: the container at depth n + 1 is an object (the first 64: for assertions) */
    bool comma;       /* a value stands before in this container */
    bool keyed;       /* a key stands before, its value comes next */
};

void json_writer_init(struct json_writer *w, struct buf *out);
void json_begin_object(struct json_writer *w);
void json_end_object(struct json_writer *w);
void json_begin_array(struct json_writer *w);
void json_end_array(struct json_writer *w);
void json_key(struct json_writer *w, struct str key);
void json_put_str(struct json_writer *w, struct str text); /* escapes ", \ and controls; else as is */
void json_put_i64(struct json_writer *w, int64_t value);
void json_put_double(struct json_writer *w, double value);
void json_put_bool(struct json_writer *w, bool value);
void json_put_null(struct json_writer *w);
void json_put_raw(struct json_writer *w, struct str raw);       /* a whole JSON value, as it stands */
void json_put(struct json_writer *w, const struct json *value); /* compact, from the tree, not raw */
/* key and value at once */
void json_put_member_str(struct json_writer *w, struct str key, struct str text);
void json_put_member_i64(struct json_writer *w, struct str key, int64_t value);
void json_put_member_bool(struct json_writer *w, struct str key, bool value);
void json_put_member(struct json_writer *w, struct str key, const struct json *value);
/* Seconds with a fraction, as AWS JSON writes timestamps: 1764000000.123 */
void json_put_member_time(struct json_writer *w, struct str key, int64_t time_ms);

/* The value as compact text in the arena. */
struct str json_text(struct arena *arena, const struct json *value);

#endif
