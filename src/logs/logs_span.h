/* logs_span.h - finding, among spans of time that may overlap, those that meet a range. Private to the room.
 *
 * Spans of one kind of key are sorted by class, then by first place. A span of class c covers less than 16^c ms (class
 * 0: one moment), so of a class those that meet a range begin at most that long before it: one seek a class that is in
 * use, whatever overlaps. Traffic that comes in order uses three or four classes.
 *
 * Owns:    its cursors. Threads: those of the reader.
 */
#ifndef LOGS_LOGS_SPAN_H
#define LOGS_LOGS_SPAN_H

#include "logs/logs_key.h"

enum { LOGS_SPAN_CLASSES = 17 };

unsigned logs_span_class(const struct logs_span *span);
bool logs_span_meets(const struct logs_span *span, struct logs_position first, struct logs_position end);
static inline bool logs_span_holds(const struct logs_span *span, struct logs_position at)
{
    return logs_position_compare(span->first, at) <= 0 && logs_position_compare(at, span->last) <= 0;
}

/* The spans under a prefix that meet [first, end), in the order of their first places (STORE_UP), or of their last
 * places from the latest on (STORE_DOWN). */
struct logs_spans;
struct logs_spans *logs_spans_open(struct store_reader *reader, struct str prefix, struct logs_position first,
                                   struct logs_position end, enum store_direction direction);
/* The next one without taking it; false: no more, or damaged (see close). */
bool logs_spans_peek(struct logs_spans *spans, struct logs_span *ret);
/* Takes it. The value lives until the next call. */
bool logs_spans_next(struct logs_spans *spans, struct logs_span *ret, struct str *ret_value);
enum err logs_spans_close(struct logs_spans **spans) MUST_USE;

#endif
