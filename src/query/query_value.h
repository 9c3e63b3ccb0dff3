/* query_value.h - what an expression of a query works on.
 *
 * A field of an event has the text that stands in the event and is a number whenever it reads as one: "5", 5 and 5.0
 * are equal, and keep their own text when they are shown. What is computed is a number, a moment or true and false.
 *
 * Truths: 1. No digit is lost that a field had: numbers of many digits compare exactly.
 *         2. Values are equal, and sort, the same on every thread.
 * Threads: pure. A value's slices live as long as what it was made from.
 */
#ifndef QUERY_QUERY_VALUE_H
#define QUERY_QUERY_VALUE_H

#include "json/json.h"

enum query_type {
    QUERY_NULL, /* the field is not there */
    QUERY_BOOL, /* number: 0 or 1 */
    QUERY_NUMBER,
    QUERY_TIME, /* number: milliseconds since 1970, whole */
    QUERY_TEXT,
    QUERY_JSON, /* a map or a list */
};

struct query_value {
    enum query_type type;
    double number;
    union {
        struct str text;
        const struct json *json;
    };
};

static inline struct query_value query_null(void)
{
    return (struct query_value){ .type = QUERY_NULL };
}
static inline struct query_value query_of_text(struct str text)
{
    return (struct query_value){ .type = QUERY_TEXT, .text = text };
}
static inline struct query_value query_of_bool(bool value)
{
    return (struct query_value){ .type = QUERY_BOOL, .number = value };
}
static inline struct query_value query_of_time(int64_t time_ms)
{
    return (struct query_value){ .type = QUERY_TIME, .number = (double)time_ms };
}
/* What is not finite is nothing. */
struct query_value query_of_number(double number);
/* Scalars become what they are; null is nothing; of containers the value keeps the pointer. */
struct query_value query_of_json(const struct json *json);

/* Whether text reads as a decimal number: sign, digits, a fraction, an exponent; nothing around it. */
bool query_text_number(struct str text, double *ret);
bool query_number(const struct query_value *value, double *ret);
bool query_true(const struct query_value *value);
/* As results show it: "2026-11-28 15:00:00.000", 1 and 0 for true and false, JSON for maps and lists. Empty for
 * nothing. */
struct str query_text(struct arena *arena, const struct query_value *value);

/* APART: one of them is missing, or one is a number and the other is none. */
enum query_order { QUERY_LESS = -1, QUERY_SAME = 0, QUERY_MORE = 1, QUERY_APART = 2 };
enum query_order query_compare(struct arena *scratch, const struct query_value *a,
                               const struct query_value *b);
/* The order of sort: what is missing, what is no number (runs of digits by length, then by value; the rest by code
 * point), numbers. */
int query_sort_compare(struct arena *scratch, const struct query_value *a, const struct query_value *b);

#endif
