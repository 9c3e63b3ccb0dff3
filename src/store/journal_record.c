#include "store/journal_record.h"

#include "store/crc32c.h"

static const char magic[4] = { 'C', 'r', 'm', 'J' };

static void write_number(char *at, uint64_t value, unsigned width)
{
    for (unsigned i = 0; i < width; i++)
        at[i] = (char)(value >> (8 * i));
}

static uint64_t read_number(const char *at, unsigned width)
{
    uint64_t value = 0;
    for (unsigned i = width; i > 0; i--)
        value = value << 8 | (unsigned char)at[i - 1];
    return value;
}

enum { HEAD_CRC_AT = RECORD_HEAD_BYTES - 4 };

static uint32_t head_checksum(const char *head, uint64_t salt)
{
    char bytes[8];
    write_number(bytes, salt, 8);
    return crc32c(crc32c(0, str_of(bytes, 8)), str_of(head, HEAD_CRC_AT));
}

void record_head(const struct record *record, uint64_t salt, char ret[RECORD_HEAD_BYTES])
{
    memcpy(ret, magic, 4);
    ret[4] = RECORD_VERSION;
    ret[5] = 0;
    write_number(ret + 6, record->partition, 2);
    write_number(ret + 8, record->payload.len, 4);
    write_number(ret + 12, crc32c(0, record->payload), 4);
    write_number(ret + 16, record->sequence, 8);
    write_number(ret + 24, record->epoch, 4);
    write_number(ret + HEAD_CRC_AT, head_checksum(ret, salt), 4);
}

static bool head_holds(const char *head, uint64_t salt)
{
    return memcmp(head, magic, 4) == 0 && read_number(head + HEAD_CRC_AT, 4) == head_checksum(head, salt);
}

static bool zeros(struct str s)
{
    return s.len == 0 || (s.ptr[0] == 0 && memcmp(s.ptr, s.ptr + 1, s.len - 1) == 0);
}

enum record_found record_read(struct str segment, size_t at, uint64_t salt, struct record *ret,
                              const char **ret_why)
{
    struct str rest = str_from_offset(segment, at);
    if (rest.len < RECORD_HEAD_BYTES || !head_holds(rest.ptr, salt)) {
        if (zeros(rest))
            return RECORD_ZEROS;
        *ret_why = "no whole record head is there";
        return RECORD_BAD;
    }
    if (rest.ptr[4] != RECORD_VERSION)
        return RECORD_VERSION_NEWER;
    size_t len = (size_t)read_number(rest.ptr + 8, 4);
    if (len > rest.len - RECORD_HEAD_BYTES) {
        *ret_why = "the record goes past the segment's end";
        return RECORD_BAD;
    }
    *ret = (struct record){
        .sequence = read_number(rest.ptr + 16, 8),
        .epoch = (uint32_t)read_number(rest.ptr + 24, 4),
        .partition = (uint16_t)read_number(rest.ptr + 6, 2),
        .payload = str_of(rest.ptr + RECORD_HEAD_BYTES, len),
    };
    if (read_number(rest.ptr + 12, 4) != crc32c(0, ret->payload)) {
        *ret_why = "the checksum of the record's payload is wrong";
        return RECORD_BAD;
    }
    return RECORD_WHOLE;
}

bool record_follows(struct str segment, size_t at, uint64_t salt, uint64_t sequence_min, size_t *ret_at)
{
    for (at += RECORD_ALIGN; at + RECORD_HEAD_BYTES <= segment.len; at += RECORD_ALIGN) {
        if (head_holds(segment.ptr + at, salt) && read_number(segment.ptr + at + 16, 8) >= sequence_min) {
            *ret_at = at;
            return true;
        }
    }
    return false;
}
