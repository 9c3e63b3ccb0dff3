/* query_regex.c - running programs of steps: as lists of threads when groups are asked for, as a table of states that
 * grows while it is used when not. */
#include "query/query_regex_program.h"

#include <assert.h>
#include <stdlib.h>

enum { STATES_MAX = 1000, STATE_TABLE = 4096, UNKNOWN = -1 };

struct state {
    uint32_t *steps; /* that consume a byte, MATCH, and assertions of the end; ascending */
    size_t step_count;
    bool matches, matches_at_end;
    int32_t *next; /* by kind of byte */
};

/* Steps where a run stands, each with the groups it has seen. */
struct threads {
    uint32_t *dense, *sparse;
    size_t count;
    const char **saved; /* of dense[i]: group_count * 2 from i times that */
};

struct query_regex_machine {
    const struct query_regex *regex;
    /* walked */
    struct threads now, then;
    const char **scratch;
    struct {
        uint32_t step;
        uint32_t restore; /* a group's end to be put back, UINT32_MAX: go to the step */
        const char *value;
    } * stack;
    size_t stack_max;
    /* by states */
    unsigned char kinds[256]; /* bytes that no step tells apart */
    unsigned char example[256];
    size_t kind_count;
    struct state *states;
    size_t state_count;
    int32_t *table; /* from a hash of steps to a state */
    int32_t first;  /* UNKNOWN: not worked out */
    uint32_t *set;  /* being built */
    unsigned char *in_set;
    uint32_t *pending;
};

static void *take(size_t count, size_t size)
{
    void *memory = calloc(count ? count : 1, size);
    assert(memory);
    return memory;
}

/* ---- kinds of bytes ---- */

static void find_kinds(struct query_regex_machine *machine)
{
    const struct query_regex *regex = machine->regex;
    bool begins[257] = { [0] = true };
    for (size_t i = 0; i < regex->step_count; i++) {
        const struct regex_step *step = &regex->steps[i];
        if (step->op == REGEX_BYTE) {
            begins[step->first] = true;
            begins[step->last + 1] = true;
        } else if (step->op == REGEX_SET) {
            for (unsigned c = 1; c < 256; c++)
                if (regex_set_has(&regex->sets[step->index], (unsigned char)c) !=
                    regex_set_has(&regex->sets[step->index], (unsigned char)(c - 1)))
                    begins[c] = true;
        }
    }
    for (unsigned c = 0; c < 256; c++) {
        if (begins[c])
            machine->example[machine->kind_count++] = (unsigned char)c;
        machine->kinds[c] = (unsigned char)(machine->kind_count - 1);
    }
}

/* ---- life ---- */

static void threads_init(struct threads *threads, const struct query_regex *regex)
{
    threads->dense = take(regex->step_count, sizeof(uint32_t));
    threads->sparse = take(regex->step_count, sizeof(uint32_t));
    threads->saved = take(regex->step_count * (regex->group_count * 2), sizeof(char *));
}

static void threads_fini(struct threads *threads)
{
    free(threads->dense);
    free(threads->sparse);
    free(threads->saved);
}

struct query_regex_machine *query_regex_machine_new(const struct query_regex *regex)
{
    struct query_regex_machine *machine = take(1, sizeof(*machine));
    machine->regex = regex;
    machine->first = UNKNOWN;
    return machine;
}

static void walker_init(struct query_regex_machine *machine)
{
    const struct query_regex *regex = machine->regex;
    threads_init(&machine->now, regex);
    threads_init(&machine->then, regex);
    machine->scratch = take(regex->group_count * 2, sizeof(char *));
    /* A step is put there once for each way into it: two of a SPLIT, and one to restore of a SAVE. */
    machine->stack_max = regex->step_count * 2 + 2;
    machine->stack = take(machine->stack_max, sizeof(machine->stack[0]));
}

static void states_init(struct query_regex_machine *machine)
{
    size_t steps = machine->regex->step_count;
    find_kinds(machine);
    machine->states = take(STATES_MAX, sizeof(struct state));
    machine->table = take(STATE_TABLE, sizeof(int32_t));
    machine->set = take(steps, sizeof(uint32_t));
    machine->in_set = take(steps, 1);
    machine->pending = take(steps * 2 + 2, sizeof(uint32_t));
}

static void states_forget(struct query_regex_machine *machine)
{
    for (size_t i = 0; i < machine->state_count; i++) {
        free(machine->states[i].steps);
        free(machine->states[i].next);
    }
    machine->state_count = 0;
    machine->first = UNKNOWN;
    if (machine->table)
        memset(machine->table, 0, STATE_TABLE * sizeof(int32_t));
}

void query_regex_machine_free(struct query_regex_machine **machine)
{
    struct query_regex_machine *freed = *machine;
    if (!freed)
        return;
    states_forget(freed);
    threads_fini(&freed->now);
    threads_fini(&freed->then);
    free(freed->scratch);
    free(freed->stack);
    free(freed->states);
    free(freed->table);
    free(freed->set);
    free(freed->in_set);
    free(freed->pending);
    free(freed);
    *machine = NULL;
}

/* ---- by states ---- */

static bool step_takes(const struct query_regex *regex, const struct regex_step *step, unsigned char c)
{
    if (step->op == REGEX_BYTE)
        return c >= step->first && c <= step->last;
    return step->op == REGEX_SET && regex_set_has(&regex->sets[step->index], c);
}

/* Adds what can be reached from the step without a byte. */
static void set_add(struct query_regex_machine *machine, size_t *count, uint32_t from, bool at_begin,
                    bool at_end)
{
    const struct query_regex *regex = machine->regex;
    size_t pending = 0;
    machine->pending[pending++] = from;
    while (pending) {
        uint32_t at = machine->pending[--pending];
        if (machine->in_set[at])
            continue;
        machine->in_set[at] = 1;
        const struct regex_step *step = &regex->steps[at];
        machine->set[(*count)++] = at;
        if (step->op == REGEX_SPLIT) {
            machine->pending[pending++] = step->other;
            machine->pending[pending++] = step->next;
        } else if (step->op == REGEX_SAVE ||
                   (step->op == REGEX_ASSERT && (step->index == REGEX_BEGIN ? at_begin : at_end))) {
            machine->pending[pending++] = step->next;
        }
    }
}

/* Empties the set; what is worth keeping of it stands first, ascending. */
static size_t set_take(struct query_regex_machine *machine, size_t count)
{
    size_t kept = 0;
    for (size_t i = 0; i < count; i++) {
        uint32_t at = machine->set[i];
        const struct regex_step *step = &machine->regex->steps[at];
        machine->in_set[at] = 0;
        if (step->op == REGEX_SPLIT || step->op == REGEX_SAVE ||
            (step->op == REGEX_ASSERT && step->index == REGEX_BEGIN))
            continue;
        size_t j = kept++;
        for (; j > 0 && machine->set[j - 1] > at; j--)
            machine->set[j] = machine->set[j - 1];
        machine->set[j] = at;
    }
    return kept;
}

static bool set_matches(const struct query_regex_machine *machine, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (machine->regex->steps[machine->set[i]].op == REGEX_MATCH)
            return true;
    return false;
}

static int32_t state_of(struct query_regex_machine *machine, size_t count)
{
    size_t hash = 1469598103934665603U;
    for (size_t i = 0; i < count; i++)
        hash = (hash ^ machine->set[i]) * 1099511628211U;
    hash ^= hash >> 29;
    for (;; hash++) {
        int32_t index = machine->table[hash % STATE_TABLE] - 1;
        if (index < 0)
            break;
        const struct state *state = &machine->states[index];
        if (state->step_count == count && memcmp(state->steps, machine->set, count * sizeof(uint32_t)) == 0)
            return index;
    }
    if (machine->state_count == STATES_MAX)
        return UNKNOWN;
    struct state *state = &machine->states[machine->state_count];
    *state = (struct state){ .steps = take(count, sizeof(uint32_t)), .step_count = count };
    memcpy(state->steps, machine->set, count * sizeof(uint32_t));
    state->next = take(machine->kind_count, sizeof(int32_t));
    for (size_t i = 0; i < machine->kind_count; i++)
        state->next[i] = UNKNOWN;
    state->matches = set_matches(machine, count);
    size_t at_end = 0;
    for (size_t i = 0; i < count; i++)
        set_add(machine, &at_end, state->steps[i], false, true);
    for (size_t i = 0; i < at_end; i++)
        if (machine->regex->steps[machine->set[i]].op == REGEX_ASSERT)
            set_add(machine, &at_end, machine->regex->steps[machine->set[i]].next, false, true);
    state->matches_at_end = set_matches(machine, at_end);
    (void)set_take(machine, at_end);
    machine->table[hash % STATE_TABLE] = (int32_t)++machine->state_count;
    return (int32_t)machine->state_count - 1;
}

static uint32_t first_step(const struct query_regex *regex)
{
    return (uint32_t)regex->step_count - 1;
}

/* A run may begin at any byte: where it begins is in every state. */
static int32_t state_after(struct query_regex_machine *machine, int32_t from, unsigned char kind)
{
    const struct query_regex *regex = machine->regex;
    const struct state *state = &machine->states[from];
    size_t count = 0;
    for (size_t i = 0; i < state->step_count; i++) {
        const struct regex_step *step = &regex->steps[state->steps[i]];
        if (step_takes(regex, step, machine->example[kind]))
            set_add(machine, &count, step->next, false, false);
    }
    set_add(machine, &count, first_step(regex), false, false);
    int32_t next = state_of(machine, set_take(machine, count));
    if (next == UNKNOWN)
        return UNKNOWN;
    machine->states[from].next[kind] = next;
    return next;
}

static int32_t state_first(struct query_regex_machine *machine)
{
    if (machine->first == UNKNOWN) {
        size_t count = 0;
        set_add(machine, &count, first_step(machine->regex), true, false);
        machine->first = state_of(machine, set_take(machine, count));
    }
    return machine->first;
}

/* -1: too many states on the way, which have been forgotten. */
static int states_run(struct query_regex_machine *machine, struct str text)
{
    int32_t at = state_first(machine);
    for (size_t i = 0; i < text.len; i++) {
        if (machine->states[at].matches)
            return 1;
        unsigned char kind = machine->kinds[(unsigned char)text.ptr[i]];
        int32_t next = machine->states[at].next[kind];
        if (next == UNKNOWN)
            next = state_after(machine, at, kind);
        if (next == UNKNOWN) {
            states_forget(machine);
            return -1;
        }
        at = next;
    }
    return machine->states[at].matches || machine->states[at].matches_at_end;
}

/* ---- walked ---- */

static bool is_word(char c)
{
    return (c >= '0' && c <= '9') || ((c | 0x20) >= 'a' && (c | 0x20) <= 'z') || c == '_';
}

static bool holds(enum regex_assert assertion, struct str text, const char *at)
{
    const char *end = text.ptr + text.len;
    bool before = at > text.ptr && is_word(at[-1]), behind = at < end && is_word(*at);
    switch (assertion) {
    case REGEX_BEGIN:
        return at == text.ptr;
    case REGEX_END:
        return at == end;
    case REGEX_LINE_BEGIN:
        return at == text.ptr || at[-1] == '\n';
    case REGEX_LINE_END:
        return at == end || *at == '\n';
    case REGEX_WORD:
        return before != behind;
    case REGEX_NO_WORD:
        return before == behind;
    }
    return false;
}

static bool has_thread(const struct threads *threads, uint32_t step)
{
    uint32_t at = threads->sparse[step];
    return at < threads->count && threads->dense[at] == step;
}

/* Adds a thread at every step that can be reached without a byte, in order of preference; machine->scratch holds its
 * groups. */
static void threads_add(struct query_regex_machine *machine, struct threads *threads, uint32_t from,
                        struct str text, const char *at)
{
    const struct query_regex *regex = machine->regex;
    size_t slots = regex->group_count * 2, depth = 0;
    machine->stack[depth].step = from;
    machine->stack[depth++].restore = UINT32_MAX;
    while (depth) {
        depth--;
        if (machine->stack[depth].restore != UINT32_MAX) {
            machine->scratch[machine->stack[depth].restore] = machine->stack[depth].value;
            continue;
        }
        uint32_t number = machine->stack[depth].step;
        if (has_thread(threads, number))
            continue;
        threads->sparse[number] = (uint32_t)threads->count;
        threads->dense[threads->count] = number;
        const struct regex_step *step = &regex->steps[number];
        if (slots)
            memcpy(&threads->saved[threads->count * slots], machine->scratch, slots * sizeof(char *));
        threads->count++;
        if (step->op == REGEX_SPLIT) {
            machine->stack[depth].step = step->other;
            machine->stack[depth++].restore = UINT32_MAX;
        } else if (step->op == REGEX_SAVE) {
            machine->stack[depth].restore = step->index;
            machine->stack[depth++].value = machine->scratch[step->index];
            machine->scratch[step->index] = at;
        } else if (step->op != REGEX_ASSERT || !holds((enum regex_assert)step->index, text, at)) {
            continue;
        }
        machine->stack[depth].step = step->next;
        machine->stack[depth++].restore = UINT32_MAX;
    }
}

/* One byte for all threads. True: a thread has matched, its groups are in found, and those behind it are dropped. */
static bool threads_step(struct query_regex_machine *machine, struct str text, const char *at,
                         const char **found)
{
    const struct query_regex *regex = machine->regex;
    size_t slots = regex->group_count * 2;
    machine->then.count = 0;
    for (size_t i = 0; i < machine->now.count; i++) {
        const struct regex_step *step = &regex->steps[machine->now.dense[i]];
        if (step->op == REGEX_MATCH) {
            if (slots)
                memcpy(found, &machine->now.saved[i * slots], slots * sizeof(char *));
            return true;
        }
        if (at == text.ptr + text.len || !step_takes(regex, step, (unsigned char)*at))
            continue;
        if (slots)
            memcpy(machine->scratch, &machine->now.saved[i * slots], slots * sizeof(char *));
        threads_add(machine, &machine->then, step->next, text, at + 1);
    }
    return false;
}

/* Where a match may begin, from at on; end when nowhere, or there at most. */
static const char *next_begin(const struct query_regex *regex, const char *at, const char *end)
{
    if (regex->literal_first) {
        size_t found = str_find(str_of(at, (size_t)(end - at)), regex->literal);
        return found == STR_NOT_FOUND ? end : at + found;
    }
    if (!regex->may_be_empty)
        while (at < end && !regex_set_has(&regex->begin, (unsigned char)*at))
            at++;
    return at;
}

static bool may_begin(const struct query_regex *regex, const char *at, const char *end)
{
    return regex->may_be_empty || (at < end && regex_set_has(&regex->begin, (unsigned char)*at));
}

static bool walk(struct query_regex_machine *machine, struct str text, const char **found)
{
    size_t slots = machine->regex->group_count * 2;
    bool matched = false;
    if (!machine->stack)
        walker_init(machine);
    machine->now.count = 0;
    for (const char *at = text.ptr, *end = text.ptr + text.len;; at++) {
        if (machine->now.count == 0)
            at = matched ? end : next_begin(machine->regex, at, end);
        if (!matched && may_begin(machine->regex, at, end)) {
            memset(machine->scratch, 0, slots * sizeof(char *));
            threads_add(machine, &machine->now, first_step(machine->regex), text, at);
        }
        if (machine->now.count == 0)
            break;
        matched |= threads_step(machine, text, at, found);
        struct threads now = machine->now;
        machine->now = machine->then;
        machine->then = now;
        if (at == end)
            break;
    }
    return matched;
}

bool query_regex_matches(struct query_regex_machine *machine, struct str text)
{
    const struct query_regex *regex = machine->regex;
    if (!text.ptr)
        text = STR("");
    if (!str_empty(regex->literal) && str_find(text, regex->literal) == STR_NOT_FOUND)
        return false;
    if (regex->literal_only)
        return true;
    const char *found[QUERY_REGEX_GROUPS_MAX * 2];
    if (regex->walked)
        return walk(machine, text, found);
    if (!machine->states)
        states_init(machine);
    int matches = states_run(machine, text);
    return matches < 0 ? walk(machine, text, found) : matches;
}

bool query_regex_search(struct query_regex_machine *machine, struct str text, struct str *groups)
{
    const struct query_regex *regex = machine->regex;
    const char *found[QUERY_REGEX_GROUPS_MAX * 2] = { NULL };
    if (!text.ptr)
        text = STR("");
    size_t literal_at = str_find(text, regex->literal);
    if (literal_at == STR_NOT_FOUND)
        return false;
    /* Most texts have no match at all, which the table says sooner. */
    if (!regex->walked && !regex->literal_only) {
        if (!machine->states)
            states_init(machine);
        if (states_run(machine, regex->literal_first ? str_from_offset(text, literal_at) : text) == 0)
            return false;
    }
    if (!walk(machine, text, found))
        return false;
    for (size_t i = 0; i < regex->group_count; i++)
        groups[i] = found[i * 2] && found[i * 2 + 1]
                        ? str_of(found[i * 2], (size_t)(found[i * 2 + 1] - found[i * 2]))
                        : STR_EMPTY;
    return true;
}
