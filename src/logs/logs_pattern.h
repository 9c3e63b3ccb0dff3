/* logs_pattern.h - filter patterns: read once, held against any number of messages.
 *
 *   ERROR -"timed out"  ?optional            terms: somewhere in the message, as they stand
 *   %re%                                     a regular expression, somewhere in the message
 *   { $.a.b[0] = "x*" && $.n >= 4 }          a message that is a JSON object
 *   [ip, user, ..., status=4*, bytes > 1]    a message of fields with spaces between
 *
 * docs/reference/filter-patterns.md has the languages whole.
 *
 * Threads: a pattern does not change, any number of threads may match with one; a matcher is of one thread.
 * Truths:  1. A message costs its length times at most the length of the pattern, whatever is in either.
 *          2. Nothing is allocated for a message once a matcher has seen one as long.
 *          3. A pattern that is not understood whole is refused, with what and where.
 */
#ifndef LOGS_LOGS_PATTERN_H
#define LOGS_LOGS_PATTERN_H

#include "base/fault.h"

enum {
    LOGS_PATTERN_BYTES_MAX = 4096, /* 1,024 characters of up to four bytes */
    LOGS_PATTERN_REGEX_MAX = 2,
    LOGS_PATTERN_WILDCARDS_MAX = 3, /* selectors of a pattern with a wildcard; each has at most one */
};

struct logs_pattern {
    const struct logs_pattern_form *form;
};

/* FAULT_INVALID_PARAMETER. The form points into the arena and the text. */
bool logs_pattern_read(struct arena *arena, struct str text, struct logs_pattern *ret, struct fault *reterr);

/* What matching keeps between messages: room for their indexes and fields. */
struct logs_matcher;
struct logs_matcher *logs_matcher_new(void);
void logs_matcher_free(struct logs_matcher **matcher);

/* message: UTF-8 */
bool logs_pattern_matches(const struct logs_pattern *pattern, struct logs_matcher *matcher,
                          struct str message);

/* Texts that stand, byte for byte, in every message that matches; may be none. They live as the pattern does. */
size_t logs_pattern_needles(const struct logs_pattern *pattern, const struct str **ret);
/* Whether it has a regular expression: a group may have few filters that do. */
bool logs_pattern_has_regex(const struct logs_pattern *pattern);
bool logs_pattern_is_of_fields(const struct logs_pattern *pattern);
/* Whether its messages have values: a JSON or a space-delimited pattern. */
bool logs_pattern_has_values(const struct logs_pattern *pattern);

/* ---- values of messages ---- */

/* Of a space-delimited pattern every field, "$name" or, where it has none, "$3" by its place in the message; of a
 * JSON pattern what its selectors find, "$.a.b", strings, numbers and booleans; else none. message is one that
 * matches. Texts are of the message or of the arena. */
struct logs_value {
    struct str name, text;
};
size_t logs_pattern_values(const struct logs_pattern *pattern, struct logs_matcher *matcher,
                           struct arena *arena, struct str message, struct logs_value **ret);

/* One value by its name: a selector, or a field's "$name" or "$3". */
struct logs_field {
    const struct logs_selector *selector; /* of a JSON pattern */
    size_t item;                          /* of a space-delimited one: its place in the pattern, or */
    size_t number;                        /* in the message, from 1; 0: item says it */
};
/* FAULT_INVALID_PARAMETER, also when the pattern has no such value. */
bool logs_field_read(struct arena *arena, const struct logs_pattern *pattern, struct str name,
                     struct logs_field *ret, struct fault *reterr);
/* Of a message that matches. False: it is not there, or no string, number or boolean. */
bool logs_field_value(const struct logs_pattern *pattern, const struct logs_field *field,
                      struct logs_matcher *matcher, struct arena *arena, struct str message, struct str *ret);

#endif
