#include "base/regex_tree.h"

#include "base/utf8.h"
#include "base/vec.h"

#include <stdlib.h>

enum { NESTING_MAX = 50 };

typedef VEC(struct regex_range) ranges_vec;

struct parser {
    struct arena *arena;
    struct str text;
    size_t at;
    unsigned depth, flags;
    struct regex_tree *tree;
    struct diag *diag;
    enum err err;
};

static struct node *refuse(struct parser *p, enum err err, const char *why)
{
    if (p->err == ERR_OK)
        p->err = diag_set(p->diag, err, "%s at %zu of %.*s", why, p->at, STR_ARG(p->text));
    return NULL;
}

static bool peek(const struct parser *p, char c)
{
    return p->at < p->text.len && p->text.ptr[p->at] == c;
}

static bool take(struct parser *p, const char *literal)
{
    if (!str_starts(str_from_offset(p->text, p->at), str_from(literal)))
        return false;
    p->at += strlen(literal);
    return true;
}

static struct node *node_new(struct parser *p, enum node_type type, struct node *a, struct node *b)
{
    struct node *node = ARENA_NEW(p->arena, struct node);
    node->type = type;
    node->a = a;
    node->b = b;
    return node;
}

static int compare_ranges(const void *a, const void *b)
{
    uint32_t x = ((const struct regex_range *)a)->first, y = ((const struct regex_range *)b)->first;
    return x < y ? -1 : x > y;
}

static struct class_set class_of(struct arena *arena, struct regex_range *ranges, size_t count, bool negated)
{
    struct class_set set = { ARENA_ARRAY(arena, struct regex_range, count + 1), 0 };
    if (count > 1)
        qsort(ranges, count, sizeof(*ranges), compare_ranges);
    for (size_t i = 0; i < count; i++) {
        struct regex_range *last = set.count ? &set.ranges[set.count - 1] : NULL;
        if (last && ranges[i].first <= last->last + 1) {
            if (ranges[i].last > last->last)
                last->last = ranges[i].last;
        } else {
            set.ranges[set.count++] = ranges[i];
        }
    }
    if (!negated)
        return set;
    struct class_set outside = { ARENA_ARRAY(arena, struct regex_range, count + 1), 0 };
    uint32_t from = 0;
    for (size_t i = 0; i < set.count; i++) {
        if (set.ranges[i].first > from)
            outside.ranges[outside.count++] = (struct regex_range){ from, set.ranges[i].first - 1 };
        from = set.ranges[i].last + 1;
    }
    if (from < REGEX_CODE_POINTS)
        outside.ranges[outside.count++] = (struct regex_range){ from, REGEX_CODE_POINTS - 1 };
    return outside;
}

static struct node *class_node(struct parser *p, struct class_set set)
{
    size_t i = 0;
    while (i < p->tree->class_count && !(p->tree->classes[i].count == set.count &&
                                         (set.count == 0 || memcmp(p->tree->classes[i].ranges, set.ranges,
                                                                   set.count * sizeof(*set.ranges)) == 0)))
        i++;
    if (i == p->tree->class_count) {
        if (i == REGEX_CLASSES_MAX)
            return refuse(p, ERR_UNSUPPORTED, "too many classes");
        p->tree->classes[p->tree->class_count++] = set;
    }
    struct node *node = node_new(p, NODE_CLASS, NULL, NULL);
    node->class_index = (uint16_t)i;
    return node;
}

static void add_range(struct parser *p, ranges_vec *ranges, uint32_t first, uint32_t last)
{
    struct regex_range range = { first, last };
    VEC_PUSH(p->arena, ranges, range);
}

static void add_set(struct parser *p, ranges_vec *ranges, const struct regex_range *set, size_t count,
                    bool negated)
{
    struct regex_range *copy = ARENA_ARRAY(p->arena, struct regex_range, count + 1);
    memcpy(copy, set, count * sizeof(*set));
    struct class_set made = class_of(p->arena, copy, count, negated);
    for (size_t i = 0; i < made.count; i++)
        add_range(p, ranges, made.ranges[i].first, made.ranges[i].last);
}

static bool hex_digits(struct parser *p, size_t count, uint32_t *ret)
{
    uint32_t value = 0;
    for (size_t i = 0; i < count; i++, p->at++) {
        if (p->at >= p->text.len)
            return false;
        char c = p->text.ptr[p->at];
        uint32_t digit;
        if (c >= '0' && c <= '9')
            digit = (uint32_t)(c - '0');
        else if ((c | 32) >= 'a' && (c | 32) <= 'f')
            digit = (uint32_t)((c | 32) - 'a' + 10);
        else
            return false;
        value = value * 16 + digit;
    }
    *ret = value;
    return true;
}

static bool property(struct parser *p, ranges_vec *ranges, bool negated)
{
    static const struct regex_range ascii = { 0, 0x7F }, print = { 0x20, 0x7E };
    if (take(p, "{L}"))
        add_set(p, ranges, regex_unicode_l, regex_unicode_l_count, negated);
    else if (take(p, "{Z}"))
        add_set(p, ranges, regex_unicode_z, regex_unicode_z_count, negated);
    else if (take(p, "{N}"))
        add_set(p, ranges, regex_unicode_n, regex_unicode_n_count, negated);
    else if (take(p, "{ASCII}"))
        add_set(p, ranges, &ascii, 1, negated);
    else if (take(p, "{Print}"))
        add_set(p, ranges, &print, 1, negated);
    else
        refuse(p, ERR_UNSUPPORTED, "a property it does not know");
    return p->err == ERR_OK;
}

/* After a backslash. A single code point goes to *ret_single, else a set to ranges and
 * *ret_single is UINT32_MAX. */
static bool escape(struct parser *p, ranges_vec *ranges, uint32_t *ret_single)
{
    static const struct regex_range digit[] = { { '0', '9' } };
    static const struct regex_range word[] = { { '0', '9' }, { 'A', 'Z' }, { '_', '_' }, { 'a', 'z' } };
    static const struct regex_range space[] = { { 9, 13 }, { ' ', ' ' } };
    if (p->at >= p->text.len) {
        refuse(p, ERR_INVALID, "a backslash at the end");
        return false;
    }
    char c = p->text.ptr[p->at++];
    *ret_single = UINT32_MAX;
    switch (c) {
    case 'd':
    case 'D':
        add_set(p, ranges, digit, 1, c == 'D');
        return true;
    case 'w':
    case 'W':
        add_set(p, ranges, word, 4, c == 'W');
        return true;
    case 's':
    case 'S':
        add_set(p, ranges, space, 2, c == 'S');
        return true;
    case 'p':
    case 'P':
        return property(p, ranges, c == 'P');
    case 't':
        *ret_single = '\t';
        return true;
    case 'n':
        *ret_single = '\n';
        return true;
    case 'r':
        *ret_single = '\r';
        return true;
    case 'f':
        *ret_single = '\f';
        return true;
    case 'x':
    case 'u':
        if (!hex_digits(p, c == 'x' ? 2 : 4, ret_single)) {
            refuse(p, ERR_INVALID, "hexadecimal digits expected");
            return false;
        }
        if (*ret_single >= 0xD800 && *ret_single <= 0xDFFF) {
            refuse(p, ERR_UNSUPPORTED, "a surrogate");
            return false;
        }
        return true;
    default:
        if ((c >= '0' && c <= '9') || ((c | 32) >= 'a' && (c | 32) <= 'z') || (unsigned char)c >= 0x80) {
            refuse(p, ERR_UNSUPPORTED, "an escape it does not know");
            return false;
        }
        *ret_single = (unsigned char)c;
        return true;
    }
}

static bool literal(struct parser *p, uint32_t *ret)
{
    if (p->at >= p->text.len) {
        refuse(p, ERR_INVALID, "unexpected end");
        return false;
    }
    p->at += utf8_decode(str_from_offset(p->text, p->at), ret);
    return true;
}

/* With the other case of each letter of ASCII, where case does not count. */
static struct class_set class_of_written(struct parser *p, ranges_vec *ranges, bool negated)
{
    size_t count = p->flags & REGEX_ANY_CASE ? ranges->len : 0;
    for (size_t i = 0; i < count; i++) {
        for (uint32_t first = 'A'; first <= 'a'; first += 'a' - 'A') {
            struct regex_range range = ranges->at[i];
            uint32_t from = range.first > first ? range.first : first;
            uint32_t to = range.last < first + 25 ? range.last : first + 25;
            if (from <= to)
                add_range(p, ranges, from ^ 0x20, to ^ 0x20);
        }
    }
    return class_of(p->arena, ranges->at, ranges->len, negated);
}

static struct node *parse_class(struct parser *p) /* after '[' */
{
    ranges_vec ranges = { 0 };
    bool negated = take(p, "^"), first = true;
    while (!peek(p, ']') || first) {
        uint32_t from, to;
        first = false;
        if (peek(p, '[') || str_starts(str_from_offset(p->text, p->at), STR("&&")))
            return refuse(p, ERR_UNSUPPORTED, "a class in a class");
        if (take(p, "\\") ? !escape(p, &ranges, &from) : !literal(p, &from))
            return NULL;
        if (from == UINT32_MAX)
            continue;
        to = from;
        if (peek(p, '-') && p->at + 1 < p->text.len && p->text.ptr[p->at + 1] != ']') {
            p->at++;
            if (take(p, "\\") ? !escape(p, &ranges, &to) : !literal(p, &to))
                return NULL;
            if (to == UINT32_MAX || to < from)
                return refuse(p, ERR_INVALID, "a range that goes backwards");
        }
        add_range(p, &ranges, from, to);
    }
    p->at++;
    return class_node(p, class_of_written(p, &ranges, negated));
}

static struct node *single(struct parser *p, uint32_t code)
{
    ranges_vec ranges = { 0 };
    add_range(p, &ranges, code, code);
    return class_node(p, class_of_written(p, &ranges, false));
}

static struct node *parse_alternate(struct parser *p);

static struct node *parse_atom(struct parser *p)
{
    uint32_t code;
    if (take(p, "(")) {
        if (peek(p, '?') && !take(p, "?:"))
            return refuse(p, ERR_UNSUPPORTED, "a group of a special kind");
        if (++p->depth > NESTING_MAX)
            return refuse(p, ERR_LIMIT, "groups nest too deep");
        struct node *inner = parse_alternate(p);
        p->depth--;
        if (inner && !take(p, ")"))
            return refuse(p, ERR_INVALID, "')' expected");
        return inner;
    }
    if (take(p, "["))
        return parse_class(p);
    if (take(p, "^"))
        return node_new(p, NODE_BEGIN, NULL, NULL);
    if (take(p, "$"))
        return node_new(p, NODE_END, NULL, NULL);
    if (take(p, ".")) {
        struct regex_range ends[] = { { '\n', '\n' }, { '\r', '\r' }, { 0x85, 0x85 }, { 0x2028, 0x2029 } };
        return class_node(p, class_of(p->arena, ends, p->flags & REGEX_DOT_ALL ? 0 : 4, true));
    }
    if (take(p, "\\")) {
        ranges_vec ranges = { 0 };
        if (!escape(p, &ranges, &code))
            return NULL;
        if (code != UINT32_MAX)
            return single(p, code);
        return class_node(p, class_of(p->arena, ranges.at, ranges.len, false));
    }
    if (peek(p, '*') || peek(p, '+') || peek(p, '?') || peek(p, '{'))
        return refuse(p, ERR_INVALID, "nothing to repeat");
    return literal(p, &code) ? single(p, code) : NULL;
}

static bool parse_count(struct parser *p, unsigned *ret)
{
    size_t from = p->at;
    unsigned value = 0;
    while (p->at < p->text.len && p->text.ptr[p->at] >= '0' && p->text.ptr[p->at] <= '9' &&
           value <= REGEX_COUNT_MAX)
        value = value * 10 + (unsigned)(p->text.ptr[p->at++] - '0');
    *ret = value;
    return p->at > from;
}

static struct node *parse_repeat(struct parser *p)
{
    struct node *node = parse_atom(p);
    while (node) {
        unsigned min = 0, max = UINT32_MAX;
        if (take(p, "*")) {
            min = 0;
        } else if (take(p, "+")) {
            min = 1;
        } else if (take(p, "?")) {
            max = 1;
        } else if (take(p, "{")) {
            if (!parse_count(p, &min) && !((p->flags & REGEX_SEARCH) && peek(p, ',') &&
                                           !str_starts(str_from_offset(p->text, p->at), STR(",}"))))
                return refuse(p, ERR_INVALID, "a number expected");
            max = min;
            if (take(p, ",") && !parse_count(p, &max))
                max = UINT32_MAX;
            if (!take(p, "}") || max < min)
                return refuse(p, ERR_INVALID, "a repetition that cannot be");
        } else {
            break;
        }
        if (peek(p, '+'))
            return refuse(p, ERR_UNSUPPORTED, "a possessive repetition");
        take(p, "?"); /* lazy: of a whole match no difference */
        node = node_new(p, NODE_REPEAT, node, NULL);
        node->min = min;
        node->max = max;
    }
    return node;
}

static struct node *parse_concat(struct parser *p)
{
    struct node *node = node_new(p, NODE_EMPTY, NULL, NULL);
    while (p->at < p->text.len && !peek(p, '|') && !peek(p, ')')) {
        struct node *next = parse_repeat(p);
        if (!next)
            return NULL;
        node = node->type == NODE_EMPTY ? next : node_new(p, NODE_CONCAT, node, next);
    }
    return node;
}

static struct node *parse_alternate(struct parser *p)
{
    struct node *node = parse_concat(p);
    while (node && take(p, "|")) {
        struct node *other = parse_concat(p);
        node = other ? node_new(p, NODE_ALTERNATE, node, other) : NULL;
    }
    return node;
}

static struct node *any_number_of_anything(struct parser *p)
{
    struct regex_range all = { 0, REGEX_CODE_POINTS - 1 };
    struct node *anything = class_node(p, class_of(p->arena, &all, 1, false));
    struct node *rest = anything ? node_new(p, NODE_REPEAT, anything, NULL) : NULL;
    if (rest)
        rest->max = UINT32_MAX;
    return rest;
}

/* A look-ahead at the start is a part of its own: what it says, and then anything. */
static bool read_look_ahead(struct parser *p, bool negated)
{
    struct node *ahead = parse_alternate(p);
    if (ahead && !take(p, ")"))
        ahead = refuse(p, ERR_INVALID, "')' expected");
    struct node *rest = ahead ? any_number_of_anything(p) : NULL;
    if (rest && p->tree->part_count + 1 == REGEX_PARTS_MAX)
        rest = refuse(p, ERR_UNSUPPORTED, "too many look-aheads");
    if (!rest)
        return false;
    p->tree->parts[p->tree->part_count].root = node_new(p, NODE_CONCAT, ahead, rest);
    p->tree->parts[p->tree->part_count++].negated = negated;
    return true;
}

enum err regex_tree_read(struct arena *arena, struct str pattern, unsigned flags, struct regex_tree *ret,
                         struct diag *reterr)
{
    struct parser p = { .arena = arena, .text = pattern, .tree = ret, .diag = reterr, .flags = flags };
    bool negated, search = flags & REGEX_SEARCH;
    *ret = (struct regex_tree){ .class_count = 0 };
    if (!search)
        take(&p, "^"); /* holds where a whole match begins; look-ahead stands behind it */
    while (!search && ((negated = take(&p, "(?!")) || take(&p, "(?="))) {
        if (!read_look_ahead(&p, negated))
            return p.err;
    }
    struct node *root = parse_alternate(&p);
    if (root && p.at < pattern.len)
        root = refuse(&p, ERR_INVALID, "')' without '('");
    if (root && search) {
        struct node *before = any_number_of_anything(&p);
        root = before ? node_new(&p, NODE_CONCAT, before, root) : NULL;
    }
    if (!root)
        return p.err;
    ret->parts[ret->part_count++].root = root;
    return ERR_OK;
}
