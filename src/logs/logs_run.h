/* logs_run.h - events of one stream that came together and are not packed yet. Private to the room; pure.
 *
 *   key's tail: span                      value:
 *   | version u8 | flags u8 | ingestion i64 | stream number u64 | name length varint | name | count varint |
 *   for each event | time - the one before's varint | sequence - the one before's varint | message length varint |
 *   messages
 *
 * The first event's time and sequence are those of the span; its differences are 0. All come in order of their places.
 */
#ifndef LOGS_LOGS_RUN_H
#define LOGS_LOGS_RUN_H

#include "logs/logs_key.h"

enum {
    LOGS_RUN_EVENTS_MAX = 1000,
    LOGS_RUN_BYTES_MAX = 256 << 10, /* of messages, unless a single one is larger */
    LOGS_RUN_TIME_MAX_MS =
        60000, /* between its first event and its last: packing takes whole runs, by time */
};

/* What is being written. */
struct logs_run_writer {
    struct buf events, messages;
    struct logs_span span;
    size_t count;
};
void logs_run_init(struct logs_run_writer *run);
void logs_run_fini(struct logs_run_writer *run);
void logs_run_clear(struct logs_run_writer *run);
/* Whether the event may be added: it comes after those there are, and within the limits. */
bool logs_run_takes(const struct logs_run_writer *run, struct logs_position at, size_t message_len);
void logs_run_add(struct logs_run_writer *run, struct logs_position at, struct str message);
/* The value; stream: number, stream, flags, ingested_ms are those of all. */
void logs_run_write(const struct logs_run_writer *run, const struct logs_event_record *stream,
                    struct buf *out);

/* What is being read; slices are those of the value. */
struct logs_run {
    struct logs_span span;
    struct logs_event_record stream; /* number, stream, flags, ingested_ms */
    size_t count;
    struct str events, messages; /* that are still to come */
    struct logs_position at;     /* of the event given last */
    size_t left;
};
bool logs_run_read(const struct logs_span *span, struct str value, struct logs_run *ret);
/* False: no more, or not as it was written (left is not 0). */
bool logs_run_next(struct logs_run *run, struct logs_event_record *ret);
/* Of all messages, with their overhead. */
uint64_t logs_run_bytes(const struct logs_run *run);

#endif
