/* input_transformer.h - what a rule's target gets instead of the event: a template with values of the event put in.
 * Pure.
 *
 *     paths     {"instance": "$.detail.instance", "state": "$.detail.state"}
 *     template  {"id": <instance>, "text": "<instance> is in <state>"}
 *
 * A template that begins with { is a JSON template, one that begins with a quote is strings, one a line as a rule;
 * any other is one JSON value. `<name>` is a placeholder where name is letters, digits and . - _; what else stands
 * in angles is text. How a value is put in:
 *
 *     in JSON, outside of strings    as JSON: a string with its quotes
 *     all of a string ("<x>")        a string without its quotes and not escaped, all else as JSON: the quotes
 *                                    of an array's strings end the string around it
 *     in a string ("is <x>", and     the same, but objects and arrays lose all their quotes: {a:[B,C]}
 *     everywhere in strings)
 *     a path that leads nowhere      nothing in a string, else the empty string
 *
 * Nothing is escaped: that is the service's rule. What comes of a template in JSON is JSON, or an error.
 *
 * Threads: a compiled transformer is immutable and may be used by many.
 */
#ifndef EXPR_INPUT_TRANSFORMER_H
#define EXPR_INPUT_TRANSFORMER_H

#include "expr/path.h"

/* A path of a target (InputPath, a value of InputPathsMap): no names in quotes, no filters, no variables. */
bool input_path_compile(struct arena *arena, struct str text, const struct path **ret);

/* ---- compile ---- */

struct input_transformer;

enum input_form {
    INPUT_ANY,
    INPUT_LOG_EVENT, /* {"timestamp": ..., "message": ...} and nothing else */
};

enum input_refusal {
    INPUT_PATH_INVALID,
    INPUT_PLACEHOLDER_UNKNOWN,
    INPUT_PLACEHOLDER_OF_JSON, /* of a whole event, in a template that is no object */
    INPUT_TEMPLATE_INVALID,
    INPUT_NO_LOG_EVENT,
};
struct input_transformer_error {
    enum input_refusal refusal;
    struct str placeholder;
    unsigned line, column; /* where a template is invalid */
};

/* paths: an object of texts, or NULL. Shares nothing with what it is given. ERR_INVALID with what is wrong. */
enum err input_transformer_compile(struct arena *arena, const struct json *paths, struct str template,
                                   enum input_form form, struct input_transformer **ret,
                                   struct input_transformer_error *reterr) MUST_USE;

/* ---- render ---- */

/* What the names of the service's own stand for. */
struct input_scope {
    const struct json *event; /* the envelope; also what paths begin at */
    struct str rule_arn, rule_name;
    int64_t ingestion_ms;
};

/* ERR_INVALID: the result is no JSON; ERR_LIMIT: it would be larger than bytes_max, or a path picks too much. reterr
 * says why. Costs a walk along each path that is used and a copy of the result; it is read as JSON only when a text
 * that was put into a string has a quote, a backslash or a control character. */
enum err input_transformer_render(const struct input_transformer *transformer, struct arena *arena,
                                  const struct input_scope *scope, size_t bytes_max, struct str *ret,
                                  struct diag *reterr) MUST_USE;

/* Reads what a transformer of the form INPUT_LOG_EVENT made. The timestamp is a time as text ("2026-01-31T23:59:59Z")
 * or milliseconds, from 1970 on; the message a string that is not empty. ERR_INVALID with why. */
enum err input_log_event_read(struct arena *arena, struct str rendered, int64_t *ret_time_ms,
                              struct str *ret_message, struct diag *reterr) MUST_USE;

#endif
