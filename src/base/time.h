/* time.h - moments as milliseconds since 1970-01-01T00:00:00Z, and their texts.
 * The present moment comes from io/clock.h. Pure, thread-safe. */
#ifndef BASE_TIME_H
#define BASE_TIME_H

#include "base/str.h"

struct time_fields {
    int year, month, day, hour, minute, second, millisecond; /* month and day from 1 */
};

struct time_fields time_fields_of(int64_t time_ms); /* UTC, proleptic Gregorian */
int64_t time_from_fields(struct time_fields fields);

enum { TIME_TEXT_BYTES = 32 };
/* "2026-01-31T23:59:59Z"; returns the length. at has TIME_TEXT_BYTES. */
size_t time_format_seconds(int64_t time_ms, char *at);
/* "2026-01-31T23:59:59.123Z" */
size_t time_format_milliseconds(int64_t time_ms, char *at);

/* RFC 3339 date-time, any offset, fraction of any length (cut to milliseconds); whole slice.
 * 'T' and 'Z' in capitals, as the Amazon States Language wants them. */
bool time_parse(struct str text, int64_t *ret_ms);

#endif
