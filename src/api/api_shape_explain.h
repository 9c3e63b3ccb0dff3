/* api_shape_explain.h - between api_shape.c and api_shape_explain.c: the questions both
 * ask, and the slow walk. */
#ifndef API_API_SHAPE_EXPLAIN_H
#define API_API_SHAPE_EXPLAIN_H

#include "api/api_shape.h"

bool shape_pattern_fits(const struct shape_checker *checker, const struct shape *shape, struct str text);
bool shape_value_listed(const struct shape *shape, struct str text);
/* <0: under the least, >0: over the most, 0: neither. Characters of a text. */
int shape_limits_compare(const struct shape *shape, int64_t size);
int shape_length_compare(const struct shape *shape, struct str text);
int shape_double_compare(const struct shape *shape, double value);
bool shape_number_read(const struct shape *shape, const struct json *value, int64_t *ret);
bool shape_time_read(const struct json *value, int64_t *ret_ms);
/* Of base64 text that is known to be well formed. */
size_t shape_blob_bytes(struct str text);
/* NULL when it is absent or null. */
const struct json *shape_member_value(const struct shape *shape, unsigned index, const struct json *value,
                                      enum shape_style style);

struct shape_explanation {
    const struct shape_checker *checker;
    enum shape_style style;
    enum shape_dialect dialect;
    struct arena *arena;
    struct fault *fault;
};

/* Sets the fault and returns false; true when all is well after all. */
bool shape_explain(const struct shape_explanation *why, const struct shape *shape, const struct json *value);

#endif
