#include "api/api_regex.h"

#include "base/utf8.h"
#include "base/vec.h"

#include <assert.h>
#include <stdlib.h>

/* pattern -> tree -> program of a non-deterministic machine -> table of sets of its places.
 *
 * Code points are first mapped to kinds: two code points that no class of the pattern tells apart are of one
 * kind, so that the table has a handful of columns. */

enum {
    CLASSES_MAX = 64,   /* distinct ones of a pattern: a kind is the set of classes it lies in, a word */
    PROGRAM_MAX = 2048, /* places */
    STATES_MAX = 1024,  /* rows of the table */
    NESTING_MAX = 50,
    CODE_POINTS = 0x110000,
};

enum place_type { PLACE_CLASS, PLACE_SPLIT, PLACE_BEGIN, PLACE_END, PLACE_MATCH };

struct place {
    enum place_type type;
    uint16_t class_index;
    uint16_t next, other; /* other: of a split */
};

struct class_set {
    struct regex_range *ranges; /* sorted, apart */
    size_t count;
};

struct kinds {
    uint8_t of_ascii[128];
    uint32_t *starts; /* of intervals; the first is 0 */
    uint8_t *kind;
    size_t count;
};

struct machine {
    struct place *program;
    uint16_t length, start;
    struct kinds kinds;
    uint64_t *classes_of_kind; /* bit i: class i holds it */
    unsigned kind_count;
    uint16_t *table; /* [state * kind_count + kind]; NULL: too large */
    bool *accepts;
    bool accepts_empty; /* the empty text, where ^ and $ hold at once */
    bool negated;       /* a negative look-ahead */
};

struct api_regex {
    struct machine *machines; /* the look-aheads, then the expression itself */
    size_t machine_count;
};

/* ---- tree ---- */

enum node_type { NODE_EMPTY, NODE_CLASS, NODE_CONCAT, NODE_ALTERNATE, NODE_REPEAT, NODE_BEGIN, NODE_END };

struct node {
    enum node_type type;
    uint16_t class_index;
    unsigned min, max; /* repeat; max UINT32_MAX: no end */
    struct node *a, *b;
};

typedef VEC(struct regex_range) ranges_vec;

struct parser {
    struct arena *arena;
    struct str text;
    size_t at;
    unsigned depth;
    struct class_set classes[CLASSES_MAX];
    size_t class_count;
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
    if (from < CODE_POINTS)
        outside.ranges[outside.count++] = (struct regex_range){ from, CODE_POINTS - 1 };
    return outside;
}

static struct node *class_node(struct parser *p, struct class_set set)
{
    size_t i = 0;
    while (i < p->class_count && !(p->classes[i].count == set.count &&
                                   (set.count == 0 || memcmp(p->classes[i].ranges, set.ranges,
                                                             set.count * sizeof(*set.ranges)) == 0)))
        i++;
    if (i == p->class_count) {
        if (i == CLASSES_MAX)
            return refuse(p, ERR_UNSUPPORTED, "too many classes");
        p->classes[p->class_count++] = set;
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

/* After a backslash. A single code point goes to *ret_single, else a set to ranges and *ret_single is
 * UINT32_MAX. */
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
    return class_node(p, class_of(p->arena, ranges.at, ranges.len, negated));
}

static struct node *single(struct parser *p, uint32_t code)
{
    struct regex_range range = { code, code };
    return class_node(p, class_of(p->arena, &range, 1, false));
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
        return class_node(p, class_of(p->arena, ends, 4, true));
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
           value <= PROGRAM_MAX)
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
            if (!parse_count(p, &min))
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

/* ---- program: built from its end, each piece knowing what follows it ---- */

struct builder {
    struct arena *arena;
    struct place *program;
    size_t length;
    bool full;
};

static uint16_t place_add(struct builder *b, enum place_type type, uint16_t class_index, uint16_t next,
                          uint16_t other)
{
    if (b->length == PROGRAM_MAX) {
        b->full = true;
        return 0;
    }
    b->program[b->length] = (struct place){ type, class_index, next, other };
    return (uint16_t)b->length++;
}

static uint16_t build(struct builder *b, const struct node *node, uint16_t next)
{
    if (b->full)
        return 0;
    switch (node->type) {
    case NODE_EMPTY:
        return next;
    case NODE_CLASS:
        return place_add(b, PLACE_CLASS, node->class_index, next, 0);
    case NODE_BEGIN:
        return place_add(b, PLACE_BEGIN, 0, next, 0);
    case NODE_END:
        return place_add(b, PLACE_END, 0, next, 0);
    case NODE_CONCAT:
        return build(b, node->a, build(b, node->b, next));
    case NODE_ALTERNATE: {
        uint16_t other = build(b, node->b, next);
        return place_add(b, PLACE_SPLIT, 0, build(b, node->a, next), other);
    }
    case NODE_REPEAT:
        break;
    }
    uint16_t start = next;
    if (node->max == UINT32_MAX) {
        uint16_t loop = place_add(b, PLACE_SPLIT, 0, 0, next);
        uint16_t body = build(b, node->a, loop);
        if (b->full)
            return 0;
        b->program[loop].next = body;
        start = loop;
    } else {
        for (unsigned i = node->min; i < node->max && !b->full; i++)
            start = place_add(b, PLACE_SPLIT, 0, build(b, node->a, start), next);
    }
    for (unsigned i = 0; i < node->min && !b->full; i++)
        start = build(b, node->a, start);
    return start;
}

/* ---- kinds of code points ---- */

static int compare_u32(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return x < y ? -1 : x > y;
}

static bool set_has(const struct class_set *set, uint32_t code)
{
    size_t low = 0, high = set->count;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (code < set->ranges[middle].first)
            high = middle;
        else if (code > set->ranges[middle].last)
            low = middle + 1;
        else
            return true;
    }
    return false;
}

static unsigned kind_of(const struct kinds *kinds, uint32_t code)
{
    if (code < 128)
        return kinds->of_ascii[code];
    size_t low = 0, high = kinds->count;
    while (high - low > 1) {
        size_t middle = (low + high) / 2;
        if (kinds->starts[middle] <= code)
            low = middle;
        else
            high = middle;
    }
    return kinds->kind[low];
}

static bool make_kinds(struct arena *arena, struct parser *p, struct machine *machine)
{
    VEC(uint32_t) cuts = { 0 };
    VEC_PUSH(p->arena, &cuts, 0);
    for (size_t i = 0; i < p->class_count; i++) {
        for (size_t j = 0; j < p->classes[i].count; j++) {
            VEC_PUSH(p->arena, &cuts, p->classes[i].ranges[j].first);
            VEC_PUSH(p->arena, &cuts, p->classes[i].ranges[j].last + 1);
        }
    }
    qsort(cuts.at, cuts.len, sizeof(*cuts.at), compare_u32);
    struct kinds *kinds = &machine->kinds;
    kinds->starts = ARENA_ARRAY(arena, uint32_t, cuts.len);
    kinds->kind = ARENA_ARRAY(arena, uint8_t, cuts.len);
    machine->classes_of_kind = ARENA_ARRAY(arena, uint64_t, 256);
    for (size_t i = 0; i < cuts.len; i++) {
        uint32_t start = cuts.at[i];
        if ((kinds->count && kinds->starts[kinds->count - 1] == start) || start >= CODE_POINTS)
            continue;
        uint64_t in = 0;
        for (size_t j = 0; j < p->class_count; j++)
            in |= set_has(&p->classes[j], start) ? UINT64_C(1) << j : 0;
        unsigned kind = 0;
        while (kind < machine->kind_count && machine->classes_of_kind[kind] != in)
            kind++;
        if (kind == machine->kind_count) {
            if (kind == 256)
                return false;
            machine->classes_of_kind[machine->kind_count++] = in;
        }
        kinds->starts[kinds->count] = start;
        kinds->kind[kinds->count++] = (uint8_t)kind;
    }
    size_t at = 0;
    for (uint32_t code = 0; code < 128; code++) {
        while (at + 1 < kinds->count && kinds->starts[at + 1] <= code)
            at++;
        kinds->of_ascii[code] = kinds->kind[at];
    }
    return true;
}

/* ---- sets of places ---- */

struct place_set {
    uint16_t count;
    uint16_t at[PROGRAM_MAX];   /* in the order they came */
    uint16_t slot[PROGRAM_MAX]; /* where a place stands in at; checked against it, so never cleared */
};

static bool set_add(struct place_set *set, uint16_t place)
{
    uint16_t slot = set->slot[place];
    if (slot < set->count && set->at[slot] == place)
        return false;
    set->slot[place] = set->count;
    set->at[set->count++] = place;
    return true;
}

/* Adds place and all that is reached from it without a character. Asserts hold only where the text begins; $
 * is kept in the set and followed at the end. */
static void follow(const struct machine *machine, struct place_set *set, uint16_t first, bool begin, bool end)
{
    uint16_t stack[PROGRAM_MAX * 2];
    size_t depth = 0;
    stack[depth++] = first;
    while (depth) {
        uint16_t place = stack[--depth];
        if (!set_add(set, place))
            continue;
        const struct place *here = &machine->program[place];
        if (here->type == PLACE_SPLIT) {
            stack[depth++] = here->other;
            stack[depth++] = here->next;
        } else if ((here->type == PLACE_BEGIN && begin) || (here->type == PLACE_END && end)) {
            stack[depth++] = here->next;
        }
    }
}

static bool set_accepts(const struct machine *machine, const struct place_set *set, bool begin)
{
    struct place_set closed;
    closed.count = 0;
    memset(closed.slot, 0, sizeof(uint16_t) * machine->length);
    for (size_t i = 0; i < set->count; i++)
        follow(machine, &closed, set->at[i], begin, true);
    for (size_t i = 0; i < closed.count; i++) {
        if (machine->program[closed.at[i]].type == PLACE_MATCH)
            return true;
    }
    return false;
}

static void set_step(const struct machine *machine, const struct place_set *from, unsigned kind,
                     struct place_set *to)
{
    to->count = 0;
    uint64_t in = machine->classes_of_kind[kind];
    for (size_t i = 0; i < from->count; i++) {
        const struct place *here = &machine->program[from->at[i]];
        if (here->type == PLACE_CLASS && (in >> here->class_index & 1))
            follow(machine, to, here->next, false, false);
    }
}

/* ---- the table ---- */

struct state_key {
    uint16_t *places;
    uint16_t count;
};

static int compare_u16(const void *a, const void *b)
{
    return *(const uint16_t *)a - *(const uint16_t *)b;
}

/* The state of a set, made if it is new; STATES_MAX when there are too many. */
static unsigned state_of(struct arena *arena, const struct machine *machine, struct state_key *states,
                         unsigned *state_count, const struct place_set *set)
{
    uint16_t sorted[PROGRAM_MAX];
    uint16_t count = 0;
    for (size_t i = 0; i < set->count; i++) {
        if (machine->program[set->at[i]].type != PLACE_SPLIT)
            sorted[count++] = set->at[i];
    }
    if (count > 1)
        qsort(sorted, count, sizeof(*sorted), compare_u16);
    for (unsigned i = 0; i < *state_count; i++) {
        if (states[i].count == count &&
            (count == 0 || memcmp(states[i].places, sorted, count * sizeof(*sorted)) == 0))
            return i;
    }
    if (*state_count == STATES_MAX)
        return STATES_MAX;
    states[*state_count].places = ARENA_ARRAY(arena, uint16_t, count + 1u);
    memcpy(states[*state_count].places, sorted, count * sizeof(*sorted));
    states[*state_count].count = count;
    return (*state_count)++;
}

enum { STATE_DEAD = 0, STATE_START = 1 };

static void make_table(struct arena *arena, struct machine *machine)
{
    struct arena scratch = { 0 };
    struct state_key *states = ARENA_ARRAY(&scratch, struct state_key, STATES_MAX);
    struct place_set *set = ARENA_NEW(&scratch, struct place_set),
                     *next = ARENA_NEW(&scratch, struct place_set);
    uint16_t *table = ARENA_ARRAY(&scratch, uint16_t, (size_t)STATES_MAX * machine->kind_count);
    bool *accepts = ARENA_ARRAY(&scratch, bool, STATES_MAX);
    unsigned state_count = 0;
    state_of(&scratch, machine, states, &state_count, set); /* the empty set: dead */
    follow(machine, set, machine->start, true, false);
    machine->accepts_empty = set_accepts(machine, set, true);
    bool small = state_of(&scratch, machine, states, &state_count, set) == STATE_START;
    for (unsigned state = STATE_START; small && state < state_count; state++) {
        set->count = 0;
        for (unsigned i = 0; i < states[state].count; i++)
            set_add(set, states[state].places[i]);
        accepts[state] = set_accepts(machine, set, false);
        for (unsigned kind = 0; small && kind < machine->kind_count; kind++) {
            set_step(machine, set, kind, next);
            unsigned to = state_of(&scratch, machine, states, &state_count, next);
            small = to < STATES_MAX;
            table[(size_t)state * machine->kind_count + kind] = (uint16_t)to;
        }
    }
    if (small) {
        size_t cells = (size_t)state_count * machine->kind_count;
        machine->table = ARENA_ARRAY(arena, uint16_t, cells);
        memcpy(machine->table, table, cells * sizeof(*table));
        machine->accepts = ARENA_ARRAY(arena, bool, state_count);
        memcpy(machine->accepts, accepts, state_count);
    }
    arena_fini(&scratch);
}

/* ---- compile ---- */

static enum err machine_make(struct arena *arena, struct parser *p, const struct node *tree, bool negated,
                             struct machine *machine)
{
    struct builder b = { .arena = p->arena, .program = ARENA_ARRAY(p->arena, struct place, PROGRAM_MAX) };
    uint16_t match = place_add(&b, PLACE_MATCH, 0, 0, 0);
    machine->start = build(&b, tree, match);
    if (b.full || !make_kinds(arena, p, machine))
        return diag_set(p->diag, ERR_UNSUPPORTED, "too large: %.*s", STR_ARG(p->text));
    machine->program = ARENA_ARRAY(arena, struct place, b.length);
    memcpy(machine->program, b.program, b.length * sizeof(*b.program));
    machine->length = (uint16_t)b.length;
    machine->negated = negated;
    make_table(arena, machine);
    return ERR_OK;
}

typedef VEC(struct machine) machines_vec;

static enum err compile(struct arena *arena, struct parser *p, machines_vec *machines)
{
    bool negated;
    take(p, "^"); /* holds where a whole match begins; look-ahead stands behind it */
    while ((negated = take(p, "(?!")) || take(p, "(?=")) {
        struct node *ahead = parse_alternate(p);
        if (ahead && !take(p, ")"))
            ahead = refuse(p, ERR_INVALID, "')' expected");
        if (!ahead)
            return p->err;
        struct regex_range all = { 0, CODE_POINTS - 1 };
        struct node *anything = class_node(p, class_of(p->arena, &all, 1, false));
        if (!anything)
            return p->err;
        struct node *rest = node_new(p, NODE_REPEAT, anything, NULL);
        rest->max = UINT32_MAX;
        struct machine machine = { 0 };
        enum err err = machine_make(arena, p, node_new(p, NODE_CONCAT, ahead, rest), negated, &machine);
        if (err)
            return err;
        VEC_PUSH(arena, machines, machine);
    }
    struct node *tree = parse_alternate(p);
    if (tree && p->at < p->text.len)
        tree = refuse(p, ERR_INVALID, "')' without '('");
    if (!tree)
        return p->err;
    struct machine machine = { 0 };
    enum err err = machine_make(arena, p, tree, false, &machine);
    if (err == ERR_OK)
        VEC_PUSH(arena, machines, machine);
    return err;
}

enum err api_regex_compile(struct arena *arena, struct str pattern, struct api_regex **ret,
                           struct diag *reterr)
{
    struct arena scratch = { 0 };
    struct parser *p = ARENA_NEW(&scratch, struct parser);
    p->arena = &scratch;
    p->text = pattern;
    p->diag = reterr;
    machines_vec machines = { 0 };
    enum err err = compile(arena, p, &machines);
    arena_fini(&scratch);
    if (err)
        return err;
    struct api_regex *regex = ARENA_NEW(arena, struct api_regex);
    *regex = (struct api_regex){ machines.at, machines.len };
    *ret = regex;
    return ERR_OK;
}

/* ---- match ---- */

static bool match_by_table(const struct machine *machine, struct str text)
{
    size_t state = STATE_START, at = 0;
    if (text.len == 0)
        return machine->accepts_empty;
    while (at < text.len) {
        unsigned char c = (unsigned char)text.ptr[at];
        unsigned kind;
        if (c < 128) {
            kind = machine->kinds.of_ascii[c];
            at++;
        } else {
            uint32_t code;
            at += utf8_decode(str_from_offset(text, at), &code);
            kind = kind_of(&machine->kinds, code);
        }
        state = machine->table[state * machine->kind_count + kind];
        if (state == STATE_DEAD)
            return false;
    }
    return machine->accepts[state];
}

static bool match_by_steps(const struct machine *machine, struct str text)
{
    struct place_set sets[2];
    struct place_set *now = &sets[0], *next = &sets[1];
    memset(sets, 0, sizeof(sets));
    follow(machine, now, machine->start, true, false);
    for (size_t at = 0; at < text.len;) {
        uint32_t code;
        at += utf8_decode(str_from_offset(text, at), &code);
        set_step(machine, now, kind_of(&machine->kinds, code), next);
        if (next->count == 0)
            return false;
        struct place_set *former = now;
        now = next;
        next = former;
    }
    return set_accepts(machine, now, text.len == 0);
}

bool api_regex_match(const struct api_regex *regex, struct str text)
{
    for (size_t i = 0; i < regex->machine_count; i++) {
        const struct machine *machine = &regex->machines[i];
        bool matched = machine->table ? match_by_table(machine, text) : match_by_steps(machine, text);
        if (matched == machine->negated)
            return false;
    }
    return true;
}

bool api_regex_match_stepwise(const struct api_regex *regex, struct str text)
{
    for (size_t i = 0; i < regex->machine_count; i++) {
        if (match_by_steps(&regex->machines[i], text) == regex->machines[i].negated)
            return false;
    }
    return true;
}
