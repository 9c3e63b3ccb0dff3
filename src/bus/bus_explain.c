/* bus_explain.c - why an event matches rules, or does not. */
#include "bus/bus_impl.h"

#include <stdlib.h>

static bool event_read(struct arena *arena, struct str text, struct json *ret, struct fault *reterr)
{
    if (json_read(arena, text, 0, ret, NULL) || ret->type != JSON_OBJECT)
        return fault_set(reterr, arena, FAULT_VALIDATION, "Parameter Event is not valid.");
    return true;
}

bool bus_pattern_explain(const struct bus_settings *settings, struct arena *arena, struct str pattern_text,
                         struct str event_text, struct pattern_explanation *ret, struct fault *reterr)
{
    struct pattern *pattern;
    struct json event;
    if (!bus_pattern_compile(&settings->patterns, arena, pattern_text, &pattern, reterr) ||
        !event_read(arena, event_text, &event, reterr))
        return false;
    pattern_explain(pattern, arena, &event, ret);
    return true;
}

static int nearest_first(const void *left, const void *right)
{
    const struct bus_explained *a = left, *b = right;
    int order = pattern_explanation_compare(&a->explanation, &b->explanation);
    return order ? order : str_compare(a->rule.name, b->rule.name);
}

static bool rule_compile(const struct bus_look *look, struct arena *arena, const struct bus_rule *rule,
                         struct pattern **ret, struct fault *reterr)
{
    struct fault fault = { 0 };
    return bus_pattern_compile(&bus_pattern_unlimited, arena, rule->pattern, ret, &fault) ||
           fault_set(reterr, look->arena, FAULT_INTERNAL, "Rule %.*s of this store cannot be compiled.",
                     STR_ARG(rule->arn));
}

/* How near the rules came; what is found is not kept. */
static bool rank_some(const struct bus_look *look, struct arena *arena, const struct json *event,
                      const struct bus_rule *rules, size_t count, struct bus_explained *ret,
                      struct fault *reterr)
{
    struct pattern **patterns = ARENA_ARRAY(arena, struct pattern *, count);
    struct pattern_explanation *ranks = ARENA_ARRAY(arena, struct pattern_explanation, count);
    for (size_t i = 0; i < count; i++)
        if (!rule_compile(look, arena, &rules[i], &patterns[i], reterr))
            return false;
    pattern_rank((const struct pattern *const *)patterns, count, arena, event, ranks);
    for (size_t i = 0; i < count; i++)
        ret[i] = (struct bus_explained){ .rule = rules[i], .explanation = ranks[i] };
    return true;
}

/* All of them, sorted: the event is walked once for many, the patterns of so many are in memory at a time. */
static bool rank_all(const struct bus_look *look, const struct json *event, const bus_rules *rules,
                     struct bus_explained *ret, struct bus_explain_page *page, struct fault *reterr)
{
    enum { AT_ONCE = 1000 };
    struct arena scratch = { 0 };
    bool done = true;
    for (size_t i = 0; i < rules->len && done; i += AT_ONCE) {
        size_t count = rules->len - i < AT_ONCE ? rules->len - i : AT_ONCE;
        done = rank_some(look, &scratch, event, &rules->at[i], count, &ret[i], reterr);
        arena_reset(&scratch);
    }
    arena_fini(&scratch);
    for (size_t i = 0; i < rules->len && done; i++)
        page->matched += ret[i].explanation.matched;
    qsort(ret, rules->len, sizeof(*ret), nearest_first);
    return done;
}

bool bus_explain(const struct bus_look *look, struct str bus_name, struct str event_text,
                 struct bus_explain_page *page, bus_explained_rules *ret, struct fault *reterr)
{
    struct json event;
    bus_rules rules = { 0 };
    struct bus_page all = { .limit = SIZE_MAX - 1 };
    if (!event_read(look->arena, event_text, &event, reterr) ||
        !bus_rule_list(look, bus_name, STR_EMPTY, &all, &rules, reterr))
        return false;
    struct bus_explained *ranked = ARENA_ARRAY(look->arena, struct bus_explained, rules.len + 1);
    page->rules = rules.len;
    if (!rank_all(look, &event, &rules, ranked, page, reterr))
        return false;
    for (size_t i = page->from; i < rules.len && ret->len < page->limit; i++) {
        struct pattern *pattern;
        if (!rule_compile(look, look->arena, &ranked[i].rule, &pattern, reterr))
            return false;
        pattern_explain(pattern, look->arena, &event, &ranked[i].explanation);
        VEC_PUSH(look->arena, ret, ranked[i]);
    }
    return true;
}
