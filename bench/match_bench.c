/* match_bench.c - what matching costs: one thread, whole events from bytes, in memory.
 *
 *     build/bench-match [--quick] [--json] [--seed=N] [--lines=N] [--only=families,bus,wildcards] [--kernel=NAME]
 *                       [--family=NAME]                              of the families those whose names have it
 *     build/bench-match --generate=FILE [--lines=N] [--seed=N]      writes the lots and ends
 *
 * Every figure is the best of several passes. What the matcher finds on a sample of the lines is held against
 * the plain evaluator, and a difference ends the program.
 */
#include "match_bench.h"

#include "io/clock.h"
#include "json/json_index.h"
#include "match/matcher.h"

#include <assert.h>
#include <malloc.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

struct options {
    bool quick, json;
    uint64_t seed;
    uint32_t lines, bus_events;
    const char *only, *family, *generate, *kernel;
};

struct bench {
    struct options options;
    struct buf out;
    struct json_writer writer; /* the figures */
    double scan_bytes_per_ns;  /* of the plain newline scan of the lots */
};

static void say(const struct bench *bench, const char *format, ...) PRINTF_LIKE(2, 3);
static void say(const struct bench *bench, const char *format, ...)
{
    va_list list;
    va_start(list, format);
    vfprintf(bench->options.json ? stderr : stdout, format, list);
    va_end(list);
}

/* to_reach 0: only shown. */
static void figure(struct bench *bench, const char *name, double reached, double to_reach, bool at_most,
                   const char *unit)
{
    struct json_writer *w = &bench->writer;
    json_begin_object(w);
    json_put_member_str(w, STR("figure"), str_from(name));
    json_key(w, STR("reached"));
    json_put_double(w, reached);
    json_key(w, STR("to_reach"));
    json_put_double(w, to_reach);
    json_put_member_bool(w, STR("at_most"), at_most);
    json_put_member_str(w, STR("unit"), str_from(unit));
    json_end_object(w);
}

static const char *verdict(double reached, double to_reach, bool at_most)
{
    return to_reach == 0 ? "" : (at_most ? reached <= to_reach : reached >= to_reach) ? "ok" : "short";
}

/* ---- passes over lines ---- */

struct pass {
    uint64_t lines, matched, hits;
    struct matcher_reader *reader;
    struct json_index index;
};

typedef void pass_f(struct pass *pass, struct str line);

static void pass_newlines(struct pass *pass, struct str line)
{
    (void)line;
    pass->lines++;
}

static void pass_index(struct pass *pass, struct str line)
{
    pass->lines++;
    enum err err = json_index_read(&pass->index, line);
    assert(!err);
}

static void pass_match(struct pass *pass, struct str line)
{
    struct matcher_result result;
    pass->lines++;
    enum err err = matcher_match(pass->reader, line, &result, NULL);
    assert(!err);
    pass->matched += result.count != 0;
    pass->hits += result.count;
}

static inline __attribute__((always_inline)) void each_line(struct str events, pass_f *f, struct pass *pass)
{
    const char *at = events.ptr, *end = events.ptr + events.len;
    while (at < end) {
        const char *stop = memchr(at, '\n', (size_t)(end - at));
        f(pass, str_of(at, (size_t)(stop - at)));
        at = stop + 1;
    }
}

enum pass_kind { NEWLINES, INDEX, MATCH };

/* Best of several passes, in ns. Slow ones are not repeated for long. */
static double best_ns(enum pass_kind kind, struct str events, struct pass *pass, bool quick)
{
    double best = 0, spent = 0;
    for (unsigned n = 0; n < (quick ? 2u : 7u) && (n < 2 || spent < 6e9); n++) {
        pass->lines = pass->matched = pass->hits = 0;
        int64_t start = clock_monotonic_ns();
        if (kind == NEWLINES)
            each_line(events, pass_newlines, pass);
        else if (kind == INDEX)
            each_line(events, pass_index, pass);
        else
            each_line(events, pass_match, pass);
        double took = (double)(clock_monotonic_ns() - start);
        spent += took;
        best = n == 0 || took < best ? took : best;
    }
    return best;
}

/* ---- against the plain evaluator ---- */

static void differ(struct str line, struct str pattern, bool found)
{
    fprintf(
        stderr, "bench-match: the matcher %s a rule that the evaluator says %s\n  rule  %.*s\n  event %.*s\n",
        found ? "found" : "missed", found ? "does not match" : "matches", STR_ARG(pattern), STR_ARG(line));
    exit(1);
}

static bool holds(const struct matcher_result *result, uint64_t rule)
{
    for (size_t i = 0; i < result->count; i++)
        if (result->rules[i] == rule)
            return true;
    return false;
}

/* Checks `samples` of the lines, spread over all; returns how many. */
static uint32_t check(struct matcher_reader *reader, const struct rule_list *rules, struct str events,
                      uint32_t lines, uint32_t samples)
{
    struct arena kept = { 0 }, scratch = { 0 };
    struct pattern **patterns = ARENA_ARRAY(&kept, struct pattern *, rules->patterns.len + 1);
    struct str error;
    uint32_t checked = 0, number = 0, every = lines / samples ? lines / samples : 1;
    for (size_t i = 0; i < rules->patterns.len; i++) {
        enum err err = pattern_compile(&kept, rules->patterns.at[i], NULL, &patterns[i], &error);
        assert(!err);
    }
    for (struct str rest = events, line; str_cut(rest, '\n', &line, &rest) && line.len; number++) {
        if (number % every)
            continue;
        struct json event;
        struct matcher_result result;
        enum err err = json_read(&scratch, line, 0, &event, NULL);
        if (!err)
            err = matcher_match(reader, line, &result, NULL);
        assert(!err);
        for (size_t i = 0; i < rules->patterns.len; i++) {
            bool found = holds(&result, i);
            if (pattern_match(patterns[i], &scratch, &event) != found)
                differ(line, rules->patterns.at[i], found);
        }
        arena_reset(&scratch);
        checked++;
    }
    arena_fini(&kept);
    arena_fini(&scratch);
    return checked;
}

/* ---- rules ---- */

static void add_all(struct matcher *matcher, const struct rule_list *rules)
{
    struct arena arena = { 0 };
    for (size_t i = 0; i < rules->patterns.len; i++) {
        struct str error = STR_EMPTY;
        enum err err = matcher_add(matcher, i, rules->patterns.at[i], &arena, &error);
        if (err) {
            fprintf(stderr, "bench-match: %.*s\n  %.*s\n", STR_ARG(rules->patterns.at[i]), STR_ARG(error));
            exit(1);
        }
        arena_reset(&arena);
    }
    arena_fini(&arena);
}

/* In an order that is not that of adding. */
static void remove_all(struct matcher *matcher, const struct rule_list *rules, const uint64_t *order)
{
    for (size_t i = 0; i < rules->patterns.len; i++) {
        enum err err = matcher_remove(matcher, order[i]);
        assert(!err);
    }
}

static uint64_t *shuffled(struct arena *arena, size_t count, uint64_t seed)
{
    struct chance chance = { seed };
    uint64_t *order = ARENA_ARRAY(arena, uint64_t, count + 1);
    for (size_t i = 0; i < count; i++) {
        size_t j = chance_below(&chance, (uint32_t)i + 1);
        order[i] = order[j];
        order[j] = i;
    }
    return order;
}

static double heap_bytes(void)
{
    struct mallinfo2 info = mallinfo2();
    return (double)(info.uordblks + info.hblkhd);
}

struct rule_costs {
    double added_per_s, removed_per_s, bytes, heap_bytes; /* bytes of one rule */
};

/* Best of three rounds; the matcher holds the rules afterwards. */
static void cost_rules(struct matcher *matcher, const struct rule_list *rules, struct rule_costs *ret)
{
    struct arena arena = { 0 };
    double count = (double)rules->patterns.len;
    uint64_t *order = shuffled(&arena, rules->patterns.len, 7);
    struct matcher_stats before, after;
    *ret = (struct rule_costs){ 0 };
    matcher_stats(matcher, &before);
    double heap = heap_bytes();
    for (int round = 0; round < 3; round++) {
        int64_t start = clock_monotonic_ns();
        add_all(matcher, rules);
        double added = count * 1e9 / (double)(clock_monotonic_ns() - start);
        ret->added_per_s = added > ret->added_per_s ? added : ret->added_per_s;
        if (round == 0) {
            matcher_stats(matcher, &after);
            ret->heap_bytes = (heap_bytes() - heap) / count;
            ret->bytes = (double)(after.bytes - before.bytes) / count;
        }
        start = clock_monotonic_ns();
        remove_all(matcher, rules, order);
        double removed = count * 1e9 / (double)(clock_monotonic_ns() - start);
        ret->removed_per_s = removed > ret->removed_per_s ? removed : ret->removed_per_s;
    }
    matcher_stats(matcher, &after);
    if (after.rules) {
        fprintf(stderr, "bench-match: %llu rules are left after all were removed\n",
                (unsigned long long)after.rules);
        exit(1);
    }
    add_all(matcher, rules);
    arena_fini(&arena);
}

/* ---- figures ---- */

static double show_match(struct bench *bench, const char *name, struct matcher_reader *reader,
                         struct str events, double to_reach, uint32_t checked)
{
    struct pass pass = { .reader = reader };
    double ns = best_ns(MATCH, events, &pass, bench->options.quick), lines = (double)pass.lines;
    double per_s = lines * 1e9 / ns;
    say(bench,
        "  %-34s %11.0f events/s %6.2f GB/s %7.0f ns  %5.2f%% of lines match, %.2f rules a line; %u checked  "
        "%s\n",
        name, per_s, (double)events.len / ns, ns / lines, 100 * (double)pass.matched / lines,
        (double)pass.hits / lines, checked, verdict(per_s, to_reach, false));
    return per_s;
}

static void show_scans(struct bench *bench, const char *what, struct str events, bool lots)
{
    struct pass pass = { 0 };
    double ns = best_ns(NEWLINES, events, &pass, bench->options.quick), bytes = (double)events.len;
    double lines = (double)pass.lines;
    say(bench, "%s: %.0f lines, %.0f bytes each\n  %-34s %11.0f events/s %6.2f GB/s %7.0f ns\n", what, lines,
        bytes / lines, "newline scan (memchr)", lines * 1e9 / ns, bytes / ns, ns / lines);
    if (lots)
        bench->scan_bytes_per_ns = bytes / ns;
    json_index_init(&pass.index);
    ns = best_ns(INDEX, events, &pass, bench->options.quick);
    char name[64];
    snprintf(name, sizeof(name), "structural index alone (%s)", json_index_used());
    say(bench, "  %-34s %11.0f events/s %6.2f GB/s %7.0f ns\n", name, lines * 1e9 / ns, bytes / ns,
        ns / lines);
    json_index_fini(&pass.index);
}

static void bench_families(struct bench *bench)
{
    struct buf text = { 0 };
    events_of_lots(&text, bench->options.seed, bench->options.lines);
    struct str events = buf_str(&text);
    show_scans(bench, "lots", events, true);
    for (size_t i = 0; i < family_count; i++) {
        const struct family *family = &families[i];
        if (bench->options.family && !strstr(family->name, bench->options.family))
            continue;
        struct rule_list rules = { 0 };
        family->make(&rules, events);
        struct matcher *matcher = matcher_new(NULL);
        struct matcher_reader *reader = matcher_reader_new(matcher);
        add_all(matcher, &rules);
        uint32_t checked =
            check(reader, &rules, events, bench->options.lines, bench->options.quick ? 1000 : 10000);
        double per_s =
            show_match(bench, family->name, reader, events, family->events_per_s_to_reach, checked);
        char name[96];
        snprintf(name, sizeof(name), "match, %s", family->name);
        figure(bench, name, per_s, family->events_per_s_to_reach, false, "events/s");
        if (i == 0) {
            double ratio =
                per_s * (double)events.len / (double)bench->options.lines / 1e9 / bench->scan_bytes_per_ns;
            say(bench, "  %-34s 1/%.1f  %s\n", "exact, of the newline scan's speed", 1 / ratio,
                verdict(ratio, 1.0 / 7, false));
            figure(bench, "match, newline scan's time over that of exact", ratio, 1.0 / 7, false, "");
        }
        matcher_reader_free(&reader);
        matcher_free(&matcher);
        rules_fini(&rules);
    }
    buf_fini(&text);
}

static void show_costs(struct bench *bench, const char *name, const struct rule_costs *costs,
                       double per_s_to_reach, double bytes_to_reach)
{
    char row[128];
    say(bench, "  %-34s %11.0f added/s %s %11.0f deleted/s %s %5.0f bytes each (%.0f of heap) %s\n", "",
        costs->added_per_s, verdict(costs->added_per_s, per_s_to_reach, false), costs->removed_per_s,
        verdict(costs->removed_per_s, per_s_to_reach, false), costs->bytes, costs->heap_bytes,
        verdict(costs->heap_bytes, bytes_to_reach, true));
    snprintf(row, sizeof(row), "match, %s: added", name);
    figure(bench, row, costs->added_per_s, per_s_to_reach, false, "rules/s");
    snprintf(row, sizeof(row), "match, %s: deleted", name);
    figure(bench, row, costs->removed_per_s, per_s_to_reach, false, "rules/s");
    snprintf(row, sizeof(row), "match, %s: memory of one", name);
    figure(bench, row, costs->heap_bytes, bytes_to_reach, true, "bytes");
}

static void bench_rules(struct bench *bench, const char *name, struct rule_list *rules, struct str events,
                        double events_to_reach, double adds_to_reach, double bytes_to_reach)
{
    struct matcher *matcher = matcher_new(NULL);
    struct matcher_reader *reader = matcher_reader_new(matcher);
    struct rule_costs costs;
    cost_rules(matcher, rules, &costs);
    uint32_t count = (uint32_t)rules->patterns.len;
    uint32_t samples = count > 20000 ? 40 : count > 2000 ? 200 : 1000;
    uint32_t checked = check(reader, rules, events, bench->options.bus_events, samples);
    double per_s = show_match(bench, name, reader, events, events_to_reach, checked);
    char row[128];
    snprintf(row, sizeof(row), "match, %s", name);
    figure(bench, row, per_s, events_to_reach, false, "events/s");
    show_costs(bench, name, &costs, adds_to_reach, bytes_to_reach);
    matcher_reader_free(&reader);
    matcher_free(&matcher);
    rules_fini(rules);
}

static bool wanted(const struct bench *bench, const char *part)
{
    return !bench->options.only || strstr(bench->options.only, part);
}

static void bench_bus(struct bench *bench)
{
    static const struct {
        uint32_t rules;
        double events_per_s;
    } sizes[] = { { 1000, 1.8e6 }, { 10000, 1e6 }, { 100000, 2.5e5 } };
    struct buf text = { 0 };
    events_of_bus(&text, bench->options.seed, bench->options.bus_events);
    show_scans(bench, "events of a bus", buf_str(&text), false);
    for (size_t i = 0; wanted(bench, "bus") && i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        struct rule_list rules = { 0 };
        char name[64];
        snprintf(name, sizeof(name), "%u rules of a bus", sizes[i].rules);
        rules_of_bus(&rules, bench->options.seed + 1, sizes[i].rules);
        bench_rules(bench, name, &rules, buf_str(&text), sizes[i].events_per_s, 3e5, 400);
    }
    if (wanted(bench, "wildcards")) {
        struct rule_list rules = { 0 };
        rules_of_wildcards(&rules, bench->options.seed + 2, 1000);
        bench_rules(bench, "1000 wildcards on one field", &rules, buf_str(&text), 3e5, 2e4, 0);
    }
    buf_fini(&text);
}

/* ---- arguments ---- */

static bool number_of(const char *argument, const char *name, uint64_t max, uint64_t *ret)
{
    int64_t value;
    size_t len = strlen(name);
    if (strncmp(argument, name, len) != 0 || !str_to_i64(str_from(argument + len), &value) || value < 1 ||
        (uint64_t)value > max)
        return false;
    *ret = (uint64_t)value;
    return true;
}

static bool read_options(int argc, char **argv, struct options *options)
{
    uint64_t seed = 1, lines = 0;
    for (int i = 1; i < argc; i++) {
        const char *argument = argv[i];
        if (strcmp(argument, "--quick") == 0)
            options->quick = true;
        else if (strcmp(argument, "--json") == 0)
            options->json = true;
        else if (strncmp(argument, "--only=", 7) == 0)
            options->only = argument + 7;
        else if (strncmp(argument, "--family=", 9) == 0)
            options->family = argument + 9;
        else if (strncmp(argument, "--kernel=", 9) == 0)
            options->kernel = argument + 9;
        else if (strncmp(argument, "--generate=", 11) == 0)
            options->generate = argument + 11;
        else if (!number_of(argument, "--seed=", INT64_MAX, &seed) &&
                 !number_of(argument, "--lines=", 100000000, &lines))
            return false;
    }
    options->seed = seed;
    options->lines = (uint32_t)(lines ? lines : options->quick ? 20000 : 200000);
    options->bus_events = options->quick ? 10000 : 100000;
    return true;
}

static int generate(const struct options *options)
{
    FILE *file = fopen(options->generate, "w");
    struct buf text = { 0 };
    bool ok = file != NULL;
    for (uint32_t done = 0, part = 0; ok && done < options->lines; done += part) {
        part = options->lines - done < 50000 ? options->lines - done : 50000;
        buf_clear(&text);
        events_of_lots(&text, options->seed + done, part);
        ok = fwrite(text.ptr, 1, text.len, file) == text.len;
    }
    buf_fini(&text);
    if (!file || fclose(file) || !ok) {
        perror(options->generate);
        return 1;
    }
    return 0;
}

int main(int argc, char **argv)
{
    struct bench bench = { 0 };
    if (!read_options(argc, argv, &bench.options)) {
        fputs("usage: bench-match [--quick] [--json] [--seed=N] [--lines=N] [--only=families,bus,wildcards]\n"
              "                   [--kernel=NAME] [--family=NAME]\n"
              "       bench-match --generate=FILE [--lines=N] [--seed=N]\n",
              stderr);
        return 2;
    }
    if (bench.options.generate)
        return generate(&bench.options);
    if (bench.options.kernel && json_index_use(bench.options.kernel)) {
        fprintf(stderr, "bench-match: this machine has no kernel '%s'\n", bench.options.kernel);
        return 2;
    }
    (void)setvbuf(stdout, NULL, _IOLBF, 0); /* the lines come one by one, far apart */
    json_writer_init(&bench.writer, &bench.out);
    json_begin_object(&bench.writer);
    json_put_member_str(&bench.writer, STR("kernel"), str_from(json_index_used()));
    json_key(&bench.writer, STR("figures"));
    json_begin_array(&bench.writer);
    if (wanted(&bench, "families"))
        bench_families(&bench);
    if (wanted(&bench, "bus") || wanted(&bench, "wildcards"))
        bench_bus(&bench);
    json_end_array(&bench.writer);
    json_key(&bench.writer, STR("newline_scan_gb_per_s"));
    json_put_double(&bench.writer, bench.scan_bytes_per_ns);
    json_end_object(&bench.writer);
    if (bench.options.json)
        printf("%.*s\n", STR_ARG(buf_str(&bench.out)));
    buf_fini(&bench.out);
    return 0;
}
