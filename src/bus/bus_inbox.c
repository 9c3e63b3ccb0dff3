/* bus_inbox.c - what could not go where it should, kept for people to see: a ring in the store. */
#include "bus/bus_impl.h"

/* The first bytes, whole characters only. */
static struct str payload_cut(struct str payload, size_t max)
{
    if (payload.len <= max)
        return payload;
    size_t len = max;
    while (len > 0 && ((unsigned char)payload.ptr[len] & 0xc0) == 0x80)
        len--;
    return str_slice(payload, 0, len);
}

static void ring_cut(struct bus *bus, struct work *work, uint64_t number)
{
    uint64_t max = bus->settings.inbox_max;
    if (number <= max)
        return;
    struct key first, last;
    bus_key_inbox(&last, work->partition, number - max);
    if (bus->inbox_trimmed) {
        store_delete(work->batch, key_str(&last));
        return;
    }
    /* Once after each start: the ring may have been longer. */
    bus_key_inbox(&first, work->partition, 0);
    bus_key_inbox(&last, work->partition, number - max + 1);
    store_delete_range(work->batch, key_str(&first), key_str(&last));
    bus->inbox_trimmed = bus->inbox_trimmed_now = true; /* a roll-back takes the deletion back */
}

void bus_inbox_add(struct bus *bus, struct work *work, const struct inbox_item *item)
{
    uint64_t number = store_next_id(work->batch, work->partition, STR("inbox"));
    struct buf out;
    struct json_writer w;
    bus_record_begin(&out, &w);
    json_put_member_i64(&w, STR("time"), work->now_ms);
    json_put_member_str(&w, STR("reason"), item->reason);
    json_put_member_str(&w, STR("account"), item->ns.account);
    json_put_member_str(&w, STR("region"), item->ns.region);
    bus_record_put(&w, STR("bus"), item->bus);
    bus_record_put(&w, STR("event"), item->event_id);
    bus_record_put(&w, STR("rule"), item->rule_arn);
    bus_record_put(&w, STR("group"), item->log_group_arn);
    bus_record_put(&w, STR("target"), item->target_id);
    bus_record_put(&w, STR("arn"), item->target_arn);
    if (item->attempts)
        json_put_member_i64(&w, STR("attempts"), item->attempts);
    bus_record_put(&w, STR("error"), item->error);
    bus_record_put(&w, STR("cause"), item->cause);
    json_put_member_i64(&w, STR("bytes"), (int64_t)item->payload.len);
    json_put_member_str(&w, STR("payload"), payload_cut(item->payload, bus->settings.inbox_payload_max));
    struct key key;
    bus_key_inbox(&key, work->partition, number);
    bus_record_end(&out, &w, work, &key);
    ring_cut(bus, work, number);
}

void bus_inbox_note(struct bus *bus, struct work *work, struct ns ns, struct str reason, struct str arn,
                    struct str cause)
{
    struct inbox_item item = { .ns = ns, .reason = reason, .target_arn = arn, .cause = cause };
    bus_inbox_add(bus, work, &item);
}

enum err bus_inbox_list(const struct bus_look *look, uint64_t below, size_t limit, bus_inbox_entries *ret)
{
    struct key first, end;
    bus_key_inbox(&first, look->partition, 0);
    bus_key_inbox(&end, look->partition, below ? below : UINT64_MAX);
    struct store_cursor *cursor = store_scan(look->reader, key_str(&first), key_str(&end), STORE_DOWN);
    struct str key, value;
    while (ret->len < limit && store_cursor_next(cursor, &key, &value)) {
        struct bus_inbox_entry entry;
        struct str number = str_from_offset(key, KEY_HEAD_BYTES);
        if (!key_read_u64(&number, &entry.number) ||
            !bus_record_read(look->arena, arena_copy(look->arena, value), &entry.record))
            continue;
        VEC_PUSH(look->arena, ret, entry);
    }
    return store_cursor_close(&cursor);
}
