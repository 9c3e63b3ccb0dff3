/* logs_key.h - the keys of log groups and what stands in them. Private to the room.
 *
 * All integers big-endian. Texts: ended (.) as key.h says, or bare where they come last.
 *
 *   | 'l' | partition u16 | 'g' | account . | region . | group name |   -> group: version u8, class u8,
 *                                       id u64, created i64, retention days u32, sweep due i64
 *   | 'l' | partition u16 | 'i' | group id u64 |                        -> account . | region . | group name
 *   | 'l' | partition u16 | 'p' | account . | region . | policy name |  -> version u8, updated i64, document
 *   | 'l' | partition u16 | 'd' | group id u64 | part u8 | ...   all that a group holds, in one range
 *
 *   part                                                      value
 *   'b' |                                                    -> bytes stored u64
 *   's' | stream name |                                      -> stream (below)
 *   'o' | timestamp i64 | sequence u64 |                     -> event (below): the only one of its stream
 *   'e' | timestamp i64 | sequence u64 |                     -> event: of a stream that has had several
 *   'x' | stream number u64 | timestamp i64 | sequence u64 | -> empty: the events of one stream, in order
 *   'l' | last event time i64 | stream name |                -> empty: streams by last event, no 'o'
 *   'z' | stream number u64 |                                -> empty: deleted, events still to delete
 *
 * A stream is in one of three states; each event and listing key follows from it:
 *
 *   EMPTY  -- first event -->  SINGLE  -- second -->  MANY
 *   's','l'(no time)           's','o'                's','l' and an 'e' and an 'x' for each event
 *      ^----- all events expired --------------------------'
 *
 * So a stream made for one event costs 's' and 'o', and 'o' itself lists such streams by last event. With its
 * second event the first moves from 'o' to 'e'. Several events put at once into an empty stream make it MANY.
 * The stream's number is the sequence of its first event, and so is unique; a stream that is deleted and made
 * again gets another one, and what is left of the old is known as such.
 *
 *   stream: | version u8 | state u8 | flags u8 | created i64 |            EMPTY ends here
 *           | number u64 | first event i64 | last ingestion i64 |         SINGLE ends here
 *           | last event i64 | last sequence u64 |                        MANY
 *   event:  | version u8 | flags u8 of its stream | ingestion i64 | stream number u64 |
 *           | name length u16 | stream name | message |
 */
#ifndef LOGS_LOGS_KEY_H
#define LOGS_LOGS_KEY_H

#include "logs/logs.h"
#include "store/key.h"

enum logs_part {
    LOGS_BYTES = 'b',
    LOGS_STREAM = 's',
    LOGS_ONLY = 'o',
    LOGS_EVENT = 'e',
    LOGS_INDEX = 'x',
    LOGS_LAST = 'l',
    LOGS_DELETED = 'z',
};

enum { LOGS_STREAM_NAME_MAX = 512 };

/* A place in a group or stream. Sequences begin above 0, so (t, 0) lies before every event of t. */
struct logs_position {
    int64_t timestamp_ms;
    uint64_t sequence;
};
int logs_position_compare(struct logs_position a, struct logs_position b);

void logs_key_group(struct key *key, uint16_t partition, struct ns ns,
                    struct str name); /* name empty: prefix of all */
void logs_key_identity(struct key *key, uint16_t partition, uint64_t id);
void logs_key_policy(struct key *key, uint16_t partition, struct ns ns, struct str name); /* the same */
void logs_key_data(struct key *key, const struct logs_group *group); /* prefix of all that the group holds */
void logs_key_part(struct key *key, const struct logs_group *group,
                   enum logs_part part); /* prefix, or 'b' whole */
void logs_key_stream(struct key *key, const struct logs_group *group, struct str name);
void logs_key_event(struct key *key, const struct logs_group *group, enum logs_part part,
                    struct logs_position at);
void logs_key_index(struct key *key, const struct logs_group *group, uint64_t number,
                    struct logs_position at);
void logs_key_last(struct key *key, const struct logs_group *group, int64_t time_ms, struct str name);
void logs_key_deleted(struct key *key, const struct logs_group *group, uint64_t number);
/* Where an event's, or an index's, key stands. */
bool logs_key_read_position(struct str key, struct logs_position *ret);

/* Time under which an EMPTY stream is listed: before all others. */
#define LOGS_NO_TIME INT64_MIN

void logs_group_write(struct buf *out, const struct logs_group *group);
bool logs_group_read(struct str value, struct logs_group *ret); /* name and partition are the caller's */

enum logs_stream_state { LOGS_EMPTY, LOGS_SINGLE, LOGS_MANY };
enum { LOGS_STREAM_OWN = 1 }; /* flag: made for its event (logs_append), and goes with it when it expires */

struct logs_stream_record {
    enum logs_stream_state state;
    uint8_t flags;
    int64_t created_ms;
    uint64_t number; /* from here on: not of EMPTY */
    int64_t first_ms, ingested_ms;
    int64_t last_ms; /* SINGLE: first_ms, and number */
    uint64_t last_sequence;
};
void logs_stream_write(struct buf *out, const struct logs_stream_record *stream);
bool logs_stream_read(struct str value, struct logs_stream_record *ret);

struct logs_event_record {
    uint8_t flags; /* of the stream, so that a sweep need not look it up */
    int64_t ingested_ms;
    uint64_t number; /* of the stream */
    struct str stream;
    struct str message;
};
void logs_event_write(struct buf *out, const struct logs_event_record *event);
bool logs_event_read(struct str value, struct logs_event_record *ret);

#endif
