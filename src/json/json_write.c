/* The writer. */
#include "json/json.h"
#include "json/json_scan.h"
#include "base/vec.h"

#include <assert.h>
#include <math.h>

void json_writer_init(struct json_writer *w, struct buf *out)
{
    *w = (struct json_writer){ .out = out };
}

static bool in_object(const struct json_writer *w)
{
    return w->depth > 0 && w->depth <= 64 && (w->objects >> (w->depth - 1) & 1);
}

static bool in_array(const struct json_writer *w)
{
    return w->depth > 0 && w->depth <= 64 && !(w->objects >> (w->depth - 1) & 1);
}

/* What goes before any value. */
static void value_begins(struct json_writer *w)
{
    assert(w->keyed || !in_object(w));
    assert(!(w->comma && w->depth == 0)); /* one value only */
    if (w->comma)
        buf_add_char(w->out, ',');
    w->comma = true;
    w->keyed = false;
}

static void container_begins(struct json_writer *w, char bracket, bool object)
{
    value_begins(w);
    buf_add_char(w->out, bracket);
    w->comma = false;
    if (w->depth < 64)
        w->objects = (w->objects & ~(UINT64_C(1) << w->depth)) | (uint64_t)object << w->depth;
    w->depth++;
}

static void container_ends(struct json_writer *w, char bracket)
{
    assert(w->depth > 0 && !w->keyed);
    buf_add_char(w->out, bracket);
    w->comma = true;
    w->depth--;
}

void json_begin_object(struct json_writer *w)
{
    container_begins(w, '{', true);
}

void json_end_object(struct json_writer *w)
{
    assert(!in_array(w));
    container_ends(w, '}');
}

void json_begin_array(struct json_writer *w)
{
    container_begins(w, '[', false);
}

void json_end_array(struct json_writer *w)
{
    assert(!in_object(w));
    container_ends(w, ']');
}

static size_t escape(char c, char *at)
{
    static const char hex[] = "0123456789abcdef";
    static const char letters[] = {
        ['\b'] = 'b', ['\t'] = 't', ['\n'] = 'n', ['\f'] = 'f', ['\r'] = 'r', ['"'] = '"', ['\\'] = '\\'
    };
    at[0] = '\\';
    if (letters[(unsigned char)c]) {
        at[1] = letters[(unsigned char)c];
        return 2;
    }
    memcpy(at + 1, "u00", 3);
    at[4] = hex[(unsigned char)c >> 4];
    at[5] = hex[c & 0xF];
    return 6;
}

/* From p to end, escaped where needed, into room, which is long enough for the worst.
 * Returns the end of what it wrote. */
static char *put_escaped(const char *p, const char *end, char *room)
{
    while (p < end) {
        bool high = false;
        const char *stop = json_scan_plain(p, end, &high);
        memcpy(room, p, (size_t)(stop - p));
        room += stop - p;
        if (stop == end)
            break;
        room += escape(*stop, room);
        p = stop + 1;
    }
    return room;
}

static void put_quoted(struct buf *out, struct str text)
{
    enum { PIECE = 256, ESCAPE_MAX = 6 };
    char room[PIECE *
              ESCAPE_MAX]; /* not in the buffer at once: its ceiling counts what is written, not the worst */
    buf_add_char(out, '"');
    bool high = false;
    const char *p = text.ptr, *end = text.len ? p + text.len : p;
    const char *stop = text.len ? json_scan_plain(p, end, &high) : end;
    buf_add_bytes(out, p, (size_t)(stop - p));
    for (p = stop; p < end; p = stop) {
        stop = end - p > PIECE ? p + PIECE : end;
        buf_add_bytes(out, room, (size_t)(put_escaped(p, stop, room) - room));
    }
    buf_add_char(out, '"');
}

void json_key(struct json_writer *w, struct str key)
{
    assert(w->depth > 0 && !w->keyed && !in_array(w));
    if (w->comma)
        buf_add_char(w->out, ',');
    put_quoted(w->out, key);
    buf_add_char(w->out, ':');
    w->comma = false;
    w->keyed = true;
}

void json_put_str(struct json_writer *w, struct str text)
{
    value_begins(w);
    put_quoted(w->out, text);
}

static void put_i64(struct buf *out, int64_t value)
{
    char room[24];
    size_t at = sizeof(room);
    uint64_t rest = value < 0 ? 0 - (uint64_t)value : (uint64_t)value;
    do
        room[--at] = (char)('0' + rest % 10);
    while (rest /= 10);
    if (value < 0)
        room[--at] = '-';
    buf_add_bytes(out, room + at, sizeof(room) - at);
}

void json_put_i64(struct json_writer *w, int64_t value)
{
    value_begins(w);
    put_i64(w->out, value);
}

void json_put_double(struct json_writer *w, double value)
{
    struct arena scratch = { 0 };
    value_begins(w);
    buf_add(w->out, json_of_double(&scratch, value).text);
    arena_fini(&scratch);
}

void json_put_bool(struct json_writer *w, bool value)
{
    value_begins(w);
    buf_add(w->out, value ? STR("true") : STR("false"));
}

void json_put_null(struct json_writer *w)
{
    value_begins(w);
    buf_add(w->out, STR("null"));
}

void json_put_raw(struct json_writer *w, struct str raw)
{
    assert(raw.len > 0);
    value_begins(w);
    buf_add(w->out, raw);
}

/* ---- trees, without recursion ---- */

struct put_frame {
    const struct json *container;
    uint32_t next; /* child to write */
};

static void put_scalar(struct json_writer *w, const struct json *value)
{
    switch (value->type) {
    case JSON_NULL:
        json_put_null(w);
        break;
    case JSON_FALSE:
    case JSON_TRUE:
        json_put_bool(w, value->type == JSON_TRUE);
        break;
    case JSON_NUMBER:
        json_put_raw(w, value->text);
        break;
    case JSON_STRING:
        json_put_str(w, value->text);
        break;
    case JSON_ARRAY:
    case JSON_OBJECT:
        assert(false);
    }
}

void json_put(struct json_writer *w, const struct json *value)
{
    enum { FRAMES_FIRST = 32 };
    struct put_frame first[FRAMES_FIRST];
    struct put_frame *frames = first;
    size_t depth = 0, cap = FRAMES_FIRST;
    struct arena scratch = { 0 };
    for (;;) {
        bool container = value->type == JSON_ARRAY || value->type == JSON_OBJECT;
        if (!container) {
            put_scalar(w, value);
        } else {
            if (value->type == JSON_OBJECT)
                json_begin_object(w);
            else
                json_begin_array(w);
            if (depth == cap)
                frames = vec_grow(&scratch, frames, depth, &cap, sizeof(*frames));
            frames[depth++] = (struct put_frame){ .container = value };
        }
        while (depth > 0 && frames[depth - 1].next == frames[depth - 1].container->count) {
            if (frames[--depth].container->type == JSON_OBJECT)
                json_end_object(w);
            else
                json_end_array(w);
        }
        if (depth == 0)
            break;
        struct put_frame *top = &frames[depth - 1];
        if (top->container->type == JSON_OBJECT) {
            json_key(w, top->container->members[top->next].key);
            value = &top->container->members[top->next].value;
        } else {
            value = &top->container->items[top->next];
        }
        top->next++;
    }
    arena_fini(&scratch);
}

void json_put_member_str(struct json_writer *w, struct str key, struct str text)
{
    json_key(w, key);
    json_put_str(w, text);
}

void json_put_member_i64(struct json_writer *w, struct str key, int64_t value)
{
    json_key(w, key);
    json_put_i64(w, value);
}

void json_put_member_bool(struct json_writer *w, struct str key, bool value)
{
    json_key(w, key);
    json_put_bool(w, value);
}

void json_put_member(struct json_writer *w, struct str key, const struct json *value)
{
    json_key(w, key);
    json_put(w, value);
}

void json_put_member_time(struct json_writer *w, struct str key, int64_t time_ms)
{
    json_key(w, key);
    value_begins(w);
    uint64_t size = time_ms < 0 ? 0 - (uint64_t)time_ms : (uint64_t)time_ms;
    unsigned fraction = (unsigned)(size % 1000);
    char room[4] = { '.', (char)('0' + fraction / 100), (char)('0' + fraction / 10 % 10),
                     (char)('0' + fraction % 10) };
    if (time_ms < 0)
        buf_add_char(w->out, '-');
    put_i64(w->out, (int64_t)(size / 1000));
    buf_add_bytes(w->out, room, sizeof(room));
}

struct str json_text(struct arena *arena, const struct json *value)
{
    struct buf out;
    struct json_writer w;
    buf_init(&out, 0);
    json_writer_init(&w, &out);
    json_put(&w, value);
    struct str text = arena_copy(arena, buf_str(&out));
    buf_fini(&out);
    return text;
}
