/* The functions of texts, numbers and objects, and the table of all. */
#include "expr/intrinsic_function.h"

#include <math.h>

#include "base/base64.h"
#include "base/map.h"
#include "base/utf8.h"

/* ---- arguments ---- */

enum err call_integer(struct call *call, const struct json *args, size_t index, int64_t *ret)
{
    double number;
    if (args[index].type != JSON_NUMBER)
        return call_fail(call, "Invalid argument %zu of States.%s: it must be a number", index + 1,
                         call->name);
    if (!json_number_i64(args[index].text, ret)) {
        if (!json_number_double(args[index].text, &number) || !(fabs(number) < 4294967296.0))
            number = 4294967296.0;
        *ret = (int64_t)floor(number + 0.5);
    }
    if (*ret < INT32_MIN || *ret > INT32_MAX)
        return call_fail(call, "Invalid argument %zu of States.%s: it must lie between %d and %d", index + 1,
                         call->name, INT32_MIN, INT32_MAX);
    return ERR_OK;
}

static enum err call_text(struct call *call, const struct json *args, size_t index, struct str *ret)
{
    if (args[index].type != JSON_STRING)
        return call_fail(call, "Invalid argument %zu of States.%s: it must be a string", index + 1,
                         call->name);
    *ret = args[index].text;
    return ERR_OK;
}

static enum err call_short(struct call *call, struct str text)
{
    if (utf8_count(text) <= INTRINSIC_TEXT_MAX)
        return ERR_OK;
    return call_fail(call, "Invalid argument 1 of States.%s: it must not be longer than %d characters",
                     call->name, INTRINSIC_TEXT_MAX);
}

static void add_value(struct buf *out, const struct json *value)
{
    struct json_writer writer;
    json_writer_init(&writer, out);
    json_put(&writer, value);
}

/* Ends a text; it is the caller's no more. */
static enum err call_result(struct call *call, struct buf *text, struct json *ret)
{
    enum err err = text->err;
    *ret = json_of_str(arena_copy(call->arena, buf_str(text)));
    buf_fini(text);
    return err ? call_fail(call, "The result of States.%s is too large", call->name) : ERR_OK;
}

/* ---- texts ---- */

static enum err run_format(struct call *call, const struct json *args, size_t count, struct json *ret)
{
    struct str text = STR_EMPTY;
    size_t used = 1;
    struct buf out;
    enum err err = call_text(call, args, 0, &text);
    if (err)
        return err;
    buf_init(&out, INTRINSIC_BYTES_MAX);
    for (size_t i = 0; i < text.len; i++) {
        if (call->escaped_literal && text.ptr[i] == '\\') {
            buf_add_char(&out, text.ptr[++i]);
        } else if (text.ptr[i] != '{' || i + 1 == text.len || text.ptr[i + 1] != '}') {
            buf_add_char(&out, text.ptr[i]);
        } else {
            i++;
            if (used < count && args[used].type == JSON_STRING)
                buf_add(&out, args[used].text);
            else if (used < count)
                add_value(&out, &args[used]);
            used++;
        }
    }
    if (used == count)
        return call_result(call, &out, ret);
    buf_fini(&out);
    return call_fail(call,
                     "Invalid arguments in States.Format: there are %zu occurrences of {} and %zu values for "
                     "them",
                     used - 1, count - 1);
}

static enum err run_json_to_string(struct call *call, const struct json *args, size_t count, struct json *ret)
{
    struct buf out;
    (void)count;
    buf_init(&out, INTRINSIC_BYTES_MAX);
    add_value(&out, &args[0]);
    return call_result(call, &out, ret);
}

static enum err run_string_to_json(struct call *call, const struct json *args, size_t count, struct json *ret)
{
    struct str text = STR_EMPTY;
    struct json_error error = { .text = "" };
    (void)count;
    enum err err = call_text(call, args, 0, &text);
    if (err)
        return err;
    size_t blank = 0;
    while (blank < text.len && strchr(" \t\r\n", text.ptr[blank]) && text.ptr[blank])
        blank++;
    if (blank == text.len) {
        *ret = json_of_null();
        return ERR_OK;
    }
    if (json_read(call->arena, text, 0, ret, &error) != ERR_OK)
        return call_fail(call, "Invalid argument 1 of States.StringToJson: it is no JSON: %s", error.text);
    if (ret->type == JSON_NUMBER && str_eq(ret->text, STR("-0")))
        *ret = json_of_i64(call->arena, 0);
    return ERR_OK;
}

static enum err run_base64_encode(struct call *call, const struct json *args, size_t count, struct json *ret)
{
    struct str text = STR_EMPTY;
    (void)count;
    enum err err = call_text(call, args, 0, &text);
    if (!err)
        err = call_short(call, text);
    if (!err)
        *ret = json_of_str(base64_encode(call->arena, text));
    return err;
}

/* What is no UTF-8 becomes U+FFFD. */
static struct str to_utf8(struct arena *arena, struct str bytes)
{
    if (utf8_valid_len(bytes) == bytes.len)
        return bytes;
    struct buf out;
    buf_init(&out, 0);
    while (bytes.len > 0) {
        size_t valid = utf8_valid_len(bytes);
        buf_add(&out, str_slice(bytes, 0, valid));
        if (valid < bytes.len)
            buf_add(&out, STR("\xEF\xBF\xBD"));
        bytes = str_from_offset(bytes, valid + 1);
    }
    struct str text = arena_copy(arena, buf_str(&out));
    buf_fini(&out);
    return text;
}

static enum err run_base64_decode(struct call *call, const struct json *args, size_t count, struct json *ret)
{
    struct str text = STR_EMPTY, bytes;
    (void)count;
    enum err err = call_text(call, args, 0, &text);
    if (!err)
        err = call_short(call, text);
    if (err)
        return err;
    static const char padding[] = "==";
    if (text.len % 4 > 1 && str_find_char(text, '=') == STR_NOT_FOUND) /* it may be left out */
        text = arena_concat(call->arena, text, str_of(padding, 4 - text.len % 4));
    if (!base64_decode(call->arena, text, &bytes))
        return call_fail(call, "Invalid argument 1 of States.Base64Decode: it is no base64");
    *ret = json_of_str(to_utf8(call->arena, bytes));
    return ERR_OK;
}

static enum err run_hash(struct call *call, const struct json *args, size_t count, struct json *ret)
{
    static const char hex[] = "0123456789abcdef";
    unsigned char digest[DIGEST_BYTES_MAX];
    struct str algorithm = STR_EMPTY, data = args[0].text;
    (void)count;
    if (args[0].type != JSON_STRING)
        data = json_text(call->arena, &args[0]);
    enum err err = call_text(call, args, 1, &algorithm);
    if (!err)
        err = call_short(call, data);
    if (err)
        return err;
    size_t len = call->scope->digest ? call->scope->digest(algorithm, data, digest) : 0;
    if (len == 0)
        return call_fail(call,
                         "Invalid argument 2 of States.Hash: it must be one of MD5, SHA-1, SHA-256, SHA-384, "
                         "SHA-512");
    char *text = arena_bytes(call->arena, 2 * len);
    for (size_t i = 0; i < len; i++) {
        text[2 * i] = hex[digest[i] >> 4];
        text[2 * i + 1] = hex[digest[i] & 15];
    }
    *ret = json_of_str(str_of(text, 2 * len));
    return ERR_OK;
}

/* Whether the letter (one code point) is one of those. ASCII by a table: long lists of splitters cost nothing. */
struct splitters {
    struct str text;
    bool ascii[128];
};

static bool splits(const struct splitters *splitters, struct str letter)
{
    unsigned char first = (unsigned char)letter.ptr[0];
    return first < 128 ? splitters->ascii[first] : str_find(splitters->text, letter) != STR_NOT_FOUND;
}

/* Pieces without anything in them are left out. */
static enum err run_string_split(struct call *call, const struct json *args, size_t count, struct json *ret)
{
    struct str text = STR_EMPTY;
    struct splitters splitters = { 0 };
    (void)count;
    enum err err = call_text(call, args, 0, &text);
    if (!err)
        err = call_text(call, args, 1, &splitters.text);
    if (!err && utf8_count(splitters.text) > INTRINSIC_RANGE_MAX)
        err = call_fail(call, "Invalid argument 2 of States.StringSplit: it is too long");
    if (err)
        return err;
    for (size_t i = 0; i < splitters.text.len; i++) {
        if ((unsigned char)splitters.text.ptr[i] < 128)
            splitters.ascii[(unsigned char)splitters.text.ptr[i]] = true;
    }
    struct json *items = (void *)arena_bytes(call->arena, (text.len / 2 + 1) * sizeof(*items));
    size_t pieces = 0, start = 0;
    for (size_t at = 0, len; at <= text.len; at += len) {
        uint32_t point;
        len = at < text.len ? utf8_decode(str_from_offset(text, at), &point) : 1;
        if (at < text.len && !splits(&splitters, str_slice(text, at, len)))
            continue;
        if (at > start)
            items[pieces++] = json_of_str(str_slice(text, start, at - start));
        start = at + len;
    }
    *ret = json_of_array(items, pieces);
    return ERR_OK;
}

static enum err run_uuid(struct call *call, const struct json *args, size_t count, struct json *ret)
{
    unsigned char bytes[16] = { 0 };
    (void)args;
    (void)count;
    if (!call->scope->random)
        return call_fail(call, "States.UUID has no randomness here");
    call->scope->random(bytes, sizeof(bytes));
    bytes[6] = (unsigned char)((bytes[6] & 0x0F) | 0x40);
    bytes[8] = (unsigned char)((bytes[8] & 0x3F) | 0x80);
    struct buf out;
    buf_init(&out, 0);
    for (size_t i = 0; i < sizeof(bytes); i++)
        buf_printf(&out, i == 4 || i == 6 || i == 8 || i == 10 ? "-%02x" : "%02x", bytes[i]);
    return call_result(call, &out, ret);
}

/* ---- numbers ---- */

static enum err run_math_add(struct call *call, const struct json *args, size_t count, struct json *ret)
{
    int64_t a = 0, b = 0;
    (void)count;
    enum err err = call_integer(call, args, 0, &a);
    if (!err)
        err = call_integer(call, args, 1, &b);
    *ret = json_of_i64(call->arena, a + b);
    return err;
}

/* The generator of 48 bits that Java made known: what follows from a seed is the same everywhere. */
static uint32_t seeded_bits(uint64_t *seed)
{
    *seed = (*seed * 0x5DEECE66Du + 0xBu) & 0xFFFFFFFFFFFFu;
    return (uint32_t)(*seed >> 17);
}

/* Below span, evenly: what lies past the last whole span is thrown again. */
static uint64_t seeded_below(uint64_t seed, uint64_t span)
{
    seed = (seed ^ 0x5DEECE66Du) & 0xFFFFFFFFFFFFu;
    if (span > 0x80000000u)
        return ((uint64_t)seeded_bits(&seed) << 31 | seeded_bits(&seed)) % span;
    if ((span & (span - 1)) == 0)
        return span * seeded_bits(&seed) >> 31;
    uint64_t last_whole = 0x80000000u - 0x80000000u % span, bits;
    do
        bits = seeded_bits(&seed);
    while (bits >= last_whole);
    return bits % span;
}

static enum err run_math_random(struct call *call, const struct json *args, size_t count, struct json *ret)
{
    int64_t start = 0, end = 0, seed = 0;
    enum err err = call_integer(call, args, 0, &start);
    if (!err)
        err = call_integer(call, args, 1, &end);
    if (!err && count > 2)
        err = call_integer(call, args, 2, &seed);
    if (err)
        return err;
    if (start >= end)
        return call_fail(call,
                         "Invalid arguments in States.MathRandom: the start must be smaller than the end");
    uint64_t span = (uint64_t)(end - start), chance = 0;
    if (count > 2) {
        chance = seeded_below((uint64_t)seed, span);
    } else {
        if (!call->scope->random)
            return call_fail(call, "States.MathRandom has no randomness here");
        call->scope->random(&chance, sizeof(chance));
        chance %= span;
    }
    *ret = json_of_i64(call->arena, start + (int64_t)chance);
    return ERR_OK;
}

/* ---- objects ---- */

static enum err run_array(struct call *call, const struct json *args, size_t count, struct json *ret)
{
    (void)call;
    *ret = json_of_array(args, count);
    return ERR_OK;
}

/* Members of the first in their order, as the second has them where it does; then those of the second alone. */
static enum err run_json_merge(struct call *call, const struct json *args, size_t count, struct json *ret)
{
    (void)count;
    for (size_t i = 0; i < 2; i++) {
        if (args[i].type != JSON_OBJECT)
            return call_fail(call, "Invalid argument %zu of States.JsonMerge: it must be an object", i + 1);
    }
    if (args[2].type != JSON_FALSE)
        return call_fail(call, "Invalid argument 3 of States.JsonMerge: it must be false, only the shallow "
                               "merge is supported");
    size_t room = (size_t)args[0].count + args[1].count, kept = 0;
    struct json_member *members = (void *)arena_bytes(call->arena, (room + 1) * sizeof(*members));
    struct map places; /* of index + 1 */
    map_init(&places, 0);
    for (size_t i = 0; i < 2; i++) {
        for (uint32_t m = 0; m < args[i].count; m++) {
            const struct json_member *member = &args[i].members[m];
            size_t place = (uintptr_t)map_get(&places, member->key);
            if (place == 0) {
                place = ++kept;
                (void)map_put(&places, member->key, (void *)(uintptr_t)place);
            }
            members[place - 1] = *member;
        }
    }
    map_fini(&places);
    *ret = json_of_object(members, kept);
    return ERR_OK;
}

/* ---- the table ---- */

/* name, fewest and most arguments, function, keeps escapes, light */
static const struct intrinsic_function functions[] = {
    { "Array", 0, ARGUMENTS_ANY, run_array, false, true },
    { "ArrayContains", 2, 2, intrinsic_array_contains, false, false },
    { "ArrayGetItem", 2, 2, intrinsic_array_get_item, false, true },
    { "ArrayLength", 1, 1, intrinsic_array_length, false, true },
    { "ArrayPartition", 2, 2, intrinsic_array_partition, false, true },
    { "ArrayRange", 3, 3, intrinsic_array_range, false, true },
    { "ArrayUnique", 1, 1, intrinsic_array_unique, false, false },
    { "Base64Decode", 1, 1, run_base64_decode, false, false },
    { "Base64Encode", 1, 1, run_base64_encode, false, false },
    { "Format", 1, ARGUMENTS_ANY, run_format, true, false },
    { "Hash", 2, 2, run_hash, false, false },
    { "JsonMerge", 3, 3, run_json_merge, false, false },
    { "JsonToString", 1, 1, run_json_to_string, false, false },
    { "MathAdd", 2, 2, run_math_add, false, true },
    { "MathRandom", 2, 3, run_math_random, false, true },
    { "StringSplit", 2, 2, run_string_split, false, false },
    { "StringToJson", 1, 1, run_string_to_json, false, false },
    { "UUID", 0, 0, run_uuid, false, true },
};

const struct intrinsic_function *intrinsic_function_find(struct str name)
{
    for (size_t i = 0; i < sizeof(functions) / sizeof(functions[0]); i++) {
        if (str_eq(name, str_from(functions[i].name)))
            return &functions[i];
    }
    return NULL;
}
