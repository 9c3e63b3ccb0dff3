/* logs_ahead.h - blocks that a scan will want, read and searched beforehand on the scanner's threads. Private to the
 * room.
 *
 * Threads: a scan's own, and for each job one of the scanner's. A job that nobody has begun is done by the scan itself
 *          when it wants it, so that a scan waits only for what is under way.
 */
#ifndef LOGS_LOGS_AHEAD_H
#define LOGS_LOGS_AHEAD_H

#include "logs/logs_read.h"
#include "logs/logs_scanner.h"

/* One block on its way. */
struct logs_ahead_block {
    struct logs_span span;
    struct logs_block_head head; /* in the job's arena */
    struct logs_wanted *chunks;  /* those of [from, to) that may hold wanted places */
    size_t from, to, chunk_cap;
    enum err err;
    struct str body;
    struct arena arena;
};

struct logs_ahead;
struct logs_ahead *logs_ahead_open(struct logs_scanner *scanner, struct store_reader *reader,
                                   const struct logs_group *group, const struct logs_want *want);
bool logs_ahead_room(struct logs_ahead *ahead);
/* The last in the row. head: a value as stored, read by the caller before. */
void logs_ahead_add(struct logs_ahead *ahead, const struct logs_span *span, struct str head);
/* The first in the row without taking it; NULL: there is none. */
const struct logs_ahead_block *logs_ahead_first(const struct logs_ahead *ahead);
/* Takes it, when it is done. The caller gives it back. */
struct logs_ahead_block *logs_ahead_take(struct logs_ahead *ahead);
void logs_ahead_give_back(struct logs_ahead *ahead, struct logs_ahead_block *block);
/* Waits for what is under way. Accepts NULL. */
void logs_ahead_close(struct logs_ahead **ahead);

/* Reads the chunks that are wanted, one after the other, on this thread. */
void logs_ahead_block_read(struct logs_ahead_block *block, struct store_reader *reader,
                           const struct logs_group *group, const struct logs_want *want);

#endif
