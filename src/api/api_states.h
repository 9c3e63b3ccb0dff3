/* api_states.h - what the handlers of Step Functions share: members of the input, page tokens, faults. */
#ifndef API_API_STATES_H
#define API_API_STATES_H

#include "api/operation.h"

struct str states_str(const struct op_call *call, struct str name);
bool states_true(const struct op_call *call, struct str name);
/* maxResults, or its default. */
size_t states_page(const struct op_call *call);
/* The position in nextToken, empty when there is none. list: what it is a list of, so that no token serves another. */
bool states_token_in(struct op_call *call, struct str list, struct str *ret);
void states_token_out(struct op_call *call, struct str list, struct str position);
/* A fault set on the writer's thread has its text in the command's arena, which ends before the answer. */
bool states_done(struct op_call *call, bool ok);
bool states_refuse(struct op_call *call, const char *text);
/* A list of {key, value} as an object. */
struct json states_tags(struct op_call *call, const struct json *list);
/* encryptionConfiguration: only what the server has. */
bool states_encryption_check(struct op_call *call);

#endif
