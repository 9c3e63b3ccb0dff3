#include "tables/tables_key.h"

#include "io/digest.h"

#include <assert.h>

enum { HASHED = 0xFFFF };

void key_tables(struct key *key, uint16_t partition, struct ns ns)
{
    key_begin(key, KEY_TABLES, partition, 'n');
    key_text(key, ns.account);
    key_text(key, ns.region);
}

void key_table(struct key *key, uint16_t partition, struct ns ns, struct str name)
{
    key_tables(key, partition, ns);
    key_bytes(key, name);
}

void key_counts(struct key *key, uint16_t partition, uint64_t table_id)
{
    key_begin(key, KEY_TABLES, partition, 's');
    key_u64(key, table_id);
}

void key_items(struct key *key, uint16_t partition, uint64_t table_id)
{
    key_begin(key, KEY_TABLES, partition, 'i');
    key_u64(key, table_id);
}

void key_entries(struct key *key, uint16_t partition, uint64_t table_id)
{
    key_begin(key, KEY_TABLES, partition, 'x');
    key_u64(key, table_id);
}

void key_entries_of(struct key *key, uint16_t partition, uint64_t table_id, uint8_t index_number)
{
    key_entries(key, partition, table_id);
    key_u8(key, index_number);
}

static void key_u16(struct key *key, uint16_t value)
{
    key_u8(key, (uint8_t)(value >> 8));
    key_u8(key, (uint8_t)value);
}

void key_bucket(struct key *key, uint16_t bucket)
{
    key_u16(key, bucket);
}

/* FNV-1a of 64 bits, folded. */
static uint16_t bucket_of(struct str bytes)
{
    uint64_t h = UINT64_C(0xcbf29ce484222325);
    for (size_t i = 0; i < bytes.len; i++)
        h = (h ^ (unsigned char)bytes.ptr[i]) * UINT64_C(0x100000001b3);
    h ^= h >> 32;
    return (uint16_t)(h ^ h >> 16);
}

void key_hash(struct key *key, const struct value *hash)
{
    key_u16(key, bucket_of(hash->text));
    if (hash->text.len <= HASH_KEY_BYTES_MAX) {
        key_u16(key, (uint16_t)hash->text.len);
        key_bytes(key, hash->text);
        return;
    }
    unsigned char digest[SHA256_BYTES];
    digest_sha256(hash->text, digest);
    key_u16(key, HASHED);
    key_bytes(key, str_of((const char *)digest, sizeof(digest)));
}

void key_item(struct key *key, const struct value *hash, const struct value *range)
{
    key_hash(key, hash);
    if (range)
        key_bytes(key, range->text);
}

void key_entry_range(struct key *key, const struct value *range)
{
    if (range->type == VALUE_N)
        key_bytes(key, range->text);
    else
        key_text(key, range->text);
}

void key_entry_range_prefix(struct key *key, struct str bytes)
{
    enum { END_BYTES = 2 }; /* what key_text ends a text with */
    key_text(key, bytes);
    if (!key->overflow)
        key->len -= END_BYTES;
}

static bool skip(struct str *rest, size_t len)
{
    if (len > rest->len)
        return false;
    *rest = str_from_offset(*rest, len);
    return true;
}

/* Ended as key_text does it: a 00 that no FF follows. */
static bool skip_text(struct str *rest)
{
    for (size_t i = 0; i + 1 < rest->len; i++) {
        if (rest->ptr[i] != 0)
            continue;
        if (rest->ptr[i + 1] == 0)
            return skip(rest, i + 2);
        i++;
    }
    return false;
}

bool key_read_entry(struct str rest, enum value_type range_type, struct str *ret_item_key)
{
    if (rest.len < 4)
        return false;
    size_t len = (size_t)((unsigned char)rest.ptr[2] << 8 | (unsigned char)rest.ptr[3]);
    if (!skip(&rest, 4) || !skip(&rest, len == HASHED ? SHA256_BYTES : len))
        return false;
    if (range_type == VALUE_N) {
        size_t packed = decimal_packed_len(rest);
        if (!packed || !skip(&rest, packed))
            return false;
    } else if (range_type != VALUE_ABSENT && !skip_text(&rest)) {
        return false;
    }
    *ret_item_key = rest;
    return true;
}
