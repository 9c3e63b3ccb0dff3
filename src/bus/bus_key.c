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

void bus_record_begin(struct buf *out, struct json_writer *w)
{
    buf_init(out, 0);
    buf_add_char(out, BUS_RECORD_VERSION);
    json_writer_init(w, out);
    json_begin_object(w);
}

void bus_record_end(struct buf *out, struct json_writer *w, struct work *work, const struct key *key)
{
    json_end_object(w);
    store_put(work->batch, key_str(key), buf_str(out));
    buf_fini(out);
}

void bus_record_put(struct json_writer *w, struct str name, struct str text)
{
    if (text.len)
        json_put_member_str(w, name, text);
}

bool bus_record_read(struct arena *arena, struct str value, struct json *ret)
{
    if (value.len < 1 || value.ptr[0] != BUS_RECORD_VERSION)
        return false;
    return json_read(arena, str_from_offset(value, 1), 0, ret, NULL) == ERR_OK && ret->type == JSON_OBJECT;
}
