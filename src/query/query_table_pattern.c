/* query_table_pattern.c - texts that differ only in what looks made up for the occasion: numbers, ids, addresses,
 * moments. Each such word becomes a mark, <Number-2>: what it looks like, and the how-manieth it is.
 *
 * This is the rule of this server, not the service's, which finds its patterns by learning.
 */
#include "base/map.h"
#include "match/pattern_clause.h"
#include "query/query_hash.h"
#include "query/query_table.h"

#include <assert.h>

struct one {
    struct query_hash_entry entry; /* first; the key is the pattern */
    uint64_t count;
    size_t bytes;
    char key[];
};

struct patterns {
    struct query_table base;
    struct query_hash hash;
    uint64_t total;
    struct buf text;
};

static void init(struct query_table *table)
{
    buf_init(&((struct patterns *)table)->text, 0);
}

static void one_free(struct patterns *patterns, struct one *one)
{
    query_budget_give(patterns->base.budget, one->bytes);
    free(one);
}

static void fini(struct query_table *table)
{
    struct patterns *patterns = (struct patterns *)table;
    for (size_t i = 0; i < patterns->hash.room; i++)
        if (patterns->hash.slots[i])
            one_free(patterns, (struct one *)patterns->hash.slots[i]);
    query_budget_give(table->budget, patterns->hash.room * sizeof(patterns->hash.slots[0]));
    query_hash_fini(&patterns->hash);
    buf_fini(&patterns->text);
}

/* ---- words ---- */

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool is_hex(char c)
{
    return is_digit(c) || ((c | 0x20) >= 'a' && (c | 0x20) <= 'f');
}

/* What a word is made of; the marks within are those of numbers, moments, addresses and ids. */
static bool in_word(char c)
{
    return is_digit(c) || ((c | 0x20) >= 'a' && (c | 0x20) <= 'z') || c == '_' || c == '-' || c == '.' ||
           c == ':' || c == '+' || (unsigned char)c >= 0x80;
}

static bool is_moment(struct str word)
{
    /* 2026-11-28..., 15:00:00... */
    size_t digits = 0;
    while (digits < word.len && is_digit(word.ptr[digits]))
        digits++;
    if (digits == 4 && word.len >= 10 && word.ptr[4] == '-' && is_digit(word.ptr[5]) && word.ptr[7] == '-')
        return true;
    return digits == 2 && word.len >= 5 && word.ptr[2] == ':' && is_digit(word.ptr[3]) &&
           is_digit(word.ptr[4]);
}

/* NULL: it stays as it is. */
static const char *kind_of(struct str word)
{
    size_t digits = 0, hex = 0, dashes = 0;
    double number;
    unsigned char address[16];
    uint8_t bits;
    for (size_t i = 0; i < word.len; i++) {
        digits += is_digit(word.ptr[i]);
        hex += is_hex(word.ptr[i]);
        dashes += word.ptr[i] == '-';
    }
    if (digits == 0)
        return NULL;
    if (query_text_number(word, &number))
        return "Number";
    if (is_moment(word))
        return "Time";
    if (pattern_address_read(word, address, &bits))
        return "IPAddress";
    if (word.len == 36 && dashes == 4 && hex == 32)
        return "UUID";
    return "Token";
}

static void add_word(struct patterns *patterns, struct str word, unsigned *number)
{
    /* Marks at the ends are of the sentence. */
    if (word.len > 1 && strchr(".:", word.ptr[0]) && word.ptr[1] != ':') {
        buf_add_char(&patterns->text, word.ptr[0]);
        word = str_from_offset(word, 1);
    }
    size_t len = word.len;
    while (len && strchr(".:-+", word.ptr[len - 1]))
        len--;
    const char *kind = kind_of(str_slice(word, 0, len));
    if (kind)
        buf_printf(&patterns->text, "<%s-%u>", kind, ++*number);
    else
        buf_add(&patterns->text, str_slice(word, 0, len));
    buf_add(&patterns->text, str_from_offset(word, len));
}

static void build(struct patterns *patterns, struct str text)
{
    unsigned number = 0;
    buf_clear(&patterns->text);
    for (size_t at = 0, end; at < text.len; at = end) {
        end = at + 1;
        if (!in_word(text.ptr[at])) {
            buf_add_char(&patterns->text, text.ptr[at]);
            continue;
        }
        while (end < text.len && in_word(text.ptr[end]))
            end++;
        add_word(patterns, str_slice(text, at, end - at), &number);
    }
}

/* ---- the table ---- */

static bool count(struct patterns *patterns, struct str key, uint64_t times)
{
    struct query_table *table = &patterns->base;
    uint64_t bits = hash_bytes(key, 0);
    struct one *one = (struct one *)query_hash_find(&patterns->hash, key, bits);
    if (!one) {
        size_t bytes = sizeof(struct one) + key.len;
        if (!query_budget_take(table->budget, bytes + query_hash_growth(&patterns->hash)))
            return false;
        one = malloc(bytes);
        assert(one);
        if (key.len)
            memcpy(one->key, key.ptr, key.len);
        one->entry = (struct query_hash_entry){ bits, (uint32_t)key.len, one->key };
        one->count = 0;
        one->bytes = bytes;
        query_hash_add(&patterns->hash, &one->entry);
    }
    one->count += times;
    patterns->total += times;
    return true;
}

static bool add(struct query_table *table, struct query_record *record)
{
    struct patterns *patterns = (struct patterns *)table;
    struct query_value value = query_evaluate(record, table->segment->pattern);
    if (value.type == QUERY_NULL)
        return true;
    build(patterns, query_text(&record->arena, &value));
    return count(patterns, buf_str(&patterns->text), 1);
}

static bool merge(struct query_table *table, struct query_table *other)
{
    struct patterns *patterns = (struct patterns *)table, *from = (struct patterns *)other;
    bool good = true;
    for (size_t i = 0; i < from->hash.room; i++) {
        struct one *one = (struct one *)from->hash.slots[i];
        if (!one)
            continue;
        good = good && count(patterns, str_of(one->entry.key, one->entry.key_len), one->count);
        one_free(from, one);
    }
    query_budget_give(table->budget, from->hash.room * sizeof(from->hash.slots[0]));
    query_hash_fini(&from->hash);
    from->total = 0;
    return good;
}

static int one_order(void *self, const void *a, const void *b)
{
    const struct one *x = a, *y = b;
    (void)self;
    if (x->count != y->count)
        return x->count > y->count ? -1 : 1;
    return str_compare(str_of(x->entry.key, x->entry.key_len), str_of(y->entry.key, y->entry.key_len));
}

static bool has_word(struct arena *arena, struct str text, const char *word)
{
    char *lower = arena_bytes(arena, text.len + 1);
    for (size_t i = 0; i < text.len; i++)
        lower[i] = text.ptr[i] >= 'A' && text.ptr[i] <= 'Z' ? (char)(text.ptr[i] | 0x20) : text.ptr[i];
    return str_find(str_of(lower, text.len), str_from(word)) != STR_NOT_FOUND;
}

static struct str severity_of(struct arena *arena, struct str text)
{
    static const struct {
        const char *word, *label;
    } words[] = { { "fatal", "Error" },  { "error", "Error" }, { "exception", "Error" },
                  { "warn", "Warning" }, { "debug", "Debug" }, { "info", "Info" } };
    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
        if (has_word(arena, text, words[i].word))
            return str_from(words[i].label);
    return STR_EMPTY;
}

static void rows(struct query_table *table, struct arena *arena, struct query_rows *ret)
{
    struct patterns *patterns = (struct patterns *)table;
    const struct query_segment *segment = table->segment;
    VEC(const void *) sorted = { 0 };
    for (size_t i = 0; i < patterns->hash.room; i++)
        if (patterns->hash.slots[i])
            VEC_PUSH(arena, &sorted, (const void *)patterns->hash.slots[i]);
    query_sort(sorted.at, sorted.len, one_order, NULL);
    for (size_t i = 0; i < sorted.len && !ret->over; i++) {
        const struct one *one = sorted.at[i];
        struct str text = str_of(one->entry.key, one->entry.key_len);
        struct str severity = severity_of(arena, text);
        struct query_value values[QUERY_PATTERN_SLOTS] = {
            [QUERY_PATTERN_TEXT] = query_of_text(text),
            [QUERY_PATTERN_RATIO] =
                query_of_text(arena_printf(arena, "%.4f", (double)one->count / (double)patterns->total)),
            [QUERY_PATTERN_COUNT] = query_of_number((double)one->count),
            [QUERY_PATTERN_SEVERITY] = str_empty(severity) ? query_null() : query_of_text(severity),
        };
        struct query_row *row =
            arena_alloc(arena, sizeof(struct query_row) + segment->kept.len * sizeof(struct query_value));
        for (size_t j = 0; j < QUERY_PATTERN_SLOTS; j++) {
            size_t at = query_kept_at(segment, segment->pattern_slots[j]);
            if (at != SIZE_MAX)
                row->values[at] = values[j];
        }
        VEC_PUSH(arena, &ret->list, row);
        ret->over = arena->used > table->budget->max;
    }
}

const struct query_table_type query_table_pattern = { sizeof(struct patterns), init, fini, add, merge, rows };
