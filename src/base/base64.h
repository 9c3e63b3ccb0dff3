/* base64.h - base64 of RFC 4648 with padding. Pure, thread-safe. */
#ifndef BASE_BASE64_H
#define BASE_BASE64_H

#include "base/arena.h"

struct str base64_encode(struct arena *arena, struct str bytes);
/* Strict: whole groups, padding, no other bytes, no stray bits. False if it is not that. */
bool base64_decode(struct arena *arena, struct str text, struct str *ret);

#endif
