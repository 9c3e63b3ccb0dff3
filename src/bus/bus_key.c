#include "bus/bus_key.h"

void bus_key_bus(struct key *key, uint16_t partition, struct ns ns, struct str name)
{
    key_begin(key, KEY_BUS, partition, BUS_KEY_BUS);
    key_text(key, ns.account);
    key_text(key, ns.region);
    key_bytes(key, name);
}

void bus_key_rule(struct key *key, uint16_t partition, struct ns ns, struct str bus, struct str rule)
{
    key_begin(key, KEY_BUS, partition, BUS_KEY_RULE);
    key_text(key, ns.account);
    key_text(key, ns.region);
    key_text(key, bus);
    key_bytes(key, rule);
}

void bus_key_inbox(struct key *key, uint16_t partition, uint64_t number)
{
    key_begin(key, KEY_BUS, partition, BUS_KEY_INBOX);
    key_u64(key, number);
}

bool bus_record_read(struct arena *arena, struct str value, struct json *ret)
{
    if (value.len < 1 || value.ptr[0] != BUS_RECORD_VERSION)
        return false;
    return json_read(arena, str_from_offset(value, 1), 0, ret, NULL) == ERR_OK && ret->type == JSON_OBJECT;
}
