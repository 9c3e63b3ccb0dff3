#include "logs/logs_read.h"

struct store_cursor *logs_scan_events(struct store_reader *reader, const struct logs_group *group,
                                      enum logs_part part, struct logs_position first,
                                      struct logs_position end, enum store_direction direction)
{
    struct key from, to;
    logs_key_event(&from, group, part, first);
    logs_key_event(&to, group, part, end);
    return store_scan(reader, key_str(&from), key_str(&to), direction);
}

struct store_cursor *logs_scan_index(struct store_reader *reader, const struct logs_group *group,
                                     uint64_t number, struct logs_position first, struct logs_position end,
                                     enum store_direction direction)
{
    struct key from, to;
    logs_key_index(&from, group, number, first);
    logs_key_index(&to, group, number, end);
    return store_scan(reader, key_str(&from), key_str(&to), direction);
}

void logs_picker_open(struct logs_picker *picker, struct store_reader *reader, const struct logs_group *group,
                      struct logs_position first, struct logs_position end, enum store_direction direction)
{
    *picker = (struct logs_picker){ .direction = direction, .group = group, .first = first, .end = end };
    picker->cursor = logs_scan_events(reader, group, LOGS_EVENT, first, end, direction);
}

enum err logs_picker_take(struct logs_picker *picker, struct logs_position at, struct logs_event_record *ret)
{
    struct str key, value;
    struct logs_position found;
    if (picker->placed && store_cursor_next(picker->cursor, &key, &value) &&
        logs_key_read_position(key, &found) && logs_position_compare(found, at) == 0)
        return logs_event_read(value, ret) ? ERR_OK : ERR_CORRUPT;
    struct key wanted;
    logs_key_event(&wanted, picker->group, LOGS_EVENT, at);
    store_cursor_seek(picker->cursor, key_str(&wanted));
    picker->placed = true;
    if (store_cursor_next(picker->cursor, &key, &value) && str_eq(key, key_str(&wanted)) &&
        logs_event_read(value, ret))
        return ERR_OK;
    return ERR_CORRUPT;
}

enum err logs_picker_close(struct logs_picker *picker)
{
    return store_cursor_close(&picker->cursor);
}
