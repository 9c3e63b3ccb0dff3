/* deliver_key.h - keys and values of stored deliveries.
 *
 *   | 'd' u8 | partition u16 | 'd' | id u64 |  ->  a delivery that is due or waits
 *   | 'd' u8 | partition u16 | 'p' | id u64 |  ->  one that is under way outside the server
 *   | 'd' u8 | partition u16 | 'q' | id u64 |  ->  one that waits for a place among those
 *
 * The value, integers little-endian, texts as | length u32 | bytes |:
 *
 *   | version u8 = 1 | owner u8 | hops u32 | attempts u32 | attempts_max u32 |
 *   | event_time i64 | created i64 | expires i64 |
 *   | kind | account | region | resource | event_id | source_arn | owner_ref | payload |
 *
 * The first kind's timer (TIMER_DELIVER) has the id, 8 bytes big-endian, as its reference: deliveries due at the same
 * moment are carried in the order in which they were stored.
 */
#ifndef DELIVER_DELIVER_KEY_H
#define DELIVER_DELIVER_KEY_H

#include "store/key.h"
#include "target/target.h"

enum deliver_place { DELIVER_WAITING = 'd', DELIVER_UNDER_WAY = 'p', DELIVER_QUEUED = 'q' };
enum { DELIVER_RECORD_VERSION = 1, DELIVER_REF_BYTES = 8 };

void deliver_key(struct key *key, uint16_t partition, enum deliver_place place, uint64_t id);
void deliver_key_prefix(struct key *key, uint16_t partition, enum deliver_place place);
bool deliver_key_read(struct str key, uint64_t *ret_id);
void deliver_ref_write(uint64_t id, char ref[DELIVER_REF_BYTES]);
bool deliver_ref_read(struct str ref, uint64_t *ret);

/* Neither holds the id. The slices that reading gives point into value. */
struct str deliver_record_write(struct arena *arena, const struct delivery *delivery);
bool deliver_record_read(struct str value, struct delivery *ret);

#endif
