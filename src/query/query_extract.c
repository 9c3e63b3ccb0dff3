/* query_extract.c - the fields of a JSON message that a plan names, along the index, without a tree.
 *
 *     {"id":7,"detail":{"a.b":1,"items":[{"n":2}]},"other":{...}}     wanted: detail.items.0.n, id
 *      value   into, for "items.0.n"                skipped
 *
 * A name is the keys and indexes on the way, dots between; a key may have dots of its own. Of two that bear the same
 * name the last counts. Null, maps and lists are no fields.
 */
#include "query/query_record.h"

#include <assert.h>

/* Deeper paths are not looked for. */
enum { DEPTH_MAX = 100 };

struct wanted {
    struct str rest; /* of the path, from this container on */
    uint16_t slot;
};

struct walk {
    struct query_record *record;
    const struct json_index *index;
    size_t at; /* place in the index */
};

static struct str decoded(struct walk *walk, struct str string)
{
    struct json value;
    if (!walk->index->escapes || !memchr(string.ptr, '\\', string.len))
        return string;
    /* It was checked, so it is read. */
    enum err err = json_read(&walk->record->arena, str_of(string.ptr - 1, string.len + 2), 0, &value, NULL);
    assert(err == ERR_OK);
    return err == ERR_OK ? value.text : string;
}

static struct query_value scalar(struct walk *walk, const char *first, const char *end)
{
    while (json_is_space(end[-1]))
        end--;
    switch (*first) {
    case '"':
        return query_of_text(decoded(walk, str_of(first + 1, (size_t)(end - first - 2))));
    case 't':
    case 'f':
        return query_of_bool(*first == 't');
    case 'n':
        return query_null();
    default:
        return query_of_text(str_of(first, (size_t)(end - first)));
    }
}

static bool container(struct walk *walk, const struct wanted *wanted, size_t count, unsigned depth);

/* The value behind a key or at an index; at what stands behind it in the index afterwards. */
static bool value(struct walk *walk, struct str key, const char *first, const struct wanted *wanted,
                  size_t count, unsigned depth)
{
    const struct json_index *index = walk->index;
    bool is_container = *first == '{' || *first == '[';
    struct wanted below[64];
    size_t below_count = 0;
    for (size_t i = 0; i < count; i++) {
        if (!str_starts(wanted[i].rest, key))
            continue;
        struct str rest = str_from_offset(wanted[i].rest, key.len);
        if (str_empty(rest)) {
            if (!is_container)
                query_record_set(walk->record, wanted[i].slot,
                                 scalar(walk, first, index->text.ptr + index->offsets[walk->at]));
        } else if (is_container && rest.ptr[0] == '.' && below_count < 64) {
            below[below_count++] = (struct wanted){ str_from_offset(rest, 1), wanted[i].slot };
        }
    }
    if (!is_container)
        return true;
    if (below_count && depth < DEPTH_MAX) {
        if (!container(walk, below, below_count, depth + 1))
            return false;
    } else if (json_index_skip(index, &walk->at, depth) != ERR_OK) {
        return false;
    }
    walk->at++;
    return true;
}

static uint64_t beginnings(const struct wanted *wanted, size_t count)
{
    uint64_t bits = 0;
    for (size_t i = 0; i < count; i++)
        bits |= UINT64_C(1) << (wanted[i].rest.len ? wanted[i].rest.ptr[0] & 63 : 0);
    return bits;
}

static bool object(struct walk *walk, const struct wanted *wanted, size_t count, unsigned depth)
{
    const struct json_index *index = walk->index;
    /* An empty key, or one with escapes, may begin with anything. */
    uint64_t begin = index->escapes ? UINT64_MAX : beginnings(wanted, count) | UINT64_C(1) << ('"' & 63);
    char c;
    do {
        const char *name = json_index_behind(index, walk->at);
        if (*name++ != '"' || json_index_char(index, walk->at + 1) != ':')
            return false;
        walk->at += 2;
        if (walk->at >= index->count)
            return false;
        c = json_index_char(index, walk->at);
        if (begin >> (*name & 63) & 1) {
            const char *end = index->text.ptr + index->offsets[walk->at - 1];
            while (json_is_space(end[-1]))
                end--;
            struct str key = decoded(walk, str_of(name, (size_t)(end - 1 - name)));
            if (!value(walk, key, json_index_behind(index, walk->at - 1), wanted, count, depth))
                return false;
        } else if (c == '{' || c == '[') {
            if (json_index_skip(index, &walk->at, depth) != ERR_OK)
                return false;
            walk->at++;
        }
        if (walk->at >= index->count)
            return false;
        c = json_index_char(index, walk->at);
    } while (c == ',');
    return c == '}';
}

static bool array(struct walk *walk, const struct wanted *wanted, size_t count, unsigned depth)
{
    const struct json_index *index = walk->index;
    char number[24], c;
    for (unsigned long item = 0;; item++) {
        const char *first = json_index_behind(index, walk->at++);
        if (walk->at >= index->count)
            return false;
        int len = snprintf(number, sizeof(number), "%lu", item);
        if (!value(walk, str_of(number, (size_t)len), first, wanted, count, depth) ||
            walk->at >= index->count)
            return false;
        c = json_index_char(index, walk->at);
        if (c != ',')
            return c == ']';
    }
}

/* At the opening bracket; at the closing one afterwards. */
static bool container(struct walk *walk, const struct wanted *wanted, size_t count, unsigned depth)
{
    char open = json_index_char(walk->index, walk->at), first = *json_index_behind(walk->index, walk->at);
    if (first == (open == '{' ? '}' : ']')) {
        walk->at++;
        return true;
    }
    return open == '{' ? object(walk, wanted, count, depth) : array(walk, wanted, count, depth);
}

static bool walk_message(struct query_record *record, struct str message)
{
    const struct query_plan *plan = record->context->plan;
    if (json_index_read(&record->index, message) != ERR_OK || record->index.count == 0)
        return false;
    struct walk walk = { .record = record, .index = &record->index };
    /* More than these are taken in turns. */
    struct wanted wanted[64];
    for (size_t first = 0; first < plan->json.len; first += 64) {
        size_t count = plan->json.len - first < 64 ? plan->json.len - first : 64;
        for (size_t i = 0; i < count; i++) {
            uint16_t slot = plan->json.at[first + i];
            wanted[i] = (struct wanted){ plan->slots.at[slot].path, slot };
        }
        walk.at = 0;
        if (!container(&walk, wanted, count, 1) || walk.at + 1 != record->index.count)
            return false;
    }
    return true;
}

void query_record_extract(struct query_record *record)
{
    const struct query_plan *plan = record->context->plan;
    struct str message = record->event->message;
    size_t at = 0;
    while (at < message.len && json_is_space(message.ptr[at]))
        at++;
    if (at == message.len || message.ptr[at] != '{' || walk_message(record, message))
        return;
    for (size_t i = 0; i < plan->json.len; i++)
        query_record_set(record, plan->json.at[i], query_null());
}
