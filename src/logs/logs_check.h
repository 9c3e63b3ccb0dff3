/* logs_check.h - whether what the store holds of log groups holds together: for crema check. */
#ifndef LOGS_LOGS_CHECK_H
#define LOGS_LOGS_CHECK_H

#include "store/store.h"

/* Reads every key of the groups: each run and each block whole, and that indexes lead to what is there. A
 * store_check_room_f. */
void logs_check(struct store_reader *reader, store_check_say_f *say, void *say_self);

#endif
