/* flow_data.h - how data flows through a state: InputPath, Parameters, ResultSelector, ResultPath,
 * OutputPath, and the context object. Each says false when it has failed the branch. Pure.
 */
#ifndef FLOW_FLOW_DATA_H
#define FLOW_FLOW_DATA_H

#include "flow/flow_step.h"

/* What a selector picks from a value. */
bool data_select(struct step *step, struct branch *branch, const struct selector *selector,
                 struct value *from, struct value *ret);
/* A template filled in from a value and the context object. */
bool data_render(struct step *step, struct branch *branch, const struct template *template,
                 struct value *from, struct value *ret);
/* The state's input after InputPath and Parameters. */
bool data_input(struct step *step, struct branch *branch, struct value *ret);
/* The state's output, of a result. */
bool data_output(struct step *step, struct branch *branch, struct value *result, struct value *ret);
/* The branch's input with value put where the selector says. */
bool data_combine(struct step *step, struct branch *branch, const struct selector *where, struct value *value,
                  struct value *ret);
/* What one path picks from the branch's input or the context object. ERR_NOTFOUND, ERR_LIMIT, and
 * nothing has failed. */
enum err data_pick(struct step *step, struct branch *branch, const struct path *path, struct value *from,
                   struct json *ret);
/* The value of an expression; field is named when it has none. */
bool data_expression(struct step *step, struct branch *branch, const struct expression *expression,
                     const char *field, struct value *from, struct json *ret);
const struct json *data_context(struct step *step, struct branch *branch);

#endif
