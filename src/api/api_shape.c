#include "api/api_shape.h"

#include "api/api_shape_explain.h"
#include "base/base64.h"
#include "base/map.h"
#include "base/regex.h"
#include "base/time.h"
#include "base/utf8.h"
#include "io/rand.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>

/* Two walks. The quick one, over what came, only finds out whether all is well: that is
 * nearly every request. If it is not, explain.c walks again in the model's order and
 * words it; if something is to be cleaned, clean() copies. */

enum { FIT_UNCLEAN = 1, FIT_WRONG = 2 };

struct shape_checker {
    struct arena arena;
    struct regex **patterns; /* number - 1 */
};

struct shape_checker *shape_checker_new(void)
{
    struct arena arena = { 0 };
    struct shape_checker *checker = ARENA_NEW(&arena, struct shape_checker);
    checker->patterns = ARENA_ARRAY(&arena, struct regex *, shape_patterns_count);
    for (size_t i = 0; i < shape_patterns_count; i++) {
        struct diag diag;
        enum err err = regex_compile(&arena, shape_patterns[i], 0, &checker->patterns[i], &diag);
        assert(err == ERR_OK); /* a test compiles every one */
        (void)err;
    }
    checker->arena = arena;
    return checker;
}

void shape_checker_free(struct shape_checker **checker)
{
    if (!*checker)
        return;
    struct arena arena = (*checker)->arena;
    *checker = NULL;
    arena_fini(&arena);
}

const struct shape *shape_of_member(const struct shape *shape, struct str name)
{
    if (shape && shape->type == SHAPE_MAP)
        return shape->item;
    for (uint16_t i = 0; shape && i < shape->member_count; i++)
        if (str_eq(shape->members[i].name, name))
            return shape->members[i].shape;
    return NULL;
}

/* ---- single values; explain.c asks the same questions ---- */

bool shape_pattern_fits(const struct shape_checker *checker, const struct shape *shape, struct str text)
{
    return !shape->pattern || regex_match(checker->patterns[shape->pattern - 1], text);
}

bool shape_value_listed(const struct shape *shape, struct str text)
{
    for (unsigned i = 0; i < shape->value_count; i++) {
        if (str_eq(shape->values[i], text))
            return true;
    }
    return shape->value_count == 0;
}

int shape_limits_compare(const struct shape *shape, int64_t size)
{
    if ((shape->limits & SHAPE_HAS_MIN) && size < shape->min)
        return -1;
    return (shape->limits & SHAPE_HAS_MAX) && size > shape->max ? 1 : 0;
}

int shape_length_compare(const struct shape *shape, struct str text)
{
    int64_t bytes = (int64_t)text.len;
    if (!shape->limits)
        return 0;
    /* A text has at most as many characters as bytes, and at least a quarter of that. */
    if ((!(shape->limits & SHAPE_HAS_MAX) || bytes <= shape->max) &&
        (!(shape->limits & SHAPE_HAS_MIN) || (bytes + 3) / 4 >= shape->min))
        return 0;
    return shape_limits_compare(shape, (int64_t)utf8_count(text));
}

bool shape_number_read(const struct shape *shape, const struct json *value, int64_t *ret)
{
    if (value->type != JSON_NUMBER || !json_number_i64(value->text, ret))
        return false;
    return shape->type == SHAPE_LONG || (*ret >= INT32_MIN && *ret <= INT32_MAX);
}

int shape_double_compare(const struct shape *shape, double value)
{
    if ((shape->limits & SHAPE_HAS_MIN) && value < (double)shape->min)
        return -1;
    return (shape->limits & SHAPE_HAS_MAX) && value > (double)shape->max ? 1 : 0;
}

bool shape_time_read(const struct json *value, int64_t *ret_ms)
{
    if (value->type == JSON_STRING)
        return time_parse(value->text, ret_ms);
    double seconds;
    if (value->type != JSON_NUMBER || !json_number_double(value->text, &seconds) || fabs(seconds) > 1e12)
        return false;
    *ret_ms = (int64_t)floor(seconds * 1000 + 0.5);
    return true;
}

size_t shape_blob_bytes(struct str text)
{
    size_t padding = str_ends(text, STR("==")) ? 2 : str_ends(text, STR("=")) ? 1 : 0;
    return text.len / 4 * 3 - (text.len ? padding : 0);
}

/* The first letter of one may be small where the other's is a capital:
 * "stateMachineArn", "StateMachineArn". */
static bool same_but_first_case(struct str a, struct str b)
{
    return a.len == b.len && a.len && (a.ptr[0] | 32) == (b.ptr[0] | 32) &&
           memcmp(a.ptr + 1, b.ptr + 1, a.len - 1) == 0;
}

/* hint: where the last one was found; clients send members in the same order every time. */
static unsigned member_find(const struct shape *shape, struct str name, enum shape_style style, unsigned hint)
{
    unsigned count = shape->member_count;
    for (unsigned i = 0, at = hint; i < count; i++, at++) {
        if (at >= count)
            at = 0;
        struct str member = shape->members[at].name;
        if (str_eq(member, name) || (style == SHAPE_SDK && same_but_first_case(member, name)))
            return at;
    }
    return SHAPE_MEMBERS_MAX;
}

const struct json *shape_member_value(const struct shape *shape, unsigned index, const struct json *value,
                                      enum shape_style style)
{
    struct str name = shape->members[index].name;
    for (uint32_t i = value->count; i-- > 0;) { /* the last of duplicates counts */
        struct str key = value->members[i].key;
        if (str_eq(key, name) || (style == SHAPE_SDK && same_but_first_case(key, name)))
            return value->members[i].value.type == JSON_NULL ? NULL : &value->members[i].value;
    }
    return NULL;
}

/* ---- the quick walk ---- */

struct quick {
    const struct shape_checker *checker;
    struct arena *arena;
    enum shape_style style;
};

static unsigned fit(const struct quick *q, const struct shape *shape, const struct json *value);

static unsigned fit_structure(const struct quick *q, const struct shape *shape, const struct json *value)
{
    if (value->type != JSON_OBJECT)
        return FIT_WRONG;
    uint64_t seen[SHAPE_MEMBERS_MAX / 64] = { 0 };
    unsigned flags = q->style == SHAPE_SDK ? FIT_UNCLEAN : 0, hint = 0;
    for (uint32_t i = 0; i < value->count; i++) {
        const struct json_member *member = &value->members[i];
        unsigned at = member_find(shape, member->key, q->style, hint);
        if (at == SHAPE_MEMBERS_MAX) {
            flags |= FIT_UNCLEAN;
            continue;
        }
        hint = at + 1;
        if (seen[at / 64] >> (at % 64) & 1)
            flags |= FIT_WRONG; /* twice: the slow walk knows which counts */
        if (member->value.type == JSON_NULL) {
            flags |= FIT_UNCLEAN;
            continue;
        }
        seen[at / 64] |= UINT64_C(1) << (at % 64);
        flags |= fit(q, shape->members[at].shape, &member->value);
    }
    for (unsigned i = 0; i < shape->member_count; i++) {
        if (shape->members[i].required && !(seen[i / 64] >> (i % 64) & 1))
            flags |= FIT_WRONG;
    }
    return flags;
}

static unsigned fit_list(const struct quick *q, const struct shape *shape, const struct json *value)
{
    if (value->type != JSON_ARRAY || shape_limits_compare(shape, value->count) != 0)
        return FIT_WRONG;
    unsigned flags = 0;
    for (uint32_t i = 0; i < value->count; i++)
        flags |= value->items[i].type == JSON_NULL ? FIT_WRONG : fit(q, shape->item, &value->items[i]);
    return flags;
}

static unsigned fit_text(const struct quick *q, const struct shape *shape, struct str text)
{
    if (shape_length_compare(shape, text) != 0 || !shape_value_listed(shape, text) ||
        !shape_pattern_fits(q->checker, shape, text))
        return FIT_WRONG;
    return 0;
}

enum { FEW_MEMBERS = 16 };

/* Of a map's members that are given twice only the last counts. seen: NULL for few
 * members, else the last of each key, by key. */
static bool is_last(const struct json *value, uint32_t index, const struct map *seen)
{
    const struct json_member *member = &value->members[index];
    if (seen)
        return map_get(seen, member->key) == member;
    for (uint32_t i = index + 1; i < value->count; i++) {
        if (str_eq(value->members[i].key, member->key))
            return false;
    }
    return true;
}

static bool all_last(const struct json *value)
{
    if (value->count > FEW_MEMBERS) {
        struct map seen;
        bool twice = false;
        map_init(&seen, rand_u64());
        for (uint32_t i = 0; i < value->count && !twice; i++)
            twice = map_put(&seen, value->members[i].key, &seen) != NULL;
        map_fini(&seen);
        return !twice;
    }
    for (uint32_t i = 0; i < value->count; i++) {
        if (!is_last(value, i, NULL))
            return false;
    }
    return true;
}

static unsigned fit_map(const struct quick *q, const struct shape *shape, const struct json *value)
{
    if (value->type != JSON_OBJECT || shape_limits_compare(shape, value->count) != 0)
        return FIT_WRONG;
    unsigned flags = all_last(value) ? 0 : FIT_UNCLEAN;
    for (uint32_t i = 0; i < value->count; i++) {
        const struct json_member *member = &value->members[i];
        flags |= fit_text(q, shape->key, member->key);
        flags |= member->value.type == JSON_NULL ? FIT_WRONG : fit(q, shape->item, &member->value);
    }
    return flags;
}

static unsigned fit_scalar(const struct quick *q, const struct shape *shape, const struct json *value)
{
    int64_t number;
    double real;
    struct str bytes;
    switch (shape->type) {
    case SHAPE_INTEGER:
    case SHAPE_LONG:
        return shape_number_read(shape, value, &number) && !shape_limits_compare(shape, number) ? 0
                                                                                                : FIT_WRONG;
    case SHAPE_FLOAT:
    case SHAPE_DOUBLE:
        return value->type == JSON_NUMBER && json_number_double(value->text, &real) &&
                       !shape_double_compare(shape, real)
                   ? 0
                   : FIT_WRONG;
    case SHAPE_BOOLEAN:
        return value->type == JSON_TRUE || value->type == JSON_FALSE ? 0 : FIT_WRONG;
    case SHAPE_TIMESTAMP:
        if (!shape_time_read(value, &number))
            return FIT_WRONG;
        return value->type == JSON_STRING ? FIT_UNCLEAN : 0;
    case SHAPE_BLOB:
        return value->type == JSON_STRING && base64_decode(q->arena, value->text, &bytes) &&
                       !shape_limits_compare(shape, (int64_t)bytes.len)
                   ? 0
                   : FIT_WRONG;
    default:
        assert(false && "a scalar");
        return FIT_WRONG;
    }
}

static unsigned fit(const struct quick *q, const struct shape *shape, const struct json *value)
{
    switch (shape->type) {
    case SHAPE_STRUCTURE:
        return fit_structure(q, shape, value);
    case SHAPE_LIST:
        return fit_list(q, shape, value);
    case SHAPE_MAP:
        return fit_map(q, shape, value);
    case SHAPE_STRING:
        return value->type == JSON_STRING ? fit_text(q, shape, value->text) : FIT_WRONG;
    default:
        return fit_scalar(q, shape, value);
    }
}

/* ---- the copy without nulls, texts of time and other spellings of names ---- */

static struct json time_number(struct arena *arena, int64_t time_ms)
{
    int64_t seconds = time_ms / 1000, rest = time_ms % 1000;
    if (rest < 0) {
        seconds--;
        rest += 1000;
    }
    if (rest == 0)
        return json_of_i64(arena, seconds);
    return json_of_double(arena, (double)time_ms / 1000);
}

static struct json clean(const struct shape *shape, const struct json *value, enum shape_style style,
                         struct arena *arena);

static struct json clean_map(const struct shape *shape, const struct json *value, enum shape_style style,
                             struct arena *arena)
{
    struct json_member *members = ARENA_ARRAY(arena, struct json_member, value->count + 1u);
    size_t count = 0;
    struct map seen;
    bool many = value->count > FEW_MEMBERS;
    map_init(&seen, many ? rand_u64() : 0);
    for (uint32_t i = 0; many && i < value->count; i++)
        map_put(&seen, value->members[i].key, (void *)(uintptr_t)&value->members[i]);
    for (uint32_t i = 0; i < value->count; i++) {
        if (!is_last(value, i, many ? &seen : NULL))
            continue;
        members[count].key = value->members[i].key;
        members[count++].value = clean(shape->item, &value->members[i].value, style, arena);
    }
    map_fini(&seen);
    return json_of_object(members, count);
}

static struct json clean(const struct shape *shape, const struct json *value, enum shape_style style,
                         struct arena *arena)
{
    int64_t time_ms;
    if (shape->type == SHAPE_TIMESTAMP && value->type == JSON_STRING && shape_time_read(value, &time_ms))
        return time_number(arena, time_ms);
    if (shape->type == SHAPE_LIST) {
        struct json *items = ARENA_ARRAY(arena, struct json, value->count + 1u);
        for (uint32_t i = 0; i < value->count; i++)
            items[i] = clean(shape->item, &value->items[i], style, arena);
        return json_of_array(items, value->count);
    }
    if (shape->type == SHAPE_MAP)
        return clean_map(shape, value, style, arena);
    if (shape->type != SHAPE_STRUCTURE)
        return *value;
    struct json_member *members = ARENA_ARRAY(arena, struct json_member, shape->member_count + 1u);
    size_t count = 0;
    for (unsigned i = 0; i < shape->member_count; i++) {
        const struct json *member = shape_member_value(shape, i, value, style);
        if (!member)
            continue;
        members[count].key = shape->members[i].name;
        members[count++].value = clean(shape->members[i].shape, member, style, arena);
    }
    return json_of_object(members, count);
}

bool shape_check(const struct shape_checker *checker, const struct shape *shape, const struct json *input,
                 enum shape_style style, enum shape_dialect dialect, struct arena *arena, struct json *ret,
                 struct fault *fault)
{
    struct quick q = { checker, arena, style };
    unsigned flags = fit(&q, shape, input);
    if (flags & FIT_WRONG) {
        struct shape_explanation why = { checker, style, dialect, arena, fault };
        if (!shape_explain(&why, shape, input))
            return false;
        flags |= FIT_UNCLEAN;
    }
    *ret = flags & FIT_UNCLEAN ? clean(shape, input, style, arena) : *input;
    return true;
}

/* ---- out ---- */

static struct json time_text(struct arena *arena, int64_t time_ms)
{
    char text[TIME_TEXT_BYTES];
    size_t length = time_format_milliseconds(time_ms, text);
    return json_of_str(arena_copy(arena, str_of(text, length)));
}

struct json shape_to_sdk(const struct shape *shape, const struct json *output, struct arena *arena)
{
    int64_t time_ms;
    if (shape->type == SHAPE_TIMESTAMP && shape_time_read(output, &time_ms))
        return time_text(arena, time_ms);
    if (shape->type == SHAPE_LIST && output->type == JSON_ARRAY) {
        struct json *items = ARENA_ARRAY(arena, struct json, output->count + 1u);
        for (uint32_t i = 0; i < output->count; i++)
            items[i] = shape_to_sdk(shape->item, &output->items[i], arena);
        return json_of_array(items, output->count);
    }
    if ((shape->type != SHAPE_MAP && shape->type != SHAPE_STRUCTURE) || output->type != JSON_OBJECT)
        return *output;
    struct json_member *members = ARENA_ARRAY(arena, struct json_member, output->count + 1u);
    for (uint32_t i = 0; i < output->count; i++) {
        const struct json_member *member = &output->members[i];
        const struct shape *inner = shape->item;
        members[i].key = member->key;
        if (shape->type == SHAPE_STRUCTURE) {
            unsigned at = member_find(shape, member->key, SHAPE_WIRE, 0);
            inner = at == SHAPE_MEMBERS_MAX ? NULL : shape->members[at].shape;
            if (member->key.len && member->key.ptr[0] >= 'a' && member->key.ptr[0] <= 'z') {
                char *name = arena_bytes(arena, member->key.len);
                memcpy(name, member->key.ptr, member->key.len);
                name[0] = (char)(name[0] - 'a' + 'A');
                members[i].key = str_of(name, member->key.len);
            }
        }
        members[i].value = inner ? shape_to_sdk(inner, &member->value, arena) : member->value;
    }
    return json_of_object(members, output->count);
}
