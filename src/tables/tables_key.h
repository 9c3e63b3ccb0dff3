/* tables_key.h - where the room keeps what, in the key space 'k'.
 *
 *   table   | 'k' | partition u16 | 'n' | account text | region text | name ... |
 *             -> version u8, a JSON object (tables_table.c)
 *   counts  | 'k' | partition u16 | 's' | table id u64 |
 *             -> version u8, then for the table and each index by number: items u64, bytes u64
 *   item    | 'k' | partition u16 | 'i' | table id u64 | item key ... |
 *             -> version u8, the item (value.h)
 *   entry   | 'k' | partition u16 | 'x' | table id u64 | index number u8 |
 *           | hash part | range part | item key ... |
 *             -> version u8, the projected item
 *             -> the version alone: the whole item is projected, read it there
 *
 *   item key    | hash part | range, as it is ... |
 *   hash part   | bucket u16 | length u16 | the hash key's bytes |
 *               | bucket u16 | FFFF | SHA-256 of the bytes |      when they are more than HASH_KEY_BYTES_MAX
 *   range part  | text, ended |  or  | packed number |            both know their end; may be absent
 *
 * The bytes of a key attribute: S and B as they are, N packed (decimal.h), so that ranges are in order.
 * The bucket follows from the hash key alone: a scan walks all buckets, segment k of n the k-th n-th part of
 * them, and items of one hash key stand together. Its function is part of the format.
 */
#ifndef TABLES_TABLES_KEY_H
#define TABLES_TABLES_KEY_H

#include "base/ns.h"
#include "store/key.h"
#include "tables/value.h"

enum { RECORD_VERSION = 1, HASH_KEY_BYTES_MAX = 256, BUCKETS = 65536 };

void key_table(struct key *key, uint16_t partition, struct ns ns, struct str name);
void key_tables(struct key *key, uint16_t partition, struct ns ns); /* all of a namespace: a prefix */
void key_counts(struct key *key, uint16_t partition, uint64_t table_id);
void key_items(struct key *key, uint16_t partition, uint64_t table_id); /* prefixes */
void key_entries(struct key *key, uint16_t partition, uint64_t table_id);
void key_entries_of(struct key *key, uint16_t partition, uint64_t table_id, uint8_t index_number);

/* Parts to add to the prefixes; hash and range are S, N or B. range NULL: the key has none. */
void key_bucket(struct key *key, uint16_t bucket);
void key_hash(struct key *key, const struct value *hash);
void key_item(struct key *key, const struct value *hash, const struct value *range);
void key_entry_range(struct key *key, const struct value *range);
/* The beginning of a range part that all texts with this beginning share. */
void key_entry_range_prefix(struct key *key, struct str bytes);

/* What is left of an entry's key behind its prefix: the item key in it. */
bool key_read_entry(struct str rest, enum value_type range_type, struct str *ret_item_key);

#endif
