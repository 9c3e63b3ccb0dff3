/* key.h - how ordered keys are built, and which room owns which part of the key space.
 *
 *   | space u8 | partition u16 | what the room puts: u8 kind, then parts |
 *
 * Integers are big-endian, so that bytes sort as numbers do. Text parts that something follows are
 * ended so that they sort as text: byte 0 becomes 00 FF, the end is 00 00. Each room documents its
 * keys, drawn, in its *_key.h and in docs/internals.
 */
#ifndef STORE_KEY_H
#define STORE_KEY_H

#include "base/arena.h"
#include "base/buf.h"

/* One room each; a new room takes a new letter. */
#define KEY_SPACE_LIST(X)                                    \
    X(META, 'm', "store: format, applied sequence number")   \
    X(TIMER, 't', "store: what is due, by time")             \
    X(COUNTER, 'c', "store: next ids")                       \
    X(DELIVER, 'd', "deliver: deliveries that are not done") \
    X(BUS, 'b', "bus: buses, rules, inbox")                  \
    X(LOGS, 'l', "logs: groups, streams, events")            \
    X(QUERY, 'q', "query: queries started, saved queries")   \
    X(FLOW, 'f', "flow: machines, executions, histories")    \
    X(TABLES, 'k', "tables: tables, items, indexes")         \
    X(METRICS, 'n', "metrics: series and their minutes")     \
    X(TAGS, 'g', "tags of resources, by ARN")

enum key_space {
#define X(name, letter, text) KEY_##name = letter,
    KEY_SPACE_LIST(X)
#undef X
};

enum { PARTITION_ONLY = 0 }; /* today there is one */

/* A key under construction on the stack: `struct key k; key_begin(&k, KEY_LOGS, partition, 's');` */
enum { KEY_BYTES_MAX = 4096 };
struct key {
    size_t len;
    bool overflow; /* latched: what did not fit was left out; key_str asserts it is not set */
    char bytes[KEY_BYTES_MAX];
};

void key_begin(struct key *key, enum key_space space, uint16_t partition, char kind);
void key_u8(struct key *key, uint8_t value);
void key_u32(struct key *key, uint32_t value);
void key_u64(struct key *key, uint64_t value);
void key_time(struct key *key, int64_t time_ms);      /* earlier sorts first, negative too */
void key_time_down(struct key *key, int64_t time_ms); /* later sorts first */
void key_text(struct key *key, struct str text);      /* ended: something may follow */
void key_bytes(struct key *key, struct str bytes);    /* as it is: the last part, or of fixed length */
struct str key_str(const struct key *key);
/* The first key after all that begin with prefix, for the end of a scan: copies into *end. */
void key_after_prefix(struct str prefix, struct key *end);

/* Reading back: each takes its part off the front; false when it is not there. */
bool key_read_u8(struct str *key, uint8_t *ret);
bool key_read_u32(struct str *key, uint32_t *ret);
bool key_read_u64(struct str *key, uint64_t *ret);
bool key_read_time(struct str *key, int64_t *ret_ms);
bool key_read_time_down(struct str *key, int64_t *ret_ms);
bool key_read_text(struct arena *arena, struct str *key, struct str *ret);
enum { KEY_HEAD_BYTES = 4 }; /* space, partition, kind */

#endif
