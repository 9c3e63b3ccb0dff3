/* logs_read.h - going through events in order of their places. Private to the room. */
#ifndef LOGS_LOGS_READ_H
#define LOGS_LOGS_READ_H

#include "logs/logs_room.h"

/* Events of one kind of key of a group, taken by place: a cursor that steps when the next place is the
 * neighbour's, and seeks when it is not. */
struct logs_picker {
    struct store_cursor *cursor;
    enum store_direction direction;
    const struct logs_group *group;
    struct logs_position first, end; /* places of the range, end excluded */
    bool placed;                     /* the cursor has been asked for a place before */
};

void logs_picker_open(struct logs_picker *picker, struct store_reader *reader, const struct logs_group *group,
                      struct logs_position first, struct logs_position end, enum store_direction direction);
/* Places are asked for in the picker's direction. ERR_CORRUPT when there is no event.
 * Slices live until the next call. */
enum err logs_picker_take(struct logs_picker *picker, struct logs_position at,
                          struct logs_event_record *ret) MUST_USE;
enum err logs_picker_close(struct logs_picker *picker) MUST_USE;

/* Cursor over places: a range of 'o', 'e', or of a stream's 'x'. */
struct store_cursor *logs_scan_events(struct store_reader *reader, const struct logs_group *group,
                                      enum logs_part part, struct logs_position first,
                                      struct logs_position end, enum store_direction direction);
struct store_cursor *logs_scan_index(struct store_reader *reader, const struct logs_group *group,
                                     uint64_t number, struct logs_position first, struct logs_position end,
                                     enum store_direction direction);

static const struct logs_position logs_position_first = { INT64_MIN, 0 };
static const struct logs_position logs_position_last = { INT64_MAX, UINT64_MAX };

#endif
