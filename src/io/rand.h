/* rand.h - randomness and ids. Unpredictable, unless seeded for a run that is to be repeated.
 *
 * Threads: any; each keeps a pool of its own, so that an id costs no system call.
 */
#ifndef IO_RAND_H
#define IO_RAND_H

#include "base/str.h"

void rand_bytes(void *at, size_t len);
uint64_t rand_u64(void);

/* From now on this thread's bytes follow from the seed. For tests and simulation only. */
void rand_seed(uint64_t seed);

enum { UUID_TEXT_BYTES = 36 };
/* 36 bytes at at, no NUL: a random (version 4) UUID in lower case. */
void uuid_random(char *at);
/* The UUID (shaped as version 3) that follows from the name: same name, same UUID. */
void uuid_of_name(struct str name, char *at);

#endif
