/* library.c - libcrema-match: the room's types behind the names of crema/match.h.
 *
 * Truths: 1. Nothing of the tree's own headers shows through; what goes out is bytes with a length.
 *         2. An explanation owns an arena with all its texts.
 */
#include "crema/match.h"

#include "json/json_index.h"
#include "match/matcher.h"
#include "match/pattern.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

struct crema_match {
    struct matcher *matcher;
    struct arena arena; /* texts of one call */
};

struct crema_match_reader {
    struct matcher_reader *reader;
};

struct crema_match_pattern {
    struct arena arena;
    struct pattern *pattern;
};

struct crema_match_explanation {
    struct arena arena;
    struct pattern_explanation explanation;
    struct crema_match_finding *findings;
    struct str json;
};

static void *new_zeroed(size_t size)
{
    void *made = calloc(1, size);
    if (!made)
        abort();
    return made;
}

const char *crema_match_version(void)
{
    return CREMA_VERSION;
}

const char *crema_match_kernel(void)
{
    return json_index_used();
}

/* ---- errors ---- */

/* The number after the last `name` in the text. */
static unsigned number_after(struct str text, struct str name)
{
    unsigned number = 0;
    size_t at = 0;
    for (size_t next; (next = str_find(str_from_offset(text, at), name)) != STR_NOT_FOUND;)
        at += next + name.len;
    for (; at && at < text.len && text.ptr[at] >= '0' && text.ptr[at] <= '9' && number < 1000000000; at++)
        number = number * 10 + (unsigned)(text.ptr[at] - '0');
    return number;
}

static enum crema_match_status bad_pattern(struct crema_match_error *error, struct str text)
{
    if (error) {
        snprintf(error->text, sizeof(error->text), "%.*s", STR_ARG(text));
        error->line = number_after(text, STR("; line: "));
        error->column = number_after(text, STR(", column: "));
    }
    return CREMA_MATCH_BAD_PATTERN;
}

static enum crema_match_status bad_event(struct crema_match_error *error, const struct json_error *why)
{
    if (error) {
        snprintf(error->text, sizeof(error->text), "%s", why->text);
        error->line = why->line;
        error->column = why->column;
    }
    return CREMA_MATCH_BAD_EVENT;
}

static bool is_object(struct str event, struct crema_match_error *error)
{
    size_t at = 0;
    while (at < event.len && memchr(" \t\r\n", event.ptr[at], 4))
        at++;
    if (at < event.len && event.ptr[at] == '{')
        return true;
    if (error) {
        snprintf(error->text, sizeof(error->text), "An event is a JSON object");
        json_place(event, at, &error->line, &error->column);
    }
    return false;
}

static struct pattern_limits limits_of(const struct crema_match_limits *limits)
{
    if (!limits)
        return (struct pattern_limits){ 0 };
    return (struct pattern_limits){ .bytes_max = limits->pattern_bytes_max,
                                    .conjunctions_max = limits->combinations_max,
                                    .wildcard_cost_max = limits->wildcard_cost_max };
}

/* ---- many rules ---- */

struct crema_match *crema_match_new(const struct crema_match_limits *limits)
{
    struct crema_match *match = new_zeroed(sizeof(*match));
    struct pattern_limits own = limits_of(limits);
    match->matcher = matcher_new(&own);
    return match;
}

void crema_match_free(struct crema_match **match)
{
    if (!*match)
        return;
    matcher_free(&(*match)->matcher);
    arena_fini(&(*match)->arena);
    free(*match);
    *match = NULL;
}

enum crema_match_status crema_match_add(struct crema_match *match, uint64_t rule, const char *pattern,
                                        size_t pattern_bytes, struct crema_match_error *error)
{
    struct str why = STR_EMPTY;
    enum err err = matcher_add(match->matcher, rule, str_of(pattern, pattern_bytes), &match->arena, &why);
    enum crema_match_status status = CREMA_MATCH_OK;
    if (err == ERR_CONFLICT) {
        status = CREMA_MATCH_EXISTS;
        if (error)
            *error = (struct crema_match_error){ .text = "There is a rule of this number" };
    } else if (err) {
        status = bad_pattern(error, why);
    }
    arena_reset(&match->arena);
    return status;
}

enum crema_match_status crema_match_remove(struct crema_match *match, uint64_t rule)
{
    return matcher_remove(match->matcher, rule) ? CREMA_MATCH_NOT_FOUND : CREMA_MATCH_OK;
}

void crema_match_statistics(const struct crema_match *match, struct crema_match_statistics *ret)
{
    struct matcher_stats stats;
    matcher_stats(match->matcher, &stats);
    *ret = (struct crema_match_statistics){
        .rules = stats.rules, .bytes = stats.bytes, .places = stats.places, .tests = stats.tests
    };
}

struct crema_match_reader *crema_match_reader_new(struct crema_match *match)
{
    struct crema_match_reader *reader = new_zeroed(sizeof(*reader));
    reader->reader = matcher_reader_new(match->matcher);
    return reader;
}

void crema_match_reader_free(struct crema_match_reader **reader)
{
    if (!*reader)
        return;
    matcher_reader_free(&(*reader)->reader);
    free(*reader);
    *reader = NULL;
}

enum crema_match_status crema_match_event(struct crema_match_reader *reader, const char *event,
                                          size_t event_bytes, struct crema_match_rules *ret,
                                          struct crema_match_error *error)
{
    struct matcher_result result;
    struct json_error why = { .line = 0 };
    struct str text = str_of(event, event_bytes);
    if (matcher_match(reader->reader, text, &result, error ? &why : NULL))
        return bad_event(error, &why);
    if (!is_object(text, error))
        return CREMA_MATCH_BAD_EVENT;
    *ret = (struct crema_match_rules){ .at = result.rules, .count = result.count };
    return CREMA_MATCH_OK;
}

/* ---- one pattern, and why ---- */

enum crema_match_status crema_match_pattern_new(const char *pattern, size_t pattern_bytes,
                                                const struct crema_match_limits *limits,
                                                struct crema_match_pattern **ret,
                                                struct crema_match_error *error)
{
    struct crema_match_pattern *made = new_zeroed(sizeof(*made));
    struct pattern_limits own = limits_of(limits);
    struct str why = STR_EMPTY;
    if (pattern_compile(&made->arena, str_of(pattern, pattern_bytes), &own, &made->pattern, &why)) {
        enum crema_match_status status = bad_pattern(error, why);
        crema_match_pattern_free(&made);
        return status;
    }
    *ret = made;
    return CREMA_MATCH_OK;
}

void crema_match_pattern_free(struct crema_match_pattern **pattern)
{
    if (!*pattern)
        return;
    arena_fini(&(*pattern)->arena);
    free(*pattern);
    *pattern = NULL;
}

static struct crema_match_text text_of(struct str text)
{
    return (struct crema_match_text){ .at = text.ptr ? text.ptr : "", .bytes = text.len };
}

/* All that may be asked of the explanation, made at once, so that reading it needs no lock. */
static struct crema_match_explanation *explain(const struct pattern *pattern, const struct json *event)
{
    struct crema_match_explanation *made = new_zeroed(sizeof(*made));
    struct arena *arena = &made->arena;
    struct pattern_explanation *explanation = &made->explanation;
    pattern_explain(pattern, arena, event, explanation);
    made->findings = ARENA_ARRAY(arena, struct crema_match_finding, explanation->finding_count + 1);
    for (uint32_t i = 0; i < explanation->finding_count; i++) {
        const struct pattern_finding *finding = &explanation->findings[i];
        struct json values = json_of_array(finding->values, finding->value_count);
        made->findings[i] = (struct crema_match_finding){
            .place = text_of(arena_copy(arena, finding->place)),
            .test = text_of(arena_copy(arena, finding->test)),
            .kind = text_of(arena_copy(arena, finding->kind)),
            .values = text_of(json_text(arena, &values)),
            .values_more = finding->values_more,
            .passed = finding->passed,
        };
    }
    explanation->divided_place = arena_copy(arena, explanation->divided_place);
    struct buf json = { 0 };
    struct json_writer writer;
    json_writer_init(&writer, &json);
    pattern_explanation_write(explanation, &writer);
    made->json = arena_copy(arena, buf_str(&json));
    buf_fini(&json);
    /* What pattern and event own is not looked at any more. */
    explanation->findings = NULL;
    return made;
}

static enum crema_match_status read_event(struct arena *arena, const char *event, size_t event_bytes,
                                          struct json *ret, struct crema_match_error *error)
{
    struct json_error why;
    struct str text = str_of(event, event_bytes);
    if (json_read(arena, text, 0, ret, &why))
        return bad_event(error, &why);
    return is_object(text, error) ? CREMA_MATCH_OK : CREMA_MATCH_BAD_EVENT;
}

enum crema_match_status crema_match_explain(const struct crema_match_pattern *pattern, const char *event,
                                            size_t event_bytes, struct crema_match_explanation **ret,
                                            struct crema_match_error *error)
{
    struct arena arena = { 0 };
    struct json value;
    enum crema_match_status status = read_event(&arena, event, event_bytes, &value, error);
    if (status == CREMA_MATCH_OK)
        *ret = explain(pattern->pattern, &value);
    arena_fini(&arena);
    return status;
}

void crema_match_explanation_free(struct crema_match_explanation **explanation)
{
    if (!*explanation)
        return;
    arena_fini(&(*explanation)->arena);
    free(*explanation);
    *explanation = NULL;
}

int crema_match_explanation_matched(const struct crema_match_explanation *explanation)
{
    return explanation->explanation.matched;
}

size_t crema_match_explanation_places(const struct crema_match_explanation *explanation)
{
    return explanation->explanation.clauses;
}

size_t crema_match_explanation_places_passed(const struct crema_match_explanation *explanation)
{
    return explanation->explanation.clauses_passed;
}

struct crema_match_text crema_match_explanation_divided(const struct crema_match_explanation *explanation)
{
    return text_of(explanation->explanation.divided_place);
}

size_t crema_match_explanation_findings(const struct crema_match_explanation *explanation)
{
    return explanation->explanation.finding_count;
}

const struct crema_match_finding *
crema_match_explanation_finding(const struct crema_match_explanation *explanation, size_t index)
{
    assert(index < explanation->explanation.finding_count);
    return &explanation->findings[index];
}

struct crema_match_text crema_match_explanation_json(const struct crema_match_explanation *explanation)
{
    return text_of(explanation->json);
}

struct explained {
    size_t index;
    struct crema_match_explanation *explanation;
};

static int nearer(const void *a, const void *b)
{
    const struct explained *x = a, *y = b;
    int order = pattern_explanation_compare(&x->explanation->explanation, &y->explanation->explanation);
    return order ? order : (x->index > y->index) - (x->index < y->index);
}

enum crema_match_status crema_match_explain_many(const struct crema_match_pattern *const *patterns,
                                                 size_t count, const char *event, size_t event_bytes,
                                                 crema_match_explained *each, void *self,
                                                 struct crema_match_error *error)
{
    struct arena arena = { 0 };
    struct json value;
    enum crema_match_status status = read_event(&arena, event, event_bytes, &value, error);
    struct explained *all = ARENA_ARRAY(&arena, struct explained, count + 1);
    if (status != CREMA_MATCH_OK)
        count = 0;
    for (size_t i = 0; i < count; i++)
        all[i] = (struct explained){ i, explain(patterns[i]->pattern, &value) };
    if (count)
        qsort(all, count, sizeof(*all), nearer);
    for (size_t i = 0; i < count; i++)
        if (each(self, all[i].index, all[i].explanation))
            break;
    for (size_t i = 0; i < count; i++)
        crema_match_explanation_free(&all[i].explanation);
    arena_fini(&arena);
    return status;
}
