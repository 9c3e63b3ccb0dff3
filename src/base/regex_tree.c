#include "base/regex_tree.h"

#include "base/buf.h"
#include "base/utf8.h"
#include "base/vec.h"

#include <stdlib.h>

enum {
    NESTING_MAX = 100,
    QUERY_COUNT_MAX = 1000, /* of a repetition, in queries */
    CLASSES_MAX = 64,       /* but for queries: each is held against every end of a range of all */
    FLAG_LINES = 1 << 9,    /* among the flags: ^ and $ are those of lines */
};

typedef VEC(struct regex_range) ranges_vec;

struct parser {
    struct arena *arena;
    struct str text;
    size_t at;
    unsigned depth, flags;
    struct regex_tree *tree;
    struct regex_refusal *refusal;
    enum err err;
};

static struct node *refuse(struct parser *p, enum err err, const char *why)
{
    if (p->err == ERR_OK)
        *p->refusal = (struct regex_refusal){ why, p->at };
    p->err = p->err ? p->err : err;
    return NULL;
}

static bool is_query(const struct parser *p)
{
    return p->flags & REGEX_GROUPS;
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
        if (i == (is_query(p) ? REGEX_CLASSES_MAX : CLASSES_MAX))
            return refuse(p, ERR_UNSUPPORTED, "too many classes");
        p->tree->classes[p->tree->class_count++] = set;
    }
    struct node *node = node_new(p, NODE_CLASS, NULL, NULL);
    node->index = (uint16_t)i;
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

/* Returns how many there were, at most so many. */
static size_t hex_digits(struct parser *p, size_t count_max, uint32_t *ret)
{
    size_t count = 0;
    *ret = 0;
    for (; count < count_max && p->at < p->text.len; count++, p->at++) {
        char c = p->text.ptr[p->at];
        if (c >= '0' && c <= '9')
            *ret = *ret * 16 + (uint32_t)(c - '0');
        else if ((c | 32) >= 'a' && (c | 32) <= 'f')
            *ret = *ret * 16 + (uint32_t)((c | 32) - 'a' + 10);
        else
            break;
    }
    return count;
}

/* After \x or \u. */
static bool code_point(struct parser *p, char letter, uint32_t *ret)
{
    bool in_braces = is_query(p) && letter == 'x' && take(p, "{");
    size_t wanted = letter == 'x' ? 2 : 4, count = hex_digits(p, in_braces ? 8 : wanted, ret);
    if (in_braces ? !count || !take(p, "}") : count < wanted)
        return refuse(p, ERR_INVALID, "hexadecimal digits expected") != NULL;
    if (*ret >= REGEX_CODE_POINTS || (*ret >= 0xD800 && *ret <= 0xDFFF))
        return refuse(p, ERR_UNSUPPORTED, "a number that is no character's") != NULL;
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

/* A character that stands for itself behind a backslash. */
static bool escape_itself(struct parser *p, char c, uint32_t *ret)
{
    if ((c >= '0' && c <= '9') || ((c | 32) >= 'a' && (c | 32) <= 'z') || (unsigned char)c >= 0x80)
        return refuse(p, ERR_UNSUPPORTED, "an escape it does not know") != NULL;
    *ret = (unsigned char)c;
    return true;
}

static bool escape_of_query(struct parser *p, char c, uint32_t *ret)
{
    p->at--;
    if (c >= '1' && c <= '9')
        return refuse(p, ERR_UNSUPPORTED, "back references are not supported: they need backtracking") !=
               NULL;
    if (c != 'v' && c != 'a' && ((c | 32) == 'p' || c == '0' || ((c | 32) >= 'a' && (c | 32) <= 'z')))
        return refuse(p, ERR_UNSUPPORTED, "this escape is not supported") != NULL;
    p->at += utf8_decode(str_from_offset(p->text, p->at), ret);
    *ret = c == 'v' ? '\v' : c == 'a' ? '\a' : *ret;
    return true;
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
        return is_query(p) ? escape_of_query(p, c, ret_single) : property(p, ranges, c == 'P');
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
        return code_point(p, c, ret_single);
    default:
        return is_query(p) ? escape_of_query(p, c, ret_single) : escape_itself(p, c, ret_single);
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
        if (p->at >= p->text.len && is_query(p))
            return refuse(p, ERR_INVALID, "a class is not closed with ]");
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
                return refuse(p, ERR_INVALID,
                              is_query(p) ? "the range of a class ends before it begins"
                                          : "a range that goes backwards");
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

/* To the parenthesis that closes. */
static struct node *parse_inner(struct parser *p)
{
    struct node *inner = parse_alternate(p);
    if (inner && !take(p, ")"))
        return refuse(p, ERR_INVALID, is_query(p) ? "a group is not closed with )" : "')' expected");
    return inner;
}

static bool is_name(char c)
{
    return (c >= '0' && c <= '9') || ((c | 32) >= 'a' && (c | 32) <= 'z') || c == '_' || c == '@' ||
           c == '.' || c == '-';
}

static struct node *parse_capture(struct parser *p, bool named)
{
    size_t number = p->tree->group_count, first = p->at;
    if (number == REGEX_GROUPS_MAX)
        return refuse(p, ERR_LIMIT, "there are more than 50 groups");
    p->tree->group_count++;
    if (named) {
        while (p->at < p->text.len && is_name(p->text.ptr[p->at]))
            p->at++;
        p->tree->names[number] = str_slice(p->text, first, p->at - first);
        if (p->at == first || !take(p, ">"))
            return refuse(p, ERR_INVALID, "the name of a group is letters, digits and _, closed with >");
    }
    struct node *inner = parse_inner(p), *group = inner ? node_new(p, NODE_GROUP, inner, NULL) : NULL;
    if (group)
        group->index = (uint16_t)number;
    return group;
}

/* i, s and m, on or behind a minus off, up to ) or :. */
static bool parse_flags(struct parser *p)
{
    bool on = true;
    for (; p->at < p->text.len && !peek(p, ')') && !peek(p, ':'); p->at++) {
        char c = p->text.ptr[p->at];
        unsigned flag = c == 'i' ? REGEX_ANY_CASE : c == 's' ? REGEX_DOT_ALL : c == 'm' ? FLAG_LINES : 0;
        if (c == '=' || c == '!' || c == '<')
            refuse(p, ERR_UNSUPPORTED,
                   "look-ahead and look-behind are not supported: they need backtracking");
        else if (c == '-')
            on = false;
        else if (!flag)
            refuse(p, ERR_UNSUPPORTED,
                   "of flags i, s and m are supported, of groups (?:...) and (?<name>...)");
        if (p->err)
            return false;
        p->flags = on ? p->flags | flag : p->flags & ~flag;
    }
    return true;
}

/* After the parenthesis. */
static struct node *parse_group_of_query(struct parser *p)
{
    struct str rest = str_from_offset(p->text, p->at);
    if (!peek(p, '?'))
        return parse_capture(p, false);
    if (take(p, "?P<") || (!str_starts(rest, STR("?<=")) && !str_starts(rest, STR("?<!")) && take(p, "?<")))
        return parse_capture(p, true);
    take(p, "?");
    if (!parse_flags(p))
        return NULL;
    return take(p, ":") ? parse_inner(p) : refuse(p, ERR_INVALID, "a group is not closed with )");
}

/* Flags that stand alone hold to the end of the group around them. */
static bool parse_flags_alone(struct parser *p)
{
    size_t end = str_find_char(str_from_offset(p->text, p->at), ')');
    struct str inner = str_slice(p->text, p->at, end == STR_NOT_FOUND ? 0 : end);
    if (!is_query(p) || inner.len == 0 || inner.ptr[0] != '?')
        return false;
    for (size_t i = 1; i < inner.len; i++)
        if (!strchr("ism-", inner.ptr[i]))
            return false;
    p->at++;
    return parse_flags(p) && take(p, ")");
}

static struct node *parse_group(struct parser *p) /* after '(' */
{
    unsigned flags = p->flags;
    if (parse_flags_alone(p))
        return node_new(p, NODE_EMPTY, NULL, NULL);
    if (!is_query(p) && peek(p, '?') && !str_starts(str_from_offset(p->text, p->at), STR("?:")))
        return refuse(p, ERR_UNSUPPORTED, "a group of a special kind");
    if (++p->depth > NESTING_MAX)
        return refuse(p, ERR_LIMIT, "groups nest too deep");
    struct node *inner = take(p, "?:") || !is_query(p) ? parse_inner(p) : parse_group_of_query(p);
    p->depth--;
    p->flags = flags;
    return inner;
}

/* What takes no character. NULL: it is something else. */
static struct node *parse_place(struct parser *p)
{
    bool lines = p->flags & FLAG_LINES;
    if (take(p, "^"))
        return node_new(p, lines ? NODE_LINE_BEGIN : NODE_BEGIN, NULL, NULL);
    if (take(p, "$"))
        return node_new(p, lines ? NODE_LINE_END : NODE_END, NULL, NULL);
    if (!is_query(p))
        return NULL;
    return take(p, "\\A")   ? node_new(p, NODE_BEGIN, NULL, NULL)
           : take(p, "\\z") ? node_new(p, NODE_END, NULL, NULL)
           : take(p, "\\b") ? node_new(p, NODE_WORD, NULL, NULL)
           : take(p, "\\B") ? node_new(p, NODE_NO_WORD, NULL, NULL)
                            : NULL;
}

static struct node *parse_dot(struct parser *p)
{
    struct regex_range ends[] = { { '\n', '\n' }, { '\r', '\r' }, { 0x85, 0x85 }, { 0x2028, 0x2029 } };
    size_t count = p->flags & REGEX_DOT_ALL ? 0 : is_query(p) ? 1 : 4;
    return class_node(p, class_of(p->arena, ends, count, true));
}

static struct node *parse_atom(struct parser *p)
{
    uint32_t code;
    if (take(p, "("))
        return parse_group(p);
    if (take(p, "["))
        return parse_class(p);
    struct node *place = parse_place(p);
    if (place)
        return place;
    if (take(p, "."))
        return parse_dot(p);
    if (take(p, "\\")) {
        ranges_vec ranges = { 0 };
        if (!escape(p, &ranges, &code))
            return NULL;
        if (code != UINT32_MAX)
            return single(p, code);
        return class_node(p, class_of(p->arena, ranges.at, ranges.len, false));
    }
    if (peek(p, '*') || peek(p, '+') || peek(p, '?') || (peek(p, '{') && !is_query(p)))
        return refuse(p, ERR_INVALID, "nothing to repeat");
    return literal(p, &code) ? single(p, code) : NULL;
}

static bool parse_count(struct parser *p, unsigned *ret)
{
    size_t from = p->at;
    unsigned value = 0;
    while (p->at < p->text.len && p->text.ptr[p->at] >= '0' && p->text.ptr[p->at] <= '9' &&
           (value <= REGEX_COUNT_MAX || is_query(p))) {
        value = value > REGEX_COUNT_MAX ? value : value * 10 + (unsigned)(p->text.ptr[p->at] - '0');
        p->at++;
    }
    *ret = value;
    return p->at > from;
}

/* In braces. False: there are none, or what is in them is refused. */
static bool parse_counts(struct parser *p, unsigned *min, unsigned *max)
{
    if (!take(p, "{"))
        return false;
    bool from_none =
        (p->flags & REGEX_SEARCH) && peek(p, ',') && !str_starts(str_from_offset(p->text, p->at), STR(",}"));
    if (!parse_count(p, min) && !from_none)
        return refuse(p, ERR_INVALID, "a number expected") != NULL;
    *max = *min;
    if (take(p, ",") && !parse_count(p, max))
        *max = UINT32_MAX;
    return (take(p, "}") && *max >= *min) || refuse(p, ERR_INVALID, "a repetition that cannot be") != NULL;
}

/* The same in a query, where braces that hold no counts stand for themselves. */
static bool parse_counts_of_query(struct parser *p, unsigned *min, unsigned *max)
{
    size_t at = p->at;
    bool some = take(p, "{") && parse_count(p, min);
    *max = *min;
    if (some && take(p, ",") && !parse_count(p, max))
        *max = UINT32_MAX;
    if (!some || !take(p, "}")) {
        p->at = at;
        return false;
    }
    if (*min > QUERY_COUNT_MAX || (*max != UINT32_MAX && *max > QUERY_COUNT_MAX))
        return refuse(p, ERR_LIMIT, "a repetition counts at most to 1000") != NULL;
    return *max >= *min || refuse(p, ERR_INVALID, "a repetition ends before it begins") != NULL;
}

static bool parse_times(struct parser *p, unsigned *min, unsigned *max)
{
    *min = peek(p, '+');
    *max = peek(p, '?') ? 1 : UINT32_MAX;
    if (take(p, "*") || take(p, "+") || take(p, "?"))
        return true;
    return is_query(p) ? parse_counts_of_query(p, min, max) : parse_counts(p, min, max);
}

static struct node *parse_repeat(struct parser *p)
{
    struct node *node = parse_atom(p);
    unsigned min, max;
    while (node && parse_times(p, &min, &max)) {
        if (peek(p, '+'))
            return refuse(p, ERR_UNSUPPORTED,
                          is_query(p) ? "possessive quantifiers are not supported"
                                      : "a possessive repetition");
        node = node_new(p, NODE_REPEAT, node, NULL);
        node->min = min;
        node->max = max;
        node->lazy = take(p, "?"); /* of a whole match no difference */
    }
    return p->err ? NULL : node;
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
                         struct regex_refusal *reterr)
{
    struct parser p = { .arena = arena, .text = pattern, .tree = ret, .refusal = reterr, .flags = flags };
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
    if (root && search && !(ret->anything = any_number_of_anything(&p)))
        root = NULL;
    if (!root)
        return p.err;
    ret->parts[ret->part_count++].root = root;
    return ERR_OK;
}

/* ---- what stands in every match ---- */

struct literal_run {
    const struct regex_tree *tree;
    struct buf run, best;
    bool broken; /* something is in the expression that is not of the run */
    bool first;  /* best begins where the expression does */
};

static void run_end(struct literal_run *run)
{
    if (run->run.len > run->best.len) {
        run->first = !run->broken;
        buf_clear(&run->best);
        buf_add(&run->best, buf_str(&run->run));
    }
    buf_clear(&run->run);
    run->broken = true;
}

static void run_find(struct literal_run *run, const struct node *node)
{
    const struct class_set *set;
    char bytes[4];
    switch (node->type) {
    case NODE_EMPTY:
        break;
    case NODE_CLASS:
        set = &run->tree->classes[node->index];
        if (set->count == 1 && set->ranges[0].first == set->ranges[0].last)
            buf_add(&run->run, str_of(bytes, utf8_encode(set->ranges[0].first, bytes)));
        else
            run_end(run);
        break;
    case NODE_CONCAT:
        run_find(run, node->a);
        run_find(run, node->b);
        break;
    case NODE_GROUP:
        run_find(run, node->a);
        break;
    case NODE_REPEAT:
        run_end(run);
        if (node->min > 0)
            run_find(run, node->a);
        run_end(run);
        break;
    case NODE_ALTERNATE:
        run_end(run);
        break;
    case NODE_BEGIN:
    case NODE_END:
    case NODE_LINE_BEGIN:
    case NODE_LINE_END:
    case NODE_WORD:
    case NODE_NO_WORD:
        run->broken = true;
        break;
    }
}

struct regex_literal regex_literal_find(struct arena *arena, const struct regex_tree *tree)
{
    struct literal_run run = { .tree = tree };
    run_find(&run, tree->parts[tree->part_count - 1].root);
    bool only = !run.broken;
    run_end(&run);
    struct regex_literal literal = { .text = arena_copy(arena, buf_str(&run.best)) };
    literal.first = run.first && literal.text.len;
    literal.only = only && literal.text.len;
    buf_fini(&run.run);
    buf_fini(&run.best);
    return literal;
}
