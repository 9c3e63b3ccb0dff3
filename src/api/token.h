/* token.h - opaque paging tokens: where a list goes on.
 *
 * A token carries bytes (a key, a position) with a check over them, the operation and the
 * namespace, so that a token of another list, or an invented one, is known as such. Pure.
 */
#ifndef API_TOKEN_H
#define API_TOKEN_H

#include "api/operation.h"

/* Text of at most 4/3 of the bytes and some; the alphabet is that of base64 without '+' and '/'. */
struct str token_write(const struct op_call *call, struct str bytes);
/* False when it is not a token of this operation and namespace; the caller says so in its service's words. */
bool token_read(const struct op_call *call, struct str token, struct str *ret_bytes);

#endif
