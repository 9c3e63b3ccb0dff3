/* logs_span.c - one cursor for each class in use, merged.
 *
 * Upwards a class's cursor is in order as it is. Downwards it goes by first places, while last places are asked for: of
 * each class as many spans are read ahead as may still end later than the latest of those read.
 */
#include "logs/logs_span.h"

#include <stdlib.h>

unsigned logs_span_class(const struct logs_span *span)
{
    uint64_t width = (uint64_t)span->last.timestamp_ms - (uint64_t)span->first.timestamp_ms;
    unsigned bits = width ? 64 - (unsigned)__builtin_clzll(width) : 0;
    return (bits + 3) / 4;
}

/* What spans of a class cover at most. */
static uint64_t class_width(unsigned span_class)
{
    return span_class >= 16 ? UINT64_MAX : (UINT64_C(1) << (4 * span_class)) - 1;
}

bool logs_span_meets(const struct logs_span *span, struct logs_position first, struct logs_position end)
{
    return logs_position_compare(span->last, first) >= 0 && logs_position_compare(span->first, end) < 0;
}

struct class_cursor {
    struct store_cursor *cursor;
    uint64_t width;
    bool has; /* next is read from the cursor, and not taken */
    struct logs_span next;
    struct str value; /* upwards: of next */
    struct logs_span *ahead;
    size_t ahead_len, ahead_cap;
};

struct logs_spans {
    struct store_reader *reader;
    enum store_direction direction;
    struct logs_position first, end;
    struct class_cursor classes[LOGS_SPAN_CLASSES];
    unsigned class_count;
    struct class_cursor *best;  /* of the next span; NULL: not known, or none */
    struct class_cursor *taken; /* upwards: its span was given last */
    size_t best_ahead;          /* downwards: its place among those read ahead */
    struct str prefix;
    struct arena arena; /* downwards: of the value given last */
    enum err err;
    char room[];
};

/* Where the spans of a class that can meet a place begin: (time, 0). */
static int64_t class_begin(unsigned span_class, struct logs_position first)
{
    uint64_t width = class_width(span_class);
    uint64_t room = (uint64_t)first.timestamp_ms - (uint64_t)INT64_MIN;
    return width >= room ? INT64_MIN : (int64_t)((uint64_t)first.timestamp_ms - width);
}

static void class_key(struct key *key, struct str prefix, unsigned span_class, int64_t time_ms,
                      uint64_t sequence)
{
    key->len = 0;
    key->overflow = false;
    key_bytes(key, prefix);
    key_u8(key, (uint8_t)span_class);
    key_time(key, time_ms);
    key_u64(key, sequence);
}

static void cursor_step(struct logs_spans *spans, struct class_cursor *c)
{
    struct str key;
    c->has = false;
    while (spans->err == ERR_OK && store_cursor_next(c->cursor, &key, &c->value)) {
        key = str_from_offset(key, spans->prefix.len);
        if (!logs_key_read_span(&key, &c->next) || key.len) {
            spans->err = ERR_CORRUPT;
            return;
        }
        if (logs_span_meets(&c->next, spans->first, spans->end)) {
            c->has = true;
            return;
        }
    }
}

static void ahead_push(struct class_cursor *c)
{
    if (c->ahead_len == c->ahead_cap) {
        c->ahead_cap = c->ahead_cap ? c->ahead_cap * 2 : 8;
        c->ahead = realloc(c->ahead, c->ahead_cap * sizeof(*c->ahead));
        if (!c->ahead)
            abort();
    }
    c->ahead[c->ahead_len++] = c->next;
}

/* The place of the one that ends last, of those read ahead. */
static size_t ahead_latest(const struct class_cursor *c)
{
    size_t latest = 0;
    for (size_t i = 1; i < c->ahead_len; i++)
        if (logs_position_compare(c->ahead[i].last, c->ahead[latest].last) > 0)
            latest = i;
    return latest;
}

/* Whether what the cursor stands at may end after that place. */
static bool may_end_after(const struct class_cursor *c, struct logs_position at)
{
    if (c->next.first.timestamp_ms >= at.timestamp_ms)
        return true;
    return (uint64_t)at.timestamp_ms - (uint64_t)c->next.first.timestamp_ms <= c->width;
}

static bool ahead_fill(struct logs_spans *spans, struct class_cursor *c, size_t *ret_latest)
{
    size_t latest = ahead_latest(c);
    while (c->has && (c->ahead_len == 0 || may_end_after(c, c->ahead[latest].last))) {
        ahead_push(c);
        if (logs_position_compare(c->ahead[c->ahead_len - 1].last, c->ahead[latest].last) > 0)
            latest = c->ahead_len - 1;
        cursor_step(spans, c);
    }
    *ret_latest = latest;
    return c->ahead_len > 0;
}

static void class_open(struct logs_spans *spans, unsigned span_class)
{
    struct class_cursor *c = &spans->classes[spans->class_count++];
    struct key first, end;
    class_key(&first, spans->prefix, span_class, class_begin(span_class, spans->first), 0);
    class_key(&end, spans->prefix, span_class, spans->end.timestamp_ms, spans->end.sequence);
    c->cursor = store_scan(spans->reader, key_str(&first), key_str(&end), spans->direction);
    c->width = class_width(span_class);
    cursor_step(spans, c);
}

struct logs_spans *logs_spans_open(struct store_reader *reader, struct str prefix, struct logs_position first,
                                   struct logs_position end, enum store_direction direction)
{
    struct logs_spans *spans = calloc(1, sizeof(*spans) + prefix.len);
    if (!spans)
        abort();
    memcpy(spans->room, prefix.ptr, prefix.len);
    spans->reader = reader;
    spans->direction = direction;
    spans->first = first;
    spans->end = end;
    spans->prefix = str_of(spans->room, prefix.len);
    if (logs_position_compare(first, end) >= 0)
        return spans;
    struct key from, to;
    key_after_prefix(spans->prefix, &to);
    struct store_cursor *probe = store_scan(reader, spans->prefix, key_str(&to), STORE_UP);
    struct str key, value;
    for (unsigned span_class = 0; span_class < LOGS_SPAN_CLASSES;) {
        class_key(&from, prefix, span_class, class_begin(span_class, first), 0);
        store_cursor_seek(probe, key_str(&from));
        if (!store_cursor_next(probe, &key, &value))
            break;
        uint8_t found = 0;
        key = str_from_offset(key, prefix.len);
        if (!key_read_u8(&key, &found) || found >= LOGS_SPAN_CLASSES || found < span_class) {
            spans->err = ERR_CORRUPT;
            break;
        }
        if (found == span_class) {
            class_open(spans, span_class);
            span_class++;
        } else {
            span_class = found;
        }
    }
    enum err err = store_cursor_close(&probe);
    if (spans->err == ERR_OK)
        spans->err = err;
    return spans;
}

/* Steps over what was given last: upwards only now, for its value lives in the cursor. */
static void settle(struct logs_spans *spans)
{
    if (spans->taken)
        cursor_step(spans, spans->taken);
    spans->taken = NULL;
}

bool logs_spans_peek(struct logs_spans *spans, struct logs_span *ret)
{
    settle(spans);
    bool up = spans->direction == STORE_UP;
    if (!spans->best) {
        for (unsigned i = 0; i < spans->class_count; i++) {
            struct class_cursor *c = &spans->classes[i];
            size_t latest = 0;
            if (up ? !c->has : !ahead_fill(spans, c, &latest))
                continue;
            if (spans->best && (up ? logs_position_compare(c->next.first, spans->best->next.first) >= 0
                                   : logs_position_compare(c->ahead[latest].last,
                                                           spans->best->ahead[spans->best_ahead].last) <= 0))
                continue;
            spans->best = c;
            spans->best_ahead = latest;
        }
    }
    if (!spans->best || spans->err != ERR_OK)
        return false;
    *ret = up ? spans->best->next : spans->best->ahead[spans->best_ahead];
    return true;
}

bool logs_spans_next(struct logs_spans *spans, struct logs_span *ret, struct str *ret_value)
{
    if (!logs_spans_peek(spans, ret))
        return false;
    struct class_cursor *c = spans->best;
    spans->best = NULL;
    if (spans->direction == STORE_UP) {
        spans->taken = c;
        *ret_value = c->value;
        return true;
    }
    c->ahead[spans->best_ahead] = c->ahead[--c->ahead_len];
    struct key key;
    key.len = 0;
    key.overflow = false;
    key_bytes(&key, spans->prefix);
    logs_key_span(&key, ret);
    arena_reset(&spans->arena);
    enum err err = store_get(spans->reader, &spans->arena, key_str(&key), ret_value);
    if (err != ERR_OK)
        spans->err = err == ERR_NOTFOUND ? ERR_CORRUPT : err;
    return err == ERR_OK;
}

enum err logs_spans_close(struct logs_spans **spans)
{
    struct logs_spans *closed = *spans;
    if (!closed)
        return ERR_OK;
    *spans = NULL;
    enum err err = closed->err;
    for (unsigned i = 0; i < closed->class_count; i++) {
        enum err one = store_cursor_close(&closed->classes[i].cursor);
        if (err == ERR_OK)
            err = one;
        free(closed->classes[i].ahead);
    }
    arena_fini(&closed->arena);
    free(closed);
    return err;
}
