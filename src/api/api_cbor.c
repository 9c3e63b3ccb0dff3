#include "api/api_cbor.h"

#include "base/base64.h"
#include "base/utf8.h"
#include "base/vec.h"

#include <cbor.h>
#include <inttypes.h>
#include <math.h>

/* ---- reading ----
 *
 * libcbor gives one head or string after the other. What is open stands on `frames`, what it holds so far on `items`:
 * nothing recurses, and the values of a container are copied once, when it closes.
 */

enum frame_type { FRAME_ARRAY, FRAME_MAP, FRAME_TEXT, FRAME_BYTES, FRAME_TIME };

struct frame {
    enum frame_type type;
    bool indefinite;
    uint64_t wanted; /* items until it closes; of a map keys and values */
    size_t first;    /* of `items`: its first */
    const struct shape *shape;
};

struct item {
    struct json value;
    bool is_bytes; /* value.text: as they are, not yet base64 */
};

struct reader {
    struct arena *arena;
    const struct shape *shape;
    struct str body;
    struct frame frames[API_CBOR_DEPTH_MAX];
    size_t depth, seen; /* seen: of all containers */
    VEC(struct item) items;
    const char *why; /* NULL: all is well */
    bool done;
    struct json root;
};

static void refuse(struct reader *reader, const char *why)
{
    if (!reader->why)
        reader->why = why;
}

static struct json json_of(struct reader *reader, const struct item *item)
{
    return item->is_bytes ? json_of_str(base64_encode(reader->arena, item->value.text)) : item->value;
}

static struct item container_close(struct reader *reader, const struct frame *frame)
{
    size_t count = reader->items.len - frame->first;
    const struct item *items = &reader->items.at[frame->first];
    struct item made = { .is_bytes = frame->type == FRAME_BYTES };
    reader->items.len = frame->first;
    if (frame->type == FRAME_ARRAY) {
        struct json *values = ARENA_ARRAY(reader->arena, struct json, count);
        for (size_t i = 0; i < count; i++)
            values[i] = json_of(reader, &items[i]);
        made.value = json_of_array(values, count);
        return made;
    }
    if (frame->type == FRAME_MAP) {
        struct json_member *members = ARENA_ARRAY(reader->arena, struct json_member, count / 2);
        for (size_t i = 0; i < count / 2; i++)
            members[i] = (struct json_member){ items[2 * i].value.text, json_of(reader, &items[2 * i + 1]) };
        made.value = json_of_object(members, count / 2);
        return made;
    }
    size_t len = 0; /* pieces of a string */
    for (size_t i = 0; i < count; i++)
        len += items[i].value.text.len;
    char *text = arena_bytes(reader->arena, len), *at = text;
    for (size_t i = 0; i < count; i++) {
        if (items[i].value.text.len)
            memcpy(at, items[i].value.text.ptr, items[i].value.text.len);
        at += items[i].value.text.len;
    }
    made.value = json_of_str(str_of(text, len));
    return made;
}

/* Of what comes next. NULL: anything. */
static const struct shape *shape_here(const struct reader *reader)
{
    if (reader->depth == 0)
        return reader->shape;
    const struct frame *frame = &reader->frames[reader->depth - 1];
    if (frame->type == FRAME_ARRAY)
        return frame->shape ? frame->shape->item : NULL;
    if (frame->type == FRAME_MAP)
        return (reader->items.len - frame->first) % 2
                   ? shape_of_member(frame->shape, reader->items.at[reader->items.len - 1].value.text)
                   : NULL;
    return frame->type == FRAME_TIME ? frame->shape : NULL;
}

/* Why the item cannot stand where it would; NULL: it can. */
static const char *misplaced(const struct reader *reader, const struct item *item)
{
    const struct frame *frame = reader->depth ? &reader->frames[reader->depth - 1] : NULL;
    const struct shape *shape = shape_here(reader);
    bool text = item->value.type == JSON_STRING && !item->is_bytes;
    if (shape && item->is_bytes && shape->type != SHAPE_BLOB)
        return "a byte string stands where none belongs";
    if (shape && text && shape->type == SHAPE_BLOB)
        return "a text stands where a byte string belongs";
    if (!frame || frame->type == FRAME_ARRAY)
        return NULL;
    if (frame->type == FRAME_MAP)
        return (reader->items.len - frame->first) % 2 == 0 && !text ? "a key of a map is not text" : NULL;
    if (frame->type == FRAME_TEXT)
        return text ? NULL : "a piece of a text is something else";
    if (frame->type == FRAME_BYTES)
        return item->is_bytes ? NULL : "a piece of a byte string is something else";
    return item->value.type == JSON_NUMBER ? NULL : "a timestamp is not a number";
}

/* A whole item: it goes where it belongs, and closes what it was the last of. */
static void put(struct reader *reader, struct item item)
{
    while (!reader->why) {
        reader->why =
            ++reader->seen > API_CBOR_ITEMS_MAX ? "it has too many items" : misplaced(reader, &item);
        if (reader->depth == 0) {
            reader->root = json_of(reader, &item);
            reader->done = true;
            return;
        }
        struct frame *frame = &reader->frames[reader->depth - 1];
        if (frame->type == FRAME_TIME) {
            reader->depth--;
            continue;
        }
        VEC_PUSH(reader->arena, &reader->items, item);
        if (frame->indefinite || reader->items.len - frame->first < frame->wanted)
            return;
        item = container_close(reader, &reader->frames[--reader->depth]);
    }
}

static void put_value(struct reader *reader, struct json value)
{
    put(reader, (struct item){ .value = value });
}

/* Each item of it takes a byte at least. */
static void begin(struct reader *reader, enum frame_type type, bool indefinite, uint64_t wanted)
{
    if (reader->depth > 0 && (reader->frames[reader->depth - 1].type == FRAME_TEXT ||
                              reader->frames[reader->depth - 1].type == FRAME_BYTES))
        refuse(reader, "a piece of a string is something else");
    else if (reader->depth == API_CBOR_DEPTH_MAX)
        refuse(reader, "it is nested too deep");
    else if (wanted > reader->body.len)
        refuse(reader, "it ends too early");
    if (reader->why)
        return;
    struct frame frame = { type, indefinite, wanted, reader->items.len, shape_here(reader) };
    if (!indefinite && wanted == 0)
        put(reader, container_close(reader, &frame));
    else
        reader->frames[reader->depth++] = frame;
}

/* ---- what libcbor calls ---- */

static void on_uint64(void *self, uint64_t value)
{
    struct reader *reader = self;
    put_value(reader,
              (struct json){ .type = JSON_NUMBER, .text = arena_printf(reader->arena, "%" PRIu64, value) });
}

static void on_negint64(void *self, uint64_t value) /* -1 - value */
{
    struct reader *reader = self;
    struct str text = value == UINT64_MAX ? STR("-18446744073709551616")
                                          : arena_printf(reader->arena, "-%" PRIu64, value + 1);
    put_value(reader, (struct json){ .type = JSON_NUMBER, .text = text });
}

static void on_uint8(void *self, uint8_t value)
{
    on_uint64(self, value);
}

static void on_uint16(void *self, uint16_t value)
{
    on_uint64(self, value);
}

static void on_uint32(void *self, uint32_t value)
{
    on_uint64(self, value);
}

static void on_negint8(void *self, uint8_t value)
{
    on_negint64(self, value);
}

static void on_negint16(void *self, uint16_t value)
{
    on_negint64(self, value);
}

static void on_negint32(void *self, uint32_t value)
{
    on_negint64(self, value);
}

static void on_double(void *self, double value)
{
    struct reader *reader = self;
    if (isfinite(value))
        put_value(reader, json_of_double(reader->arena, value));
    else
        put_value(reader, json_of_str(isnan(value) ? STR("NaN")
                                      : value > 0  ? STR("Infinity")
                                                   : STR("-Infinity")));
}

static void on_float(void *self, float value)
{
    on_double(self, (double)value);
}

static void on_bytes(void *self, cbor_data data, size_t len)
{
    struct str bytes = str_of((const char *)data, len);
    put(self, (struct item){ .value = json_of_str(bytes), .is_bytes = true });
}

static void on_text(void *self, cbor_data data, size_t len)
{
    struct str text = str_of((const char *)data, len);
    if (utf8_valid_len(text) != len)
        refuse(self, "a text is not UTF-8");
    put_value(self, json_of_str(text));
}

static void on_bytes_start(void *self)
{
    begin(self, FRAME_BYTES, true, 0);
}

static void on_text_start(void *self)
{
    begin(self, FRAME_TEXT, true, 0);
}

static void on_array(void *self, size_t count)
{
    begin(self, FRAME_ARRAY, false, count);
}

static void on_array_start(void *self)
{
    begin(self, FRAME_ARRAY, true, 0);
}

static void on_map(void *self, size_t count)
{
    begin(self, FRAME_MAP, false, count > UINT64_MAX / 2 ? UINT64_MAX : 2 * (uint64_t)count);
}

static void on_map_start(void *self)
{
    begin(self, FRAME_MAP, true, 0);
}

static void on_tag(void *self, uint64_t tag)
{
    struct reader *reader = self;
    const struct shape *shape = shape_here(reader);
    if (tag != 1)
        refuse(reader, "it has a tag that is not understood");
    else if (shape && shape->type != SHAPE_TIMESTAMP)
        refuse(reader, "a timestamp stands where none belongs");
    else
        begin(reader, FRAME_TIME, false, 1);
}

static void on_null(void *self)
{
    put_value(self, json_of_null());
}

static void on_boolean(void *self, bool value)
{
    put_value(self, json_of_bool(value));
}

static void on_break(void *self)
{
    struct reader *reader = self;
    struct frame *frame = reader->depth ? &reader->frames[reader->depth - 1] : NULL;
    if (!frame || !frame->indefinite ||
        (frame->type == FRAME_MAP && (reader->items.len - frame->first) % 2 != 0)) {
        refuse(reader, "something ends that has not begun, or not come to its end");
        return;
    }
    reader->depth--;
    put(reader, container_close(reader, frame));
}

static const struct cbor_callbacks callbacks = {
    .uint8 = on_uint8,
    .uint16 = on_uint16,
    .uint32 = on_uint32,
    .uint64 = on_uint64,
    .negint8 = on_negint8,
    .negint16 = on_negint16,
    .negint32 = on_negint32,
    .negint64 = on_negint64,
    .byte_string_start = on_bytes_start,
    .byte_string = on_bytes,
    .string = on_text,
    .string_start = on_text_start,
    .indef_array_start = on_array_start,
    .array_start = on_array,
    .indef_map_start = on_map_start,
    .map_start = on_map,
    .tag = on_tag,
    .float2 = on_float,
    .float4 = on_float,
    .float8 = on_double,
    .undefined = on_null,
    .null = on_null,
    .boolean = on_boolean,
    .indef_break = on_break,
};

bool api_cbor_read(struct arena *arena, const struct shape *shape, struct str body, struct json *ret,
                   const char **ret_why)
{
    struct reader reader = { .arena = arena, .shape = shape, .body = body };
    size_t at = 0;
    if (str_empty(body)) {
        *ret = json_of_object(NULL, 0);
        return true;
    }
    while (!reader.done && !reader.why) {
        struct cbor_decoder_result read =
            cbor_stream_decode((cbor_data)body.ptr + at, body.len - at, &callbacks, &reader);
        if (read.status == CBOR_DECODER_NEDATA)
            refuse(&reader, "it ends too early");
        else if (read.status != CBOR_DECODER_FINISHED)
            refuse(&reader, "a byte begins no item");
        at += read.read;
    }
    if (reader.done && at < body.len)
        refuse(&reader, "something follows its end");
    *ret = reader.root;
    *ret_why = reader.why;
    return !reader.why;
}

/* ---- writing ---- */

enum { HEAD_BYTES_MAX = 9 };

/* Heads that say how much follows. */
typedef size_t head_f(size_t count, unsigned char *at, size_t room);

static void add_head(struct buf *out, head_f *encode, size_t count)
{
    unsigned char head[HEAD_BYTES_MAX];
    buf_add_bytes(out, head, encode(count, head, sizeof(head)));
}

static void add_text(struct buf *out, struct str text)
{
    add_head(out, cbor_encode_string_start, text.len);
    buf_add(out, text);
}

static void add_number(struct buf *out, const struct shape *shape, struct str text)
{
    unsigned char bytes[HEAD_BYTES_MAX];
    int64_t whole;
    double value = 0;
    bool is_double = shape && (shape->type == SHAPE_DOUBLE || shape->type == SHAPE_FLOAT);
    if (shape && shape->type == SHAPE_TIMESTAMP)
        buf_add_bytes(out, bytes, cbor_encode_tag(1, bytes, sizeof(bytes)));
    if (!is_double && json_number_i64(text, &whole)) {
        buf_add_bytes(out, bytes,
                      whole < 0 ? cbor_encode_negint((uint64_t)(-1 - whole), bytes, sizeof(bytes))
                                : cbor_encode_uint((uint64_t)whole, bytes, sizeof(bytes)));
        return;
    }
    if (!json_number_double(text, &value)) /* beyond any double */
        value = text.ptr[0] == '-' ? -INFINITY : INFINITY;
    buf_add_bytes(out, bytes, cbor_encode_double(value, bytes, sizeof(bytes)));
}

static void add_string(struct buf *out, const struct shape *shape, struct str text)
{
    struct arena arena = { 0 };
    struct str bytes;
    if (shape && shape->type == SHAPE_BLOB && base64_decode(&arena, text, &bytes)) {
        add_head(out, cbor_encode_bytestring_start, bytes.len);
        buf_add(out, bytes);
    } else {
        add_text(out, text);
    }
    arena_fini(&arena);
}

static void add_object(struct buf *out, const struct shape *shape, const struct json *value)
{
    size_t count = 0;
    for (uint32_t i = 0; i < value->count; i++)
        count += value->members[i].value.type != JSON_NULL;
    add_head(out, cbor_encode_map_start, count);
    for (uint32_t i = 0; i < value->count; i++) {
        const struct json_member *member = &value->members[i];
        if (member->value.type == JSON_NULL)
            continue;
        add_text(out, member->key);
        api_cbor_write(shape_of_member(shape, member->key), &member->value, out);
    }
}

void api_cbor_write(const struct shape *shape, const struct json *value, struct buf *out)
{
    unsigned char byte[1];
    switch (value->type) {
    case JSON_NULL:
        buf_add_bytes(out, byte, cbor_encode_null(byte, sizeof(byte)));
        return;
    case JSON_TRUE:
    case JSON_FALSE:
        buf_add_bytes(out, byte, cbor_encode_bool(value->type == JSON_TRUE, byte, sizeof(byte)));
        return;
    case JSON_NUMBER:
        add_number(out, shape, value->text);
        return;
    case JSON_STRING:
        add_string(out, shape, value->text);
        return;
    case JSON_ARRAY:
        add_head(out, cbor_encode_array_start, value->count);
        for (uint32_t i = 0; i < value->count; i++)
            api_cbor_write(shape ? shape->item : NULL, &value->items[i], out);
        return;
    case JSON_OBJECT:
        add_object(out, shape, value);
    }
}
