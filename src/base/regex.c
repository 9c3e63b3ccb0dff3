#include "base/regex_program.h"

#include "base/utf8.h"
#include "base/vec.h"

#include <assert.h>
#include <stdlib.h>

/* pattern -> tree -> program of a non-deterministic machine -> table of sets of its places.
 *
 * Code points are first mapped to kinds: two code points that no class of the pattern tells apart are of one
 * kind, so that the table has a handful of columns. */

enum {
    PROGRAM_MAX = 8192, /* places, of queries */
    WHOLE_MAX = 2048,   /* of what is held against whole texts */
    SEARCH_MAX = 1024,  /* of filter patterns: many look at each character of long texts */
    STATES_MAX = 1024,  /* rows of the table */
    CUTS_MAX = 16384,   /* ends of ranges, of all classes */
    WORK_MAX = 4 << 20, /* places looked at to make it: some milliseconds */
    BUCKETS = 1024,
};

/* ---- program: built from its end, each piece knowing what follows it ---- */

struct builder {
    struct arena *arena;
    struct place *program;
    size_t length, length_max;
    bool full;
};

static uint16_t place_add(struct builder *b, enum place_type type, uint16_t index, uint16_t next,
                          uint16_t other)
{
    if (b->length == b->length_max) {
        b->full = true;
        return 0;
    }
    b->program[b->length] = (struct place){ type, index, next, other };
    return (uint16_t)b->length++;
}

static uint16_t build(struct builder *b, const struct node *node, uint16_t next);

static uint16_t split_add(struct builder *b, uint16_t into, uint16_t past, bool lazy)
{
    return place_add(b, PLACE_SPLIT, 0, lazy ? past : into, lazy ? into : past);
}

static uint16_t build_repeat(struct builder *b, const struct node *node, uint16_t next)
{
    uint16_t start = next;
    if (node->max == UINT32_MAX) {
        uint16_t loop = split_add(b, 0, next, node->lazy);
        uint16_t body = build(b, node->a, loop);
        if (b->full)
            return 0;
        *(node->lazy ? &b->program[loop].other : &b->program[loop].next) = body;
        start = loop;
    } else {
        for (unsigned i = node->min; i < node->max && !b->full; i++)
            start = split_add(b, build(b, node->a, start), next, node->lazy);
    }
    size_t before = b->length;
    for (unsigned i = 0; i < node->min && !b->full; i++) {
        start = build(b, node->a, start);
        if (b->length == before)
            break; /* nothing, however often */
    }
    return start;
}

static uint16_t build(struct builder *b, const struct node *node, uint16_t next)
{
    static const enum place_type places[] = {
        [NODE_BEGIN] = PLACE_BEGIN,       [NODE_END] = PLACE_END,   [NODE_LINE_BEGIN] = PLACE_LINE_BEGIN,
        [NODE_LINE_END] = PLACE_LINE_END, [NODE_WORD] = PLACE_WORD, [NODE_NO_WORD] = PLACE_NO_WORD
    };
    if (b->full)
        return 0;
    switch (node->type) {
    case NODE_EMPTY:
        return next;
    case NODE_CLASS:
        return place_add(b, PLACE_CLASS, node->index, next, 0);
    case NODE_CONCAT:
        for (; node->type == NODE_CONCAT && !b->full; node = node->a)
            next = build(b, node->b, next);
        return build(b, node, next);
    case NODE_ALTERNATE: {
        uint16_t other = build(b, node->b, next);
        return place_add(b, PLACE_SPLIT, 0, build(b, node->a, next), other);
    }
    case NODE_REPEAT:
        return build_repeat(b, node, next);
    case NODE_GROUP: {
        uint16_t end = place_add(b, PLACE_SAVE, (uint16_t)(node->index * 2 + 1), next, 0);
        return place_add(b, PLACE_SAVE, (uint16_t)(node->index * 2), build(b, node->a, end), 0);
    }
    default:
        return place_add(b, places[node->type], 0, next, 0);
    }
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

static bool make_kinds(struct arena *arena, struct arena *scratch, const struct regex_tree *tree,
                       struct machine *machine)
{
    VEC(uint32_t) cuts = { 0 };
    VEC_PUSH(scratch, &cuts, 0);
    for (size_t i = 0; i < tree->class_count; i++) {
        for (size_t j = 0; j < tree->classes[i].count; j++) {
            VEC_PUSH(scratch, &cuts, tree->classes[i].ranges[j].first);
            VEC_PUSH(scratch, &cuts, tree->classes[i].ranges[j].last + 1);
        }
    }
    if (cuts.len > CUTS_MAX)
        return false;
    qsort(cuts.at, cuts.len, sizeof(*cuts.at), compare_u32);
    struct kinds *kinds = &machine->kinds;
    kinds->starts = ARENA_ARRAY(arena, uint32_t, cuts.len);
    kinds->kind = ARENA_ARRAY(arena, uint8_t, cuts.len);
    machine->classes_of_kind = ARENA_ARRAY(arena, struct class_bits, 256);
    for (size_t i = 0; i < cuts.len; i++) {
        uint32_t start = cuts.at[i];
        if ((kinds->count && kinds->starts[kinds->count - 1] == start) || start >= REGEX_CODE_POINTS)
            continue;
        struct class_bits in = { { 0 } };
        for (size_t j = 0; j < tree->class_count; j++)
            in.words[j / 64] |= set_has(&tree->classes[j], start) ? UINT64_C(1) << (j % 64) : 0;
        unsigned kind = 0;
        while (kind < machine->kind_count && memcmp(&machine->classes_of_kind[kind], &in, sizeof(in)) != 0)
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

enum { MATCH_AT = 0 }; /* built first */

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
        } else if (here->type == PLACE_SAVE || (here->type == PLACE_BEGIN && begin) ||
                   (here->type == PLACE_END && end)) {
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

static bool set_found(const struct machine *machine, const struct place_set *set)
{
    uint16_t slot = set->slot[MATCH_AT];
    return machine->search && slot < set->count && set->at[slot] == MATCH_AT;
}

static void set_step(const struct machine *machine, const struct place_set *from, unsigned kind,
                     struct place_set *to)
{
    to->count = 0;
    if (set_found(machine, from)) {
        set_add(to, MATCH_AT);
        return;
    }
    for (size_t i = 0; i < from->count; i++) {
        const struct place *here = &machine->program[from->at[i]];
        if (here->type == PLACE_CLASS && class_has_kind(machine, here->index, kind))
            follow(machine, to, here->next, false, false);
    }
}

/* ---- the table ---- */

enum { STATE_DEAD = 0, STATE_START = 1 };

struct state_key {
    uint16_t *places;
    uint16_t count;
    uint16_t next; /* in its bucket; 0: the last */
};

struct states {
    struct state_key keys[STATES_MAX];
    unsigned count;
    uint16_t buckets[BUCKETS]; /* 0: empty; the dead state is in none */
};

static int compare_u16(const void *a, const void *b)
{
    return *(const uint16_t *)a - *(const uint16_t *)b;
}

/* The state of a set, made if it is new; STATES_MAX when there are too many. */
static unsigned state_of(struct arena *arena, const struct machine *machine, struct states *states,
                         const struct place_set *set)
{
    uint16_t sorted[PROGRAM_MAX];
    uint16_t count = 0;
    if (set_found(machine, set)) {
        sorted[count++] = MATCH_AT;
    } else {
        for (size_t i = 0; i < set->count; i++) {
            enum place_type type = machine->program[set->at[i]].type;
            if (type != PLACE_SPLIT && type != PLACE_SAVE)
                sorted[count++] = set->at[i];
        }
    }
    if (count == 0 && states->count)
        return STATE_DEAD;
    if (count > 1)
        qsort(sorted, count, sizeof(*sorted), compare_u16);
    uint32_t hash = 0;
    for (size_t i = 0; i < count; i++)
        hash = (hash ^ sorted[i]) * UINT32_C(0x9E3779B1);
    uint16_t *bucket = &states->buckets[(hash >> 16) % BUCKETS];
    for (unsigned i = *bucket; i; i = states->keys[i].next) {
        if (states->keys[i].count == count &&
            memcmp(states->keys[i].places, sorted, count * sizeof(*sorted)) == 0)
            return i;
    }
    if (states->count == STATES_MAX)
        return STATES_MAX;
    struct state_key *key = &states->keys[states->count];
    key->places = ARENA_ARRAY(arena, uint16_t, count + 1u);
    memcpy(key->places, sorted, count * sizeof(*sorted));
    key->count = count;
    if (states->count) {
        key->next = *bucket;
        *bucket = (uint16_t)states->count;
    }
    return states->count++;
}

static void make_table(struct arena *arena, struct machine *machine)
{
    struct arena scratch = { 0 };
    struct states *states = ARENA_NEW(&scratch, struct states);
    struct place_set *set = ARENA_NEW(&scratch, struct place_set),
                     *next = ARENA_NEW(&scratch, struct place_set);
    uint16_t *table = ARENA_ARRAY(&scratch, uint16_t, (size_t)STATES_MAX * machine->kind_count);
    bool *accepts = ARENA_ARRAY(&scratch, bool, STATES_MAX);
    size_t work = 0;
    state_of(&scratch, machine, states, set); /* the empty set: dead */
    follow(machine, set, machine->start, true, false);
    machine->accepts_empty = set_accepts(machine, set, true);
    bool small = state_of(&scratch, machine, states, set) == STATE_START;
    for (unsigned state = STATE_START; small && state < states->count; state++) {
        set->count = 0;
        for (unsigned i = 0; i < states->keys[state].count; i++)
            set_add(set, states->keys[state].places[i]);
        accepts[state] = set_accepts(machine, set, false);
        if (set_found(machine, set))
            machine->found = (uint16_t)state;
        for (unsigned kind = 0; small && kind < machine->kind_count; kind++) {
            set_step(machine, set, kind, next);
            work += set->count + next->count;
            unsigned to = state_of(&scratch, machine, states, next);
            small = to < STATES_MAX && work <= WORK_MAX;
            table[(size_t)state * machine->kind_count + kind] = (uint16_t)to;
        }
    }
    if (small) {
        size_t cells = (size_t)states->count * machine->kind_count;
        machine->table = ARENA_ARRAY(arena, uint16_t, cells);
        memcpy(machine->table, table, cells * sizeof(*table));
        machine->accepts = ARENA_ARRAY(arena, bool, states->count);
        memcpy(machine->accepts, accepts, states->count);
    }
    arena_fini(&scratch);
}

/* ---- compile ---- */

static bool has_no_table(const struct machine *machine)
{
    for (size_t i = 0; i < machine->length; i++)
        if (machine->program[i].type >= PLACE_LINE_BEGIN)
            return true;
    return false;
}

/* False: it is too large. */
static bool machine_make(struct arena *arena, struct arena *scratch, const struct regex_tree *tree,
                         size_t part, unsigned flags, struct machine *machine)
{
    size_t length_max = flags & REGEX_GROUPS ? PROGRAM_MAX : flags & REGEX_SEARCH ? SEARCH_MAX : WHOLE_MAX;
    struct builder b = { .arena = scratch,
                         .program = ARENA_ARRAY(scratch, struct place, length_max),
                         .length_max = length_max };
    uint16_t match = place_add(&b, PLACE_MATCH, 0, 0, 0);
    assert(match == MATCH_AT);
    machine->search = flags & REGEX_SEARCH;
    machine->start = machine->walk_start = build(&b, tree->parts[part].root, match);
    if (machine->search)
        machine->start = build(&b, tree->anything, machine->walk_start);
    if (b.full || !make_kinds(arena, scratch, tree, machine))
        return false;
    machine->program = ARENA_ARRAY(arena, struct place, b.length);
    memcpy(machine->program, b.program, b.length * sizeof(*b.program));
    machine->length = (uint16_t)b.length;
    machine->negated = tree->parts[part].negated;
    if (!(flags & REGEX_STEPWISE) && !has_no_table(machine))
        make_table(arena, machine);
    return true;
}

/* A refusal without a reason: it is too large. */
static enum err compile(struct arena *arena, struct str pattern, unsigned flags, struct regex **ret,
                        struct regex_refusal *reterr)
{
    struct arena scratch = { 0 };
    struct regex_tree *tree = ARENA_NEW(&scratch, struct regex_tree);
    struct regex *regex = ARENA_NEW(arena, struct regex);
    *reterr = (struct regex_refusal){ .why = NULL };
    enum err err = regex_tree_read(&scratch, pattern, flags, tree, reterr);
    if (!err)
        regex->machines = ARENA_ARRAY(arena, struct machine, tree->part_count);
    for (; !err && regex->machine_count < tree->part_count; regex->machine_count++)
        if (!machine_make(arena, &scratch, tree, regex->machine_count, flags,
                          &regex->machines[regex->machine_count]))
            err = ERR_UNSUPPORTED;
    if (!err) {
        if (flags & REGEX_SEARCH)
            regex->literal = regex_literal_find(arena, tree);
        regex->group_count = tree->group_count;
        memcpy(regex->names, tree->names, sizeof(regex->names));
        *ret = regex;
    }
    arena_fini(&scratch);
    return err;
}

enum err regex_compile(struct arena *arena, struct str pattern, unsigned flags, struct regex **ret,
                       struct diag *reterr)
{
    struct regex_refusal refusal;
    enum err err = compile(arena, pattern, flags, ret, &refusal);
    if (err && refusal.why)
        return diag_set(reterr, err, "%s at %zu of %.*s", refusal.why, refusal.at, STR_ARG(pattern));
    return err ? diag_set(reterr, err, "too large: %.*s", STR_ARG(pattern)) : ERR_OK;
}

enum err regex_compile_groups(struct arena *arena, struct str pattern, unsigned flags,
                              const struct regex **ret, size_t *ret_at, struct diag *reterr)
{
    struct regex_refusal refusal;
    struct regex *regex;
    *ret_at = 0;
    if (utf8_valid_len(pattern) != pattern.len)
        return diag_set(reterr, ERR_INVALID, "the expression is not valid UTF-8");
    enum err err = compile(arena, pattern, flags | REGEX_SEARCH | REGEX_GROUPS, &regex, &refusal);
    if (err) {
        *ret_at = refusal.at;
        return diag_set(reterr, refusal.why ? err : ERR_LIMIT, "%s",
                        refusal.why ? refusal.why : "the expression is too large");
    }
    *ret = regex;
    return ERR_OK;
}

size_t regex_groups(const struct regex *regex, const struct str **ret_names)
{
    *ret_names = regex->names;
    return regex->group_count;
}

struct str regex_literal(const struct regex *regex)
{
    return regex->literal.text;
}

size_t regex_places(const struct regex *regex)
{
    size_t count = 0;
    for (size_t i = 0; i < regex->machine_count; i++)
        count += regex->machines[i].length;
    return count;
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
        if (state == machine->found)
            return true;
    }
    return machine->accepts[state];
}

static bool match_by_steps(const struct machine *machine, struct str text)
{
    struct place_set sets[2];
    struct place_set *now = &sets[0], *next = &sets[1];
    for (size_t i = 0; i < 2; i++) {
        sets[i].count = 0;
        memset(sets[i].slot, 0, sizeof(uint16_t) * machine->length);
    }
    follow(machine, now, machine->start, true, false);
    for (size_t at = 0; at < text.len;) {
        uint32_t code;
        at += utf8_decode(str_from_offset(text, at), &code);
        set_step(machine, now, kind_of(&machine->kinds, code), next);
        if (next->count == 0)
            return false;
        if (set_found(machine, next))
            return true;
        struct place_set *former = now;
        now = next;
        next = former;
    }
    return set_accepts(machine, now, text.len == 0);
}

bool regex_match(const struct regex *regex, struct str text)
{
    if (regex->literal.text.len && str_find(text, regex->literal.text) == STR_NOT_FOUND)
        return false;
    if (regex->literal.only)
        return true;
    for (size_t i = 0; i < regex->machine_count; i++) {
        const struct machine *machine = &regex->machines[i];
        bool matched = machine->table ? match_by_table(machine, text) : match_by_steps(machine, text);
        if (matched == machine->negated)
            return false;
    }
    return true;
}

bool regex_match_stepwise(const struct regex *regex, struct str text)
{
    for (size_t i = 0; i < regex->machine_count; i++) {
        if (match_by_steps(&regex->machines[i], text) == regex->machines[i].negated)
            return false;
    }
    return true;
}
