/* Patterns made at random, with their meaning beside them: what is read and matched agrees with a plain evaluator that
 * knows the meaning and has the message as a tree, or as a list of words. LOGS_PATTERN_ROUNDS has more rounds made. */
#include "json/json.h"
#include "logs/logs_pattern.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

static struct logs_matcher *matcher;
static uint64_t seed;

static unsigned below(unsigned n)
{
    seed = seed * UINT64_C(6364136223846793005) + 1442695040888963407u;
    return (unsigned)(seed >> 33) % n;
}

static unsigned rounds(void)
{
    const char *text = getenv("LOGS_PATTERN_ROUNDS");
    return text ? (unsigned)atoi(text) : 20000;
}

static const char *pick(const char *const *texts, unsigned count)
{
    return texts[below(count)];
}

#define PICK(texts) pick(texts, sizeof(texts) / sizeof(texts[0]))

static void space(struct buf *out)
{
    if (below(3) == 0)
        buf_add(out, STR(" "));
}

/* ---- what is meant ---- */

enum kind { IS, IS_NOT, LESS, MORE, AT_LEAST, AT_MOST, NUL, YES, NO, ABSENT, KINDS };

struct meaning {
    char join; /* '&', '|', or 0: a condition */
    struct meaning *left, *right;
    const char *path[3]; /* names; "*" any member, a digit an item, "#" any item; NULL ends it */
    enum kind kind;
    bool number;
    int value;        /* a number */
    const char *text; /* without stars */
    bool any_before, any_after;
};

static const char *const names[] = { "a", "b", "c-d", "e_f" };
static const char *const words[] = { "x", "xy", "yx", "x.y", "1", "2x", "-", "" };

static struct meaning *make(struct arena *arena, unsigned depth, bool json)
{
    struct meaning *meaning = ARENA_NEW(arena, struct meaning);
    if (depth && below(2)) {
        meaning->join = below(2) ? '&' : '|';
        meaning->left = make(arena, depth - 1, json);
        meaning->right = make(arena, depth - 1, json);
        return meaning;
    }
    static const char *const deeper[] = { "a", "b", "0", "1" };
    meaning->path[0] = PICK(names);
    if (below(3) == 0)
        meaning->path[1] = PICK(deeper);
    if (depth == 2 && below(4) == 0)
        meaning->path[1] = below(2) ? "*" : "#";
    meaning->kind = (enum kind)below(json ? KINDS : NUL);
    meaning->number = below(2) || (meaning->kind != IS && meaning->kind != IS_NOT);
    meaning->value = (int)below(5) - 1;
    meaning->text = PICK(words);
    meaning->any_before = below(3) == 0;
    meaning->any_after = below(3) == 0;
    return meaning;
}

/* ---- as a pattern ---- */

static void print_path(struct buf *out, const struct meaning *meaning)
{
    buf_add(out, STR("$"));
    for (unsigned i = 0; i < 3 && meaning->path[i]; i++) {
        const char *name = meaning->path[i];
        if (*name == '#')
            buf_add(out, STR("[*]"));
        else if (*name >= '0' && *name <= '9')
            buf_printf(out, "[%s]", name);
        else if (*name != '*' && below(4) == 0)
            buf_printf(out, "%s['%s']", below(2) ? "." : "", name);
        else
            buf_printf(out, ".%s", name);
    }
}

static void print_value(struct buf *out, const struct meaning *meaning)
{
    if (meaning->number && meaning->value >= 0 && below(4) == 0)
        buf_add(out, STR("+"));
    if (meaning->number && meaning->value == 0)
        buf_add(out, STR("0"));
    else if (meaning->number)
        switch (below(4)) {
        case 0:
            buf_printf(out, "%d", meaning->value);
            break;
        case 1:
            buf_printf(out, "%d.0", meaning->value);
            break;
        case 2:
            buf_printf(out, "%d0e-1", meaning->value);
            break;
        default:
            buf_printf(out, "%d.00E+0", meaning->value);
        }
    else
        buf_printf(out, "\"%s%s%s\"", meaning->any_before ? "*" : "", meaning->text,
                   meaning->any_after ? "*" : "");
}

static void print(struct buf *out, const struct meaning *meaning, const char *item)
{
    static const char *const operators[] = { "=", "!=", "<", ">", ">=", "<=" };
    if (meaning->join) {
        const struct meaning *sides[] = { meaning->left, meaning->right };
        for (unsigned i = 0; i < 2; i++) {
            /* && joins closer, and both join from the left. */
            bool needed =
                sides[i]->join && (meaning->join == '&' || i == 1) && sides[i]->join != meaning->join;
            bool enclosed = needed || below(4) == 0;
            buf_add(out, enclosed ? STR("(") : STR(""));
            space(out);
            print(out, sides[i], item);
            space(out);
            buf_add(out, enclosed ? STR(")") : STR(""));
            if (i == 0)
                buf_printf(out, "%c%c", meaning->join, meaning->join);
        }
        return;
    }
    if (item)
        buf_add(out, str_from(item));
    else
        print_path(out, meaning);
    if (meaning->kind < NUL) {
        space(out);
        buf_add(out, str_from(operators[meaning->kind]));
        space(out);
        print_value(out, meaning);
    } else {
        static const char *const tests[] = { " IS NULL", " IS TRUE", " IS FALSE", " NOT EXISTS" };
        buf_add(out, str_from(tests[meaning->kind - NUL]));
    }
}

/* ---- held ---- */

static bool reads_as_number(struct str text, double *ret)
{
    char room[40], *end;
    if (text.len == 0 || text.len >= sizeof(room) ||
        !(text.ptr[text.len - 1] >= '0' && text.ptr[text.len - 1] <= '9'))
        return false;
    memcpy(room, text.ptr, text.len);
    room[text.len] = 0;
    *ret = strtod(room, &end);
    return *end == 0 && room[0] != '.' && !strchr(room, 'x') && !strchr(room, ' ');
}

static bool text_holds(const struct meaning *meaning, struct str text)
{
    if (meaning->number) {
        double number;
        if (!reads_as_number(text, &number))
            return meaning->kind == IS_NOT;
        bool holds[] = { number == meaning->value, number != meaning->value,
                         number<meaning->value, number> meaning->value, number >= meaning->value,
                         number <= meaning->value };
        return holds[meaning->kind];
    }
    struct str wanted = str_from(meaning->text);
    bool found = false;
    for (size_t i = 0; i + wanted.len <= text.len; i++)
        found |= (meaning->any_before || i == 0) && (meaning->any_after || i + wanted.len == text.len) &&
                 str_eq(str_slice(text, i, wanted.len), wanted);
    if (wanted.len == 0)
        found = meaning->any_before || meaning->any_after || text.len == 0;
    return found == (meaning->kind == IS);
}

static bool value_holds(const struct meaning *meaning, const struct json *value)
{
    switch (meaning->kind) {
    case NUL:
        return value->type == JSON_NULL;
    case YES:
        return value->type == JSON_TRUE;
    case NO:
        return value->type == JSON_FALSE;
    case ABSENT:
        return true;
    default:
        return (value->type == JSON_STRING || value->type == JSON_NUMBER) && text_holds(meaning, value->text);
    }
}

static bool found(const struct meaning *meaning, const struct json *value, unsigned at)
{
    const char *name = at < 3 ? meaning->path[at] : NULL;
    if (!name)
        return value_holds(meaning, value);
    if (*name == '*' || *name == '#') {
        bool any = false;
        if (value->type != (*name == '*' ? JSON_OBJECT : JSON_ARRAY))
            return false;
        for (uint32_t i = 0; i < value->count; i++)
            any |= found(meaning, *name == '*' ? &value->members[i].value : &value->items[i], at + 1);
        return any;
    }
    if (*name >= '0' && *name <= '9') {
        uint32_t item = (uint32_t)(*name - '0');
        return value->type == JSON_ARRAY && item < value->count &&
               found(meaning, &value->items[item], at + 1);
    }
    const struct json *member = json_get(value, str_from(name));
    return member && found(meaning, member, at + 1);
}

static bool json_holds(const struct meaning *meaning, const struct json *value)
{
    if (meaning->join == '&')
        return json_holds(meaning->left, value) && json_holds(meaning->right, value);
    if (meaning->join == '|')
        return json_holds(meaning->left, value) || json_holds(meaning->right, value);
    return found(meaning, value, 0) != (meaning->kind == ABSENT);
}

static bool word_holds(const struct meaning *meaning, struct str word)
{
    if (meaning->join == '&')
        return word_holds(meaning->left, word) && word_holds(meaning->right, word);
    if (meaning->join == '|')
        return word_holds(meaning->left, word) || word_holds(meaning->right, word);
    return text_holds(meaning, word);
}

/* ---- messages ---- */

static void message_value(struct buf *out, unsigned depth)
{
    static const char *const scalars[] = { "null",         "true",         "false",   "0",      "1",
                                           "-1",           "2.0",          "30e-1",   "\"x\"",  "\"xy\"",
                                           "\"y\\u0078\"", "\"1\"",        "\"1.0\"", "\"2x\"", "\"\"",
                                           "\"-\"",        "\"x\\u002ey\"" };
    unsigned what = depth == 3 && below(8) ? 2 : below(depth ? 4 : 2);
    if (what < 2) {
        buf_add(out, str_from(PICK(scalars)));
        return;
    }
    unsigned count = below(6);
    buf_add_char(out, what == 2 ? '{' : '[');
    for (unsigned i = 0; i < count; i++) {
        if (i)
            buf_add_char(out, ',');
        space(out);
        if (what == 2)
            buf_printf(out, "\"%s\"", below(8) ? PICK(names) : "\\u0061");
        space(out);
        if (what == 2)
            buf_add_char(out, ':');
        space(out);
        message_value(out, depth - 1);
    }
    space(out);
    buf_add_char(out, what == 2 ? '}' : ']');
}

static void check(struct str text, struct str message, bool expected, struct arena *arena)
{
    struct fault fault = { 0 };
    struct logs_pattern pattern;
    if (!logs_pattern_read(arena, text, &pattern, &fault))
        fail_msg("%.*s: %.*s", STR_ARG(text), STR_ARG(fault.text));
    if (logs_pattern_matches(&pattern, matcher, message) != expected)
        fail_msg("%.*s on %.*s should be %d", STR_ARG(text), STR_ARG(message), expected);
}

static unsigned wildcards(const struct meaning *meaning)
{
    if (meaning->join)
        return wildcards(meaning->left) + wildcards(meaning->right);
    return meaning->path[1] && (*meaning->path[1] == '*' || *meaning->path[1] == '#');
}

static void test_json(void **state)
{
    unsigned matched = 0, count = rounds();
    (void)state;
    for (unsigned i = 0; i < count; i++) {
        struct arena arena = { 0 };
        struct buf pattern, message;
        buf_init(&pattern, 0);
        buf_init(&message, 0);
        struct meaning *meaning = make(&arena, below(4), true);
        buf_add(&pattern, STR("{"));
        space(&pattern);
        print(&pattern, meaning, NULL);
        space(&pattern);
        buf_add(&pattern, STR("}"));
        message_value(&message, 3);
        struct json value;
        assert_int_equal(json_read(&arena, buf_str(&message), 0, &value, NULL), ERR_OK);
        if (wildcards(meaning) <= LOGS_PATTERN_WILDCARDS_MAX) {
            bool expected = value.type == JSON_OBJECT && json_holds(meaning, &value);
            check(buf_str(&pattern), buf_str(&message), expected, &arena);
            matched += expected;
        }
        buf_fini(&pattern);
        buf_fini(&message);
        arena_fini(&arena);
    }
    print_message("%u of %u match\n", matched, count);
    assert_true(matched > count / 20 && matched < count / 2);
}

static void test_fields(void **state)
{
    static const char *const fields[] = { "x",  "xy", "y.x", "1",    "1.0",     "10e-1",
                                          "-1", "2x", "-",   "\"\"", "\"x y\"", "[x]" };
    unsigned matched = 0, count = rounds();
    (void)state;
    for (unsigned i = 0; i < count; i++) {
        struct arena arena = { 0 };
        struct buf pattern, message;
        struct meaning *meanings[4] = { NULL };
        struct str heard[5];
        unsigned items = 1 + below(4), said = below(6), ellipsis = below(2) ? below(items + 1) : 9;
        buf_init(&pattern, 0);
        buf_init(&message, 0);
        buf_add(&pattern, STR("["));
        for (unsigned j = 0; j <= items; j++) {
            if (j == ellipsis)
                buf_add(&pattern, j ? STR(", ...") : STR("..."));
            if (j == items)
                break;
            if (j || ellipsis == 0)
                buf_add(&pattern, STR(","));
            space(&pattern);
            char name[] = { 'n', (char)('0' + j), 0 };
            meanings[j] = below(3) ? make(&arena, below(3), false) : NULL;
            if (meanings[j])
                print(&pattern, meanings[j], name);
            else if (below(2))
                buf_add(&pattern, str_from(name));
        }
        buf_add(&pattern, STR("]"));
        for (unsigned j = 0; j < said; j++) {
            const char *field = PICK(fields);
            buf_printf(&message, "%s%s", j ? " " : "", field);
            struct str bare = str_from(field);
            bool enclosed = *field == '"' || *field == '[';
            if (j < 5)
                heard[j] = enclosed ? str_slice(bare, 1, bare.len - 2) : bare;
        }
        bool open = ellipsis == 9 && !meanings[items - 1];
        bool expected = ellipsis != 9 || open ? said >= items : said == items;
        for (unsigned j = 0; expected && j < items; j++)
            expected = !meanings[j] || word_holds(meanings[j], heard[j < ellipsis ? j : said - (items - j)]);
        check(buf_str(&pattern), buf_str(&message), expected, &arena);
        matched += expected;
        buf_fini(&pattern);
        buf_fini(&message);
        arena_fini(&arena);
    }
    assert_true(matched > count / 20 && matched < count / 2);
}

static void test_terms(void **state)
{
    static const char *const texts[] = { "a", "b", "ab", "ba", "abb", "\"a b\"", "\"-\"" };
    static const char *const marks[] = { "", "", "-", "?" };
    unsigned matched = 0, count = rounds();
    (void)state;
    for (unsigned i = 0; i < count; i++) {
        struct arena arena = { 0 };
        struct buf pattern, message;
        buf_init(&pattern, 0);
        buf_init(&message, 0);
        for (unsigned j = below(8); j; j--)
            buf_add_char(&message, "ab -"[below(4)]);
        bool optional = false, any = false, others = false, expected = true;
        for (unsigned j = below(4); j; j--) {
            const char *mark = PICK(marks), *text = PICK(texts);
            buf_printf(&pattern, "%s%s ", mark, text);
            struct str bare = str_from(text), said = buf_str(&message);
            if (*text == '"')
                bare = str_slice(bare, 1, bare.len - 2);
            bool stands = false;
            for (size_t k = 0; k + bare.len <= said.len; k++)
                stands |= str_eq(str_slice(said, k, bare.len), bare);
            if (*mark == '?') {
                optional = true;
                any |= stands;
            } else {
                others = true;
                expected &= stands == (*mark != '-');
            }
        }
        if (optional && !others)
            expected = any;
        check(buf_str(&pattern), buf_str(&message), expected, &arena);
        matched += expected;
        buf_fini(&pattern);
        buf_fini(&message);
        arena_fini(&arena);
    }
    assert_true(matched > count / 20);
}

static int setup(void **state)
{
    (void)state;
    matcher = logs_matcher_new();
    seed = 7;
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    logs_matcher_free(&matcher);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(test_terms), cmocka_unit_test(test_json),
                                        cmocka_unit_test(test_fields) };
    return cmocka_run_group_tests_name("logs-pattern-differential", tests, setup, teardown);
}
