/* bus_key.h - keys and values of buses, rules and the inbox.
 *
 *   | 'b' u8 | partition u16 | 'b' | account text | region text | bus name ... |
 *        -> a bus
 *   | 'b' u8 | partition u16 | 'r' | account text | region text | bus text | rule name ... |
 *        -> a rule with its targets
 *   | 'b' u8 | partition u16 | 'i' | number u64 |
 *        -> an event that went astray
 *
 * "text" is ended (store/key.h), "..." is the rest of the key. The bus "default" is everywhere without a key;
 * it has one once it was given a description. A value is | version u8 = 1 | compact JSON |:
 *
 *   bus    {"created":ms,"modified":ms,"description":"..."}
 *   rule   {"pattern":"...","state":"ENABLED","description":"...","role":"...","by":"<account>",
 *           "wildcards":true,"targets":[{...},...]}
 *          wildcards: the pattern has some; targets as the API has them, sorted by Id; what was not given is
 *          left out
 *   inbox  {"time":ms,"reason":"...","account":"...","region":"...","bus":"...","event":"<id>",
 *           "rule":"<arn>","target":"<id>","arn":"<of the target>","attempts":n,"error":"...","cause":"...",
 *           "bytes":n,"payload":"..."}
 *
 * The inbox is a ring: numbers go up by one, and the write of number n deletes number n - inbox_max.
 */
#ifndef BUS_BUS_KEY_H
#define BUS_BUS_KEY_H

#include "base/ns.h"
#include "json/json.h"
#include "store/key.h"
#include "store/writer.h"

enum { BUS_KEY_BUS = 'b', BUS_KEY_RULE = 'r', BUS_KEY_INBOX = 'i', BUS_RECORD_VERSION = 1 };

/* With an empty name: what all buses of the namespace, or all rules of the bus, begin with. */
void bus_key_bus(struct key *key, uint16_t partition, struct ns ns, struct str name);
void bus_key_rule(struct key *key, uint16_t partition, struct ns ns, struct str bus, struct str rule);
void bus_key_inbox(struct key *key, uint16_t partition, uint64_t number);

/* A record's value: its version and the object's beginning; bus_record_end puts it
 * under the key and frees it. */
void bus_record_begin(struct buf *out, struct json_writer *w);
void bus_record_end(struct buf *out, struct json_writer *w, struct work *work, const struct key *key);
/* A member, unless the text is empty. */
void bus_record_put(struct json_writer *w, struct str name, struct str text);
/* False when the value is not a record that this version can read. *ret points into value. */
bool bus_record_read(struct arena *arena, struct str value, struct json *ret);

#endif
