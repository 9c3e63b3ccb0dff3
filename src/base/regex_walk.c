/* regex_walk.c - searching with groups: a list of places where a run may stand, in order of preference, each with the
 * groups that it has seen. The table, where there is one, is asked first: most texts have no match at all. */
#include "base/regex_program.h"

#include "base/utf8.h"

#include <stdlib.h>

struct threads {
    uint16_t *dense, *sparse;
    size_t count;
    const char **saved; /* of dense[i]: group_count * 2 from i times that */
};

struct pending {
    uint16_t place;
    bool restores; /* no place to go to: a group's begin or end is put back */
    uint16_t slot;
    const char *value;
};

struct regex_walker {
    const struct regex *regex;
    const struct machine *machine;
    struct threads now, then;
    const char **scratch;
    struct pending *stack; /* NULL: not needed yet */
    uint64_t begin[4];     /* bytes that a match may begin with */
    bool may_be_empty;     /* a match may be of no characters at all: begin says nothing */
    regex_stops_f *stops;
    void *stops_self;
    size_t steps; /* since it was asked */
    bool stopped;
};

static void *take(size_t count, size_t size)
{
    void *memory = calloc(count ? count : 1, size);
    if (!memory)
        abort();
    return memory;
}

/* ---- life ---- */

struct regex_walker *regex_walker_new(const struct regex *regex)
{
    struct regex_walker *walker = take(1, sizeof(*walker));
    walker->regex = regex;
    walker->machine = &regex->machines[regex->machine_count - 1];
    return walker;
}

void regex_walker_watch(struct regex_walker *walker, regex_stops_f *stops, void *self)
{
    walker->stops = stops;
    walker->stops_self = self;
}

bool regex_walker_stopped(const struct regex_walker *walker)
{
    return walker->stopped;
}

static void threads_init(struct threads *threads, size_t places, size_t slots)
{
    threads->dense = take(places, sizeof(*threads->dense));
    threads->sparse = take(places, sizeof(*threads->sparse));
    threads->saved = take(places * slots, sizeof(*threads->saved));
}

static void threads_fini(struct threads *threads)
{
    free(threads->dense);
    free(threads->sparse);
    free(threads->saved);
}

static void begin_add(struct regex_walker *walker, const struct place *place)
{
    const struct kinds *kinds = &walker->machine->kinds;
    for (unsigned c = 0; c < 128; c++)
        if (class_has_kind(walker->machine, place->index, kinds->of_ascii[c]))
            walker->begin[c / 64] |= UINT64_C(1) << (c % 64);
    for (size_t i = 0; i < kinds->count; i++) {
        bool is_wide = i + 1 == kinds->count || kinds->starts[i + 1] > 128;
        for (unsigned c = 0xC2;
             is_wide && class_has_kind(walker->machine, place->index, kinds->kind[i]) && c < 0xF5; c++)
            walker->begin[c / 64] |= UINT64_C(1) << (c % 64);
    }
}

/* What can be reached without a character from where a match begins. */
static void find_begin(struct regex_walker *walker)
{
    const struct machine *machine = walker->machine;
    bool *seen = take(machine->length, sizeof(*seen));
    size_t count = 0;
    walker->stack[count++].place = machine->walk_start;
    while (count) {
        uint16_t at = walker->stack[--count].place;
        const struct place *place = &machine->program[at];
        if (seen[at])
            continue;
        seen[at] = true;
        if (place->type == PLACE_CLASS) {
            begin_add(walker, place);
        } else if (place->type == PLACE_MATCH) {
            walker->may_be_empty = true;
        } else {
            if (place->type == PLACE_SPLIT)
                walker->stack[count++].place = place->other;
            walker->stack[count++].place = place->next;
        }
    }
    free(seen);
}

static void walker_init(struct regex_walker *walker)
{
    size_t places = walker->machine->length, slots = walker->regex->group_count * 2;
    threads_init(&walker->now, places, slots);
    threads_init(&walker->then, places, slots);
    walker->scratch = take(slots, sizeof(*walker->scratch));
    /* A place is put there once for each way into it: two of a split, and one to restore of a save. */
    walker->stack = take(places * 2 + 2, sizeof(*walker->stack));
    find_begin(walker);
}

void regex_walker_free(struct regex_walker **at)
{
    struct regex_walker *walker = *at;
    if (!walker)
        return;
    *at = NULL;
    threads_fini(&walker->now);
    threads_fini(&walker->then);
    free(walker->scratch);
    free(walker->stack);
    free(walker);
}

/* ---- one walk ---- */

static bool is_word(char c)
{
    return (c >= '0' && c <= '9') || ((c | 0x20) >= 'a' && (c | 0x20) <= 'z') || c == '_';
}

static bool holds(enum place_type type, struct str text, const char *at)
{
    const char *end = text.ptr + text.len;
    bool before = at > text.ptr && is_word(at[-1]), behind = at < end && is_word(*at);
    switch (type) {
    case PLACE_BEGIN:
        return at == text.ptr;
    case PLACE_END:
        return at == end;
    case PLACE_LINE_BEGIN:
        return at == text.ptr || at[-1] == '\n';
    case PLACE_LINE_END:
        return at == end || *at == '\n';
    case PLACE_WORD:
        return before != behind;
    case PLACE_NO_WORD:
        return before == behind;
    case PLACE_CLASS:
    case PLACE_SPLIT:
    case PLACE_SAVE:
    case PLACE_MATCH:
        break;
    }
    return false;
}

static bool has_thread(const struct threads *threads, uint16_t place)
{
    uint16_t at = threads->sparse[place];
    return at < threads->count && threads->dense[at] == place;
}

/* Adds a thread at every place that can be reached without a character, in order of preference; scratch holds its
 * groups. */
static void threads_add(struct regex_walker *walker, struct threads *threads, uint16_t from, struct str text,
                        const char *at)
{
    size_t slots = walker->regex->group_count * 2, depth = 0;
    walker->stack[depth++] = (struct pending){ .place = from };
    while (depth) {
        struct pending pending = walker->stack[--depth];
        if (pending.restores) {
            walker->scratch[pending.slot] = pending.value;
            continue;
        }
        if (has_thread(threads, pending.place))
            continue;
        const struct place *place = &walker->machine->program[pending.place];
        threads->sparse[pending.place] = (uint16_t)threads->count;
        threads->dense[threads->count] = pending.place;
        if (slots)
            memcpy(&threads->saved[threads->count * slots], walker->scratch,
                   slots * sizeof(*walker->scratch));
        threads->count++;
        if (place->type == PLACE_SPLIT) {
            walker->stack[depth++] = (struct pending){ .place = place->other };
        } else if (place->type == PLACE_SAVE) {
            walker->stack[depth++] = (struct pending){ .restores = true,
                                                       .slot = place->index,
                                                       .value = walker->scratch[place->index] };
            walker->scratch[place->index] = at;
        } else if (!holds(place->type, text, at)) {
            continue;
        }
        walker->stack[depth++] = (struct pending){ .place = place->next };
    }
}

/* One character for all threads, `next` behind it; at the end of the text there is none. True: a thread has matched,
 * its groups are in found, and those behind it are dropped. */
static bool threads_step(struct regex_walker *walker, struct str text, unsigned kind, const char *next,
                         const char **found)
{
    const struct machine *machine = walker->machine;
    size_t slots = walker->regex->group_count * 2;
    walker->then.count = 0;
    for (size_t i = 0; i < walker->now.count; i++) {
        const struct place *place = &machine->program[walker->now.dense[i]];
        if (place->type == PLACE_MATCH) {
            if (slots)
                memcpy(found, &walker->now.saved[i * slots], slots * sizeof(*found));
            return true;
        }
        if (!next || place->type != PLACE_CLASS || !class_has_kind(machine, place->index, kind))
            continue;
        if (slots)
            memcpy(walker->scratch, &walker->now.saved[i * slots], slots * sizeof(*walker->scratch));
        threads_add(walker, &walker->then, place->next, text, next);
    }
    return false;
}

static bool may_begin(const struct regex_walker *walker, const char *at, const char *end)
{
    unsigned char c = at < end ? (unsigned char)*at : 0;
    return walker->may_be_empty || (at < end && walker->begin[c / 64] >> (c % 64) & 1);
}

/* Where a match may begin, from at on; end when nowhere, or there at most. */
static const char *next_begin(const struct regex_walker *walker, const char *at, const char *end)
{
    const struct regex_literal *literal = &walker->regex->literal;
    if (literal->first) {
        size_t found = str_find(str_of(at, (size_t)(end - at)), literal->text);
        return found == STR_NOT_FOUND ? end : at + found;
    }
    while (at < end && !may_begin(walker, at, end))
        at++;
    return at;
}

enum { STEPS_MAX = 1 << 19 }; /* of threads, between two questions */

static bool is_to_stop(struct regex_walker *walker)
{
    walker->steps += walker->now.count + 1;
    if (walker->steps < STEPS_MAX)
        return false;
    walker->steps = 0;
    walker->stopped |= walker->stops && walker->stops(walker->stops_self);
    return walker->stopped;
}

static bool walk(struct regex_walker *walker, struct str text, const char **found)
{
    size_t slots = walker->regex->group_count * 2;
    bool matched = false;
    if (!walker->stack)
        walker_init(walker);
    walker->now.count = 0;
    for (const char *at = text.ptr, *end = text.ptr + text.len;;) {
        if (walker->now.count == 0)
            at = matched ? end : next_begin(walker, at, end);
        if (!matched && may_begin(walker, at, end)) {
            memset(walker->scratch, 0, slots * sizeof(*walker->scratch));
            threads_add(walker, &walker->now, walker->machine->walk_start, text, at);
        }
        if (walker->now.count == 0)
            return matched;
        uint32_t code = 0;
        const char *next = at == end ? NULL : at + utf8_decode(str_of(at, (size_t)(end - at)), &code);
        matched |= threads_step(walker, text, kind_of(&walker->machine->kinds, code), next, found);
        struct threads now = walker->now;
        walker->now = walker->then;
        walker->then = now;
        if (!next)
            return matched;
        if (is_to_stop(walker))
            return false;
        at = next;
    }
}

bool regex_walker_matches(struct regex_walker *walker, struct str text)
{
    const struct regex *regex = walker->regex;
    const char *found[REGEX_GROUPS_MAX * 2];
    if (!text.ptr)
        text = STR("");
    if (walker->machine->table)
        return regex_match(regex, text);
    return str_find(text, regex->literal.text) != STR_NOT_FOUND && walk(walker, text, found);
}

bool regex_walker_search(struct regex_walker *walker, struct str text, struct str *groups)
{
    const struct regex *regex = walker->regex;
    const char *found[REGEX_GROUPS_MAX * 2] = { NULL };
    if (!text.ptr)
        text = STR("");
    size_t literal_at = str_find(text, regex->literal.text);
    if (literal_at == STR_NOT_FOUND)
        return false;
    if (walker->machine->table && !regex->literal.only &&
        !regex_match(regex, regex->literal.first ? str_from_offset(text, literal_at) : text))
        return false;
    if (!walk(walker, text, found))
        return false;
    for (size_t i = 0; i < regex->group_count; i++)
        groups[i] = found[i * 2] && found[i * 2 + 1]
                        ? str_of(found[i * 2], (size_t)(found[i * 2 + 1] - found[i * 2]))
                        : STR_EMPTY;
    return true;
}
