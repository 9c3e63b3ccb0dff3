/* logs_limit.h - room on the disk: the oldest blocks go when the store is too large, and what was deleted is given
 * back. Private to the room.
 *
 *     writer   once a second: is the store over its limit?     -> a task
 *     scanner  files are compacted; is it still? then which blocks are the oldest, of all groups
 *     writer   a chunk of one of them in each command: its streams, at last the block; a note for people
 *     scanner  the keys' ranges are compacted, so that the files get smaller
 *
 * Owns:    what is under way. Threads: the writer's.
 */
#ifndef LOGS_LOGS_LIMIT_H
#define LOGS_LOGS_LIMIT_H

#include "logs/logs_pack.h"

struct logs_limiter;
struct logs_limiter *logs_limiter_new(void);
void logs_limiter_free(struct logs_limiter **limiter);
void logs_limit_start(struct logs *logs, const struct logs_pack_settings *settings);
/* After a commit: looks whether the store is too large, and begins what is to be compacted. */
void logs_limit_look(struct logs *logs);

/* So many bytes of a group's blocks were deleted; last: no more will be for now. */
void logs_reclaim_blocks(struct logs *logs, struct logs_held *held, uint64_t bytes, bool last);
/* All keys of a group were deleted. */
void logs_reclaim_group(struct logs *logs, const struct logs_group *group);

/* A chunk of a block, of which *chunk have been gone through; with the last one the block. */
enum err logs_block_drop_slice(struct logs *logs, struct work *work, struct logs_held *held,
                               const struct logs_span *span, struct str head, size_t *chunk,
                               bool *ret_done) MUST_USE;

#endif
