/* query_regex_read.c - from a pattern to a tree, from the tree to steps over bytes.
 *
 * Classes are sets of code points; each becomes the sequences of bytes that UTF-8 writes them with.
 */
#include "base/buf.h"
#include "base/utf8.h"
#include "base/vec.h"
#include "query/query_regex_program.h"

enum { STEPS_MAX = 20000, DEPTH_MAX = 100, COUNT_MAX = 1000, CODE_POINT_MAX = 0x10FFFF };
#define NO_END UINT32_MAX

struct range {
    uint32_t first, last;
};

enum tree_type { TREE_EMPTY, TREE_SET, TREE_CAT, TREE_ALTERNATE, TREE_REPEAT, TREE_GROUP, TREE_ASSERT };

struct tree {
    enum tree_type type;
    VEC(struct range) ranges; /* SET */
    const struct tree *a, *b;
    uint32_t min, max, index; /* REPEAT; GROUP: its number; ASSERT */
    bool lazy;
};

struct reader {
    struct arena *arena;
    struct str pattern;
    size_t at;
    unsigned depth;
    bool ignore_case, dot_all, lines;
    struct query_regex *regex;
    VEC(struct regex_step) steps;
    VEC(struct regex_set) sets;
    enum err err;
    struct diag *reterr;
};

static struct tree *fail(struct reader *reader, enum err err, const char *text)
{
    if (reader->err == ERR_OK)
        reader->err = diag_set(reader->reterr, err, "%s", text);
    return NULL;
}

static bool more(const struct reader *reader)
{
    return reader->at < reader->pattern.len;
}

static char peek(const struct reader *reader)
{
    return more(reader) ? reader->pattern.ptr[reader->at] : '\0';
}

static bool take(struct reader *reader, const char *text)
{
    struct str wanted = str_from(text);
    if (!str_starts(str_from_offset(reader->pattern, reader->at), wanted))
        return false;
    reader->at += wanted.len;
    return true;
}

static struct tree *new_tree(struct reader *reader, enum tree_type type)
{
    struct tree *tree = ARENA_NEW(reader->arena, struct tree);
    tree->type = type;
    return tree;
}

/* ---- sets of code points ---- */

static void add_range(struct reader *reader, struct tree *set, uint32_t first, uint32_t last)
{
    struct range range = { first, last };
    VEC_PUSH(reader->arena, &set->ranges, range);
}

static void add_folded(struct reader *reader, struct tree *set, uint32_t first, uint32_t last)
{
    add_range(reader, set, first, last);
    if (!reader->ignore_case)
        return;
    for (uint32_t c = first; c <= last && c < 0x80; c++)
        if ((c | 0x20) >= 'a' && (c | 0x20) <= 'z')
            add_range(reader, set, c ^ 0x20, c ^ 0x20);
}

static void set_normalize(struct tree *set)
{
    struct range *at = set->ranges.at;
    for (size_t i = 1; i < set->ranges.len; i++)
        for (size_t j = i; j > 0 && at[j].first < at[j - 1].first; j--) {
            struct range range = at[j];
            at[j] = at[j - 1];
            at[j - 1] = range;
        }
    size_t len = 0;
    for (size_t i = 0; i < set->ranges.len; i++) {
        if (len && at[i].first <= at[len - 1].last + 1) {
            if (at[i].last > at[len - 1].last)
                at[len - 1].last = at[i].last;
        } else {
            at[len++] = at[i];
        }
    }
    set->ranges.len = len;
}

static void set_negate(struct reader *reader, struct tree *set)
{
    set_normalize(set);
    struct tree inverse = { .type = TREE_SET };
    uint32_t next = 0;
    for (size_t i = 0; i < set->ranges.len; i++) {
        if (set->ranges.at[i].first > next)
            add_range(reader, &inverse, next, set->ranges.at[i].first - 1);
        next = set->ranges.at[i].last + 1;
    }
    if (next <= CODE_POINT_MAX)
        add_range(reader, &inverse, next, CODE_POINT_MAX);
    *set = inverse;
}

/* \d \w \s; false: it is none of them. */
static bool add_named(struct reader *reader, struct tree *set, char letter)
{
    struct tree named = { .type = TREE_SET };
    switch (letter | 0x20) {
    case 'd':
        add_range(reader, &named, '0', '9');
        break;
    case 'w':
        add_range(reader, &named, '0', '9');
        add_range(reader, &named, 'A', 'Z');
        add_range(reader, &named, '_', '_');
        add_range(reader, &named, 'a', 'z');
        break;
    case 's':
        add_range(reader, &named, '\t', '\r');
        add_range(reader, &named, ' ', ' ');
        break;
    default:
        return false;
    }
    if (letter < 'a')
        set_negate(reader, &named);
    for (size_t i = 0; i < named.ranges.len; i++)
        add_range(reader, set, named.ranges.at[i].first, named.ranges.at[i].last);
    return true;
}

static bool take_hex(struct reader *reader, size_t digits_min, size_t digits_max, uint32_t *ret)
{
    uint32_t value = 0;
    size_t digits = 0;
    for (; digits < digits_max && more(reader); digits++, reader->at++) {
        char c = peek(reader), lower = (char)(c | 0x20);
        if (c >= '0' && c <= '9')
            value = value * 16 + (uint32_t)(c - '0');
        else if (lower >= 'a' && lower <= 'f')
            value = value * 16 + (uint32_t)(lower - 'a' + 10);
        else
            break;
    }
    *ret = value;
    return digits >= digits_min && value <= CODE_POINT_MAX && (value < 0xD800 || value > 0xDFFF);
}

/* Behind the backslash, which stands for one code point. */
static bool take_escaped(struct reader *reader, uint32_t *ret)
{
    char c = peek(reader);
    size_t at = reader->at++;
    static const char letters[] = "tnrfva", values[] = "\t\n\r\f\v\a";
    const char *letter = c ? strchr(letters, c) : NULL;
    if (letter) {
        *ret = (uint32_t)(unsigned char)values[letter - letters];
        return true;
    }
    if (c == 'x' && take(reader, "{"))
        return (take_hex(reader, 1, 8, ret) && take(reader, "}")) ||
               fail(reader, ERR_INVALID, "\\x{...} is not the number of a character") != NULL;
    if (c == 'x' || c == 'u')
        return take_hex(reader, c == 'x' ? 2 : 4, c == 'x' ? 2 : 4, ret) ||
               fail(reader, ERR_INVALID, "\\x wants two hexadecimal digits, \\u four") != NULL;
    if ((c >= '0' && c <= '9') || ((c | 0x20) >= 'a' && (c | 0x20) <= 'z') || c == '\0') {
        reader->at = at;
        return fail(reader, ERR_UNSUPPORTED,
                    c >= '1' && c <= '9' ? "back references are not supported: they need backtracking"
                                         : "this escape is not supported") != NULL;
    }
    reader->at = at;
    reader->at += utf8_decode(str_from_offset(reader->pattern, at), ret);
    return true;
}

static bool take_point(struct reader *reader, uint32_t *ret)
{
    if (take(reader, "\\"))
        return take_escaped(reader, ret);
    reader->at += utf8_decode(str_from_offset(reader->pattern, reader->at), ret);
    return true;
}

/* Behind the bracket. */
static struct tree *read_class(struct reader *reader)
{
    struct tree *set = new_tree(reader, TREE_SET);
    bool negated = take(reader, "^"), first = true;
    while (first || peek(reader) != ']') {
        uint32_t low, high;
        if (!more(reader))
            return fail(reader, ERR_INVALID, "a class is not closed with ]");
        if (peek(reader) == '[' || str_starts(str_from_offset(reader->pattern, reader->at), STR("&&")))
            return fail(reader, ERR_UNSUPPORTED, "classes inside classes are not supported: write \\[ for [");
        first = false;
        if (peek(reader) == '\\' && reader->at + 1 < reader->pattern.len &&
            add_named(reader, set, reader->pattern.ptr[reader->at + 1])) {
            reader->at += 2;
            continue;
        }
        if (!take_point(reader, &low))
            return NULL;
        high = low;
        if (peek(reader) == '-' && reader->at + 1 < reader->pattern.len &&
            reader->pattern.ptr[reader->at + 1] != ']') {
            reader->at++;
            if (!take_point(reader, &high))
                return NULL;
            if (high < low)
                return fail(reader, ERR_INVALID, "the range of a class ends before it begins");
        }
        add_folded(reader, set, low, high);
    }
    reader->at++;
    if (negated)
        set_negate(reader, set);
    return set;
}

/* ---- the tree ---- */

static struct tree *read_alternatives(struct reader *reader);

static bool name_char(char c)
{
    return (c >= '0' && c <= '9') || ((c | 0x20) >= 'a' && (c | 0x20) <= 'z') || c == '_' || c == '@' ||
           c == '.' || c == '-';
}

static struct tree *read_capture(struct reader *reader, bool named)
{
    struct query_regex *regex = reader->regex;
    if (regex->group_count == QUERY_REGEX_GROUPS_MAX)
        return fail(reader, ERR_LIMIT, "there are more than 50 groups");
    struct tree *group = new_tree(reader, TREE_GROUP);
    size_t number = regex->group_count++, first = reader->at;
    group->index = (uint32_t)number;
    if (named) {
        while (name_char(peek(reader)))
            reader->at++;
        regex->names[number] = str_slice(reader->pattern, first, reader->at - first);
        if (str_empty(regex->names[number]) || !take(reader, ">"))
            return fail(reader, ERR_INVALID, "the name of a group is letters, digits and _, closed with >");
    }
    group->a = read_alternatives(reader);
    return group;
}

/* Flags of (?i) and (?i:...). */
static bool take_flags(struct reader *reader)
{
    bool on = true;
    for (; more(reader) && peek(reader) != ')' && peek(reader) != ':'; reader->at++) {
        char c = peek(reader);
        if (c == '-')
            on = false;
        else if (c == 'i')
            reader->ignore_case = on;
        else if (c == 's')
            reader->dot_all = on;
        else if (c == 'm')
            reader->lines = on;
        else
            return fail(reader, ERR_UNSUPPORTED,
                        c == '=' || c == '!' || c == '<'
                            ? "look-ahead and look-behind are not supported: they need backtracking"
                            : "of flags i, s and m are supported, of groups (?:...) and (?<name>...)") !=
                   NULL;
    }
    return true;
}

static struct tree *read_group(struct reader *reader)
{
    bool ignore_case = reader->ignore_case, dot_all = reader->dot_all, lines = reader->lines;
    struct tree *tree;
    if (++reader->depth > DEPTH_MAX)
        return fail(reader, ERR_LIMIT, "groups are nested more than 100 deep");
    if (!take(reader, "?")) {
        tree = read_capture(reader, false);
    } else if (take(reader, ":")) {
        tree = read_alternatives(reader);
    } else if (take(reader, "P<") ||
               (peek(reader) == '<' && reader->at + 1 < reader->pattern.len &&
                !strchr("=!", reader->pattern.ptr[reader->at + 1]) && take(reader, "<"))) {
        tree = read_capture(reader, true);
    } else {
        if (!take_flags(reader))
            return NULL;
        if (take(reader, ")")) { /* to the end of the group around it */
            reader->depth--;
            return new_tree(reader, TREE_EMPTY);
        }
        if (!take(reader, ":"))
            return fail(reader, ERR_INVALID, "a group is not closed with )");
        tree = read_alternatives(reader);
    }
    if (reader->err == ERR_OK && !take(reader, ")"))
        return fail(reader, ERR_INVALID, "a group is not closed with )");
    reader->ignore_case = ignore_case;
    reader->dot_all = dot_all;
    reader->lines = lines;
    reader->depth--;
    return tree;
}

static struct tree *new_assert(struct reader *reader, enum regex_assert assertion)
{
    struct tree *tree = new_tree(reader, TREE_ASSERT);
    tree->index = assertion;
    reader->regex->walked |= assertion > REGEX_END;
    return tree;
}

static struct tree *read_atom(struct reader *reader)
{
    struct tree *set;
    uint32_t point;
    if (take(reader, "("))
        return read_group(reader);
    if (take(reader, "["))
        return read_class(reader);
    if (take(reader, "^"))
        return new_assert(reader, reader->lines ? REGEX_LINE_BEGIN : REGEX_BEGIN);
    if (take(reader, "$"))
        return new_assert(reader, reader->lines ? REGEX_LINE_END : REGEX_END);
    if (take(reader, "\\A"))
        return new_assert(reader, REGEX_BEGIN);
    if (take(reader, "\\z"))
        return new_assert(reader, REGEX_END);
    if (take(reader, "\\b"))
        return new_assert(reader, REGEX_WORD);
    if (take(reader, "\\B"))
        return new_assert(reader, REGEX_NO_WORD);
    if (strchr("*+?", peek(reader)) != NULL)
        return fail(reader, ERR_INVALID, "there is nothing to repeat before this quantifier");
    set = new_tree(reader, TREE_SET);
    if (take(reader, ".")) {
        if (!reader->dot_all)
            add_range(reader, set, '\n', '\n');
        set_negate(reader, set);
        return set;
    }
    if (peek(reader) == '\\' && reader->at + 1 < reader->pattern.len &&
        add_named(reader, set, reader->pattern.ptr[reader->at + 1])) {
        reader->at += 2;
        return set;
    }
    if (!take_point(reader, &point))
        return NULL;
    add_folded(reader, set, point, point);
    return set;
}

static bool take_count(struct reader *reader, uint32_t *ret)
{
    size_t first = reader->at;
    uint32_t value = 0;
    for (; peek(reader) >= '0' && peek(reader) <= '9'; reader->at++)
        value = value > COUNT_MAX ? value : value * 10 + (uint32_t)(peek(reader) - '0');
    *ret = value;
    return reader->at > first;
}

/* {m}, {m,}, {m,n}; a brace that is none of them stands for itself. */
static bool take_braces(struct reader *reader, uint32_t *min, uint32_t *max)
{
    size_t at = reader->at;
    if (take(reader, "{") && take_count(reader, min)) {
        *max = *min;
        if (take(reader, ",") && !take_count(reader, max))
            *max = NO_END;
        if (take(reader, "}"))
            return true;
    }
    reader->at = at;
    return false;
}

static struct tree *read_repeated(struct reader *reader)
{
    struct tree *atom = read_atom(reader);
    for (;;) {
        uint32_t min, max;
        if (reader->err != ERR_OK)
            return NULL;
        if (take(reader, "*"))
            min = 0, max = NO_END;
        else if (take(reader, "+"))
            min = 1, max = NO_END;
        else if (take(reader, "?"))
            min = 0, max = 1;
        else if (!take_braces(reader, &min, &max))
            return atom;
        if (min > COUNT_MAX || (max != NO_END && max > COUNT_MAX))
            return fail(reader, ERR_LIMIT, "a repetition counts at most to 1000");
        if (max < min)
            return fail(reader, ERR_INVALID, "a repetition ends before it begins");
        if (peek(reader) == '+')
            return fail(reader, ERR_UNSUPPORTED, "possessive quantifiers are not supported");
        struct tree *repeat = new_tree(reader, TREE_REPEAT);
        repeat->a = atom;
        repeat->min = min;
        repeat->max = max;
        repeat->lazy = take(reader, "?");
        atom = repeat;
    }
}

static struct tree *read_sequence(struct reader *reader)
{
    struct tree *sequence = NULL;
    while (more(reader) && peek(reader) != '|' && peek(reader) != ')') {
        struct tree *next = read_repeated(reader);
        if (!next)
            return NULL;
        if (sequence) {
            struct tree *both = new_tree(reader, TREE_CAT);
            both->a = sequence;
            both->b = next;
            sequence = both;
        } else {
            sequence = next;
        }
    }
    return sequence ? sequence : new_tree(reader, TREE_EMPTY);
}

static struct tree *read_alternatives(struct reader *reader)
{
    struct tree *tree = read_sequence(reader);
    while (reader->err == ERR_OK && take(reader, "|")) {
        struct tree *either = new_tree(reader, TREE_ALTERNATE);
        either->a = tree;
        either->b = read_sequence(reader);
        tree = either;
    }
    return reader->err == ERR_OK ? tree : NULL;
}

/* ---- what stands in every match ---- */

struct literal_run {
    struct buf run, best;
    bool broken; /* something is in the expression that is not of the run */
    bool first;  /* best begins where the expression does */
};

static void end_run(struct literal_run *run)
{
    if (run->run.len > run->best.len) {
        run->first = !run->broken;
        buf_clear(&run->best);
        buf_add(&run->best, buf_str(&run->run));
    }
    buf_clear(&run->run);
    run->broken = true;
}

/* The left side of a sequence is the deep one. */
static void find_literal(const struct tree *tree, struct literal_run *run)
{
    switch (tree->type) {
    case TREE_EMPTY:
        break;
    case TREE_SET:
        if (tree->ranges.len == 1 && tree->ranges.at[0].first == tree->ranges.at[0].last) {
            char bytes[4];
            buf_add(&run->run, str_of(bytes, utf8_encode(tree->ranges.at[0].first, bytes)));
        } else {
            end_run(run);
        }
        break;
    case TREE_CAT:
        find_literal(tree->a, run);
        find_literal(tree->b, run);
        break;
    case TREE_GROUP:
        find_literal(tree->a, run);
        break;
    case TREE_ASSERT:
        run->broken = true;
        break;
    case TREE_REPEAT:
        end_run(run);
        if (tree->min > 0)
            find_literal(tree->a, run);
        end_run(run);
        break;
    case TREE_ALTERNATE:
        end_run(run);
        break;
    }
}

/* ---- steps ---- */

static uint32_t add_step(struct reader *reader, struct regex_step step)
{
    if (reader->steps.len >= STEPS_MAX) {
        fail(reader, ERR_LIMIT, "the expression is too large");
        return 0;
    }
    VEC_PUSH(reader->arena, &reader->steps, step);
    return (uint32_t)reader->steps.len - 1;
}

static uint32_t add_bytes(struct reader *reader, unsigned char first, unsigned char last, uint32_t next)
{
    return add_step(reader,
                    (struct regex_step){ .op = REGEX_BYTE, .first = first, .last = last, .next = next });
}

/* Steps for the sequences of bytes of [first, last], all of one length; added to what *ret already is. */
static void add_sequences(struct reader *reader, uint32_t first, uint32_t last, uint32_t next, uint32_t *ret)
{
    char low[4], high[4];
    size_t len = utf8_encode(first, low);
    (void)utf8_encode(last, high);
    /* Cut where the bytes behind do not run through all their values. */
    for (size_t i = 1; i < len; i++) {
        uint32_t mask = (UINT32_C(1) << (6 * i)) - 1;
        if ((first & ~mask) == (last & ~mask))
            continue;
        if (first & mask) {
            add_sequences(reader, first, first | mask, next, ret);
            add_sequences(reader, (first | mask) + 1, last, next, ret);
            return;
        }
        if ((last & mask) != mask) {
            add_sequences(reader, first, (last & ~mask) - 1, next, ret);
            add_sequences(reader, last & ~mask, last, next, ret);
            return;
        }
    }
    uint32_t at = next;
    for (size_t i = len; i-- > 0;)
        at = add_bytes(reader, (unsigned char)low[i], (unsigned char)high[i], at);
    *ret = *ret == UINT32_MAX
               ? at
               : add_step(reader, (struct regex_step){ .op = REGEX_SPLIT, .next = at, .other = *ret });
}

static uint32_t emit_set(struct reader *reader, const struct tree *tree, uint32_t next)
{
    static const struct range lengths[] = {
        { 0x80, 0x7FF }, { 0x800, 0xD7FF }, { 0xE000, 0xFFFF }, { 0x10000, CODE_POINT_MAX }
    };
    struct tree set = *tree;
    struct regex_set ascii = { { 0 } };
    uint32_t at = UINT32_MAX;
    bool any = false;
    set_normalize(&set);
    for (size_t i = 0; i < set.ranges.len; i++) {
        struct range range = set.ranges.at[i];
        for (uint32_t c = range.first; c <= range.last && c < 0x80; c++, any = true)
            ascii.bits[c >> 6] |= UINT64_C(1) << (c & 63);
        for (size_t j = 0; j < sizeof(lengths) / sizeof(lengths[0]); j++) {
            uint32_t first = range.first > lengths[j].first ? range.first : lengths[j].first;
            uint32_t last = range.last < lengths[j].last ? range.last : lengths[j].last;
            if (first <= last)
                add_sequences(reader, first, last, next, &at);
        }
    }
    if (any) {
        VEC_PUSH(reader->arena, &reader->sets, ascii);
        uint32_t step = add_step(
            reader,
            (struct regex_step){ .op = REGEX_SET, .index = (uint32_t)reader->sets.len - 1, .next = next });
        at = at == UINT32_MAX
                 ? step
                 : add_step(reader, (struct regex_step){ .op = REGEX_SPLIT, .next = step, .other = at });
    }
    /* A set of nothing: a byte that UTF-8 does not have. */
    return at == UINT32_MAX ? add_bytes(reader, 0xFF, 0xFF, next) : at;
}

static uint32_t emit(struct reader *reader, const struct tree *tree, uint32_t next);

static uint32_t add_split(struct reader *reader, uint32_t into, uint32_t past, bool lazy)
{
    return add_step(reader, (struct regex_step){
                                .op = REGEX_SPLIT, .next = lazy ? past : into, .other = lazy ? into : past });
}

static uint32_t emit_repeat(struct reader *reader, const struct tree *tree, uint32_t next)
{
    uint32_t at = next;
    if (tree->max == NO_END) {
        uint32_t split = add_split(reader, 0, next, tree->lazy);
        uint32_t body = emit(reader, tree->a, split);
        if (reader->err != ERR_OK)
            return 0;
        *(tree->lazy ? &reader->steps.at[split].other : &reader->steps.at[split].next) = body;
        at = split;
    } else {
        for (uint32_t i = tree->min; i < tree->max && reader->err == ERR_OK; i++)
            at = add_split(reader, emit(reader, tree->a, at), next, tree->lazy);
    }
    for (uint32_t i = 0; i < tree->min && reader->err == ERR_OK; i++)
        at = emit(reader, tree->a, at);
    return at;
}

/* From the end on: each knows what follows it. */
static uint32_t emit(struct reader *reader, const struct tree *tree, uint32_t next)
{
    if (reader->err != ERR_OK)
        return 0;
    switch (tree->type) {
    case TREE_EMPTY:
        return next;
    case TREE_SET:
        return emit_set(reader, tree, next);
    case TREE_CAT:
        for (; tree->type == TREE_CAT && reader->err == ERR_OK; tree = tree->a)
            next = emit(reader, tree->b, next);
        return emit(reader, tree, next);
    case TREE_ALTERNATE: {
        uint32_t b = emit(reader, tree->b, next);
        return add_split(reader, emit(reader, tree->a, next), b, false);
    }
    case TREE_REPEAT:
        return emit_repeat(reader, tree, next);
    case TREE_GROUP: {
        uint32_t end = add_step(
            reader, (struct regex_step){ .op = REGEX_SAVE, .index = tree->index * 2 + 1, .next = next });
        uint32_t body = emit(reader, tree->a, end);
        return add_step(reader,
                        (struct regex_step){ .op = REGEX_SAVE, .index = tree->index * 2, .next = body });
    }
    case TREE_ASSERT:
        return add_step(reader,
                        (struct regex_step){ .op = REGEX_ASSERT, .index = tree->index, .next = next });
    }
    return next;
}

/* Bytes that the steps take which can be reached from the first without one. */
static void find_begin(struct arena *arena, struct query_regex *regex)
{
    uint32_t *pending = ARENA_ARRAY(arena, uint32_t, regex->step_count * 2 + 2);
    bool *seen = ARENA_ARRAY(arena, bool, regex->step_count);
    size_t count = 0;
    pending[count++] = (uint32_t)regex->step_count - 1;
    while (count) {
        uint32_t at = pending[--count];
        const struct regex_step *step = &regex->steps[at];
        if (seen[at])
            continue;
        seen[at] = true;
        for (unsigned c = step->first; step->op == REGEX_BYTE && c <= step->last; c++)
            regex->begin.bits[c >> 6] |= UINT64_C(1) << (c & 63);
        for (unsigned i = 0; step->op == REGEX_SET && i < 4; i++)
            regex->begin.bits[i] |= regex->sets[step->index].bits[i];
        regex->may_be_empty |= step->op == REGEX_MATCH;
        if (step->op == REGEX_SPLIT)
            pending[count++] = step->other;
        if (step->op == REGEX_SPLIT || step->op == REGEX_SAVE || step->op == REGEX_ASSERT)
            pending[count++] = step->next;
    }
}

enum err query_regex_compile(struct arena *arena, struct str pattern, const struct query_regex **ret,
                             size_t *ret_at, struct diag *reterr)
{
    struct query_regex *regex = ARENA_NEW(arena, struct query_regex);
    struct reader reader = { .arena = arena, .pattern = pattern, .regex = regex, .reterr = reterr };
    *ret_at = 0;
    if (utf8_valid_len(pattern) != pattern.len)
        return diag_set(reterr, ERR_INVALID, "the expression is not valid UTF-8");
    const struct tree *tree = read_alternatives(&reader);
    if (tree && more(&reader))
        fail(&reader, ERR_INVALID, "there is no group that this ) closes");
    *ret_at = reader.at;
    if (reader.err != ERR_OK)
        return reader.err;
    uint32_t match = add_step(&reader, (struct regex_step){ .op = REGEX_MATCH });
    uint32_t first = emit(&reader, tree, match);
    /* The first step of all is where a run begins. */
    (void)add_step(&reader, (struct regex_step){ .op = REGEX_SPLIT, .next = first, .other = first });
    if (reader.err != ERR_OK)
        return reader.err;
    regex->steps = reader.steps.at;
    regex->step_count = reader.steps.len;
    regex->sets = reader.sets.at;
    regex->set_count = reader.sets.len;
    find_begin(arena, regex);
    struct literal_run run = { .broken = false };
    find_literal(tree, &run);
    bool only = !run.broken;
    end_run(&run);
    regex->literal = arena_copy(arena, buf_str(&run.best));
    regex->literal_first = run.first && !str_empty(regex->literal);
    regex->literal_only = only && !str_empty(regex->literal);
    buf_fini(&run.run);
    buf_fini(&run.best);
    *ret = regex;
    return ERR_OK;
}

size_t query_regex_groups(const struct query_regex *regex, const struct str **ret_names)
{
    *ret_names = regex->names;
    return regex->group_count;
}

struct str query_regex_literal(const struct query_regex *regex)
{
    return regex->literal;
}
