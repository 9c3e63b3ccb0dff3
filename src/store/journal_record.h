/* journal_record.h - the bytes of one batch in a segment, and what a stretch of bytes holds of them. Pure.
 *
 *  0        4     5       6          8         12         16         24          28         32
 * +--------+-----+-------+----------+---------+----------+----------+-----------+----------+---------+-----
 * | "CrmJ" | 1   | 0     | part u16 | len u32 | data crc | sequence | epoch u32 | head crc | payload | zeros
 * | magic  | ver | flags |          |         |   u32    |   u64    |           |   u32    |   len   | to 8
 * +--------+-----+-------+----------+---------+----------+----------+-----------+----------+---------+-----
 *
 * Little-endian; checksums are CRC-32C. The head's covers the folder's salt and bytes 0 to 28. The salt is
 * random, so that nobody who can write events can write one that reads as a record; and a head that holds can
 * be believed about its length before the payload is read.
 */
#ifndef STORE_JOURNAL_RECORD_H
#define STORE_JOURNAL_RECORD_H

#include "base/str.h"

enum { RECORD_HEAD_BYTES = 32, RECORD_ALIGN = 8, RECORD_VERSION = 1 };
#define RECORD_PAYLOAD_BYTES_MAX ((size_t)1 << 30)

struct record {
    uint64_t sequence;
    uint32_t epoch;
    uint16_t partition;
    struct str payload; /* a slice of what was read */
};

static inline uint64_t record_bytes(size_t payload_len)
{
    return ((uint64_t)RECORD_HEAD_BYTES + payload_len + (RECORD_ALIGN - 1)) & ~(uint64_t)(RECORD_ALIGN - 1);
}

void record_head(const struct record *record, uint64_t salt, char ret[RECORD_HEAD_BYTES]);

enum record_found {
    RECORD_WHOLE,
    RECORD_ZEROS, /* nothing but zeros up to the end */
    RECORD_BAD,   /* something that is not a whole record; *ret_why */
    RECORD_VERSION_NEWER,
};
/* What stands at offset `at` of a segment's bytes. */
enum record_found record_read(struct str segment, size_t at, uint64_t salt, struct record *ret,
                              const char **ret_why);
/* Whether the head of a record of at least that sequence stands anywhere behind `at`. */
bool record_follows(struct str segment, size_t at, uint64_t salt, uint64_t sequence_min, size_t *ret_at);

#endif
