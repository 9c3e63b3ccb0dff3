/* cli_match_print.c - lines, counts and explanations, for people or as JSON. */
#include "cli/cli_match.h"

#include <stdio.h>
#include <stdlib.h>

enum { PLACE_COLUMNS_MAX = 32, TEST_COLUMNS_MAX = 36, VALUES_COLUMNS_MAX = 100 };

/* As grep has them, and what passes is green, what fails red. */
static const char *const colour_file = "35", *const colour_number = "32", *const colour_name = "36",
                         *const colour_pass = "32", *const colour_fail = "1;31", *const colour_other = "2";

/* What was gathered goes out whole. */
static bool send(struct match_printer *printer)
{
    bool sent = fwrite(printer->out.ptr, 1, printer->out.len, stdout) == printer->out.len;
    buf_clear(&printer->out);
    return sent;
}

static void paint(struct match_printer *printer, const char *colour, struct str text)
{
    if (printer->colour)
        buf_printf(&printer->out, "\x1b[%sm", colour);
    buf_add(&printer->out, text);
    if (printer->colour)
        buf_add(&printer->out, STR("\x1b[m"));
}

static void put_json(struct buf *out, struct str text)
{
    struct json_writer writer;
    json_writer_init(&writer, out);
    json_put_str(&writer, text);
}

/* Names stand with commas between them and a tab behind: one that holds such, or a control, stands as JSON. */
static void put_name(struct match_printer *printer, struct str name)
{
    bool plain = true;
    for (size_t i = 0; i < name.len; i++) {
        unsigned char c = (unsigned char)name.ptr[i];
        plain = plain && c >= ' ' && c != 0x7F && c != ',' && c != '"';
    }
    struct buf text = { 0 };
    if (!plain)
        put_json(&text, name);
    paint(printer, colour_name, plain ? name : buf_str(&text));
    buf_fini(&text);
}

static void put_prefix(struct match_printer *printer, const char *file, uint64_t number)
{
    if (printer->with_filename) {
        paint(printer, colour_file, str_from(file));
        buf_add_char(&printer->out, ':');
    }
    if (number) {
        char text[24];
        snprintf(text, sizeof(text), "%llu", (unsigned long long)number);
        paint(printer, colour_number, str_from(text));
        buf_add_char(&printer->out, ':');
    }
}

static struct str trimmed(struct str text)
{
    while (text.len && memchr(" \t\r", text.ptr[text.len - 1], 3))
        text.len--;
    while (text.len && memchr(" \t\r", text.ptr[0], 3))
        text = str_from_offset(text, 1);
    return text;
}

static void begin_object(struct match_printer *printer, struct json_writer *w, const struct match_line *line)
{
    json_writer_init(w, &printer->out);
    json_begin_object(w);
    json_put_member_str(w, STR("file"), str_from(line->file));
    json_put_member_i64(w, STR("line"), (int64_t)line->number);
}

static bool end_object(struct match_printer *printer, struct json_writer *w)
{
    json_end_object(w);
    buf_add_char(&printer->out, '\n');
    return send(printer);
}

static bool print_line_json(struct match_printer *printer, const struct match_line *line,
                            const struct matcher_result *hits)
{
    struct json_writer w;
    begin_object(printer, &w, line);
    if (printer->rules->named) {
        json_key(&w, STR("rules"));
        json_begin_array(&w);
        for (size_t i = 0; i < hits->count; i++)
            json_put_str(&w, printer->rules->at[hits->rules[i]].name);
        json_end_array(&w);
    }
    json_key(&w, STR("event"));
    json_put_raw(&w, trimmed(line->text));
    return end_object(printer, &w);
}

bool match_print_line(struct match_printer *printer, const struct match_line *line,
                      const struct matcher_result *hits)
{
    if (printer->json)
        return print_line_json(printer, line, hits);
    put_prefix(printer, line->file, printer->with_number ? line->number : 0);
    for (size_t i = 0; printer->rules->named && i < hits->count; i++) {
        put_name(printer, printer->rules->at[hits->rules[i]].name);
        buf_add_char(&printer->out, i + 1 < hits->count ? ',' : '\t');
    }
    if (printer->out.len && !send(printer))
        return false;
    return fwrite(line->text.ptr, 1, line->text.len, stdout) == line->text.len && putc('\n', stdout) != EOF;
}

/* ---- counts ---- */

bool match_print_counts(struct match_printer *printer, const char *file, const struct match_counts *counts)
{
    if (!printer->json) {
        put_prefix(printer, file, 0);
        buf_printf(&printer->out, "%llu\n", (unsigned long long)counts->selected);
        return send(printer);
    }
    struct json_writer w;
    json_writer_init(&w, &printer->out);
    json_begin_object(&w);
    json_put_member_str(&w, STR("file"), str_from(file));
    json_put_member_i64(&w, STR("lines"), (int64_t)counts->lines);
    json_put_member_i64(&w, STR("count"), (int64_t)counts->selected);
    json_put_member_i64(&w, STR("bad"), (int64_t)counts->bad);
    if (counts->of_rule) {
        json_key(&w, STR("rules"));
        json_begin_object(&w);
        for (size_t i = 0; i < printer->rules->count; i++)
            json_put_member_i64(&w, printer->rules->at[i].name, (int64_t)counts->of_rule[i]);
        json_end_object(&w);
    }
    return end_object(printer, &w);
}

bool match_print_file(struct match_printer *printer, const char *file)
{
    if (printer->json)
        put_json(&printer->out, str_from(file));
    else
        paint(printer, colour_file, str_from(file));
    buf_add_char(&printer->out, '\n');
    return send(printer);
}

/* ---- explanations ---- */

struct explained {
    size_t rule;
    struct pattern_explanation explanation;
};

static int nearer(const void *a, const void *b)
{
    const struct explained *x = a, *y = b;
    int order = pattern_explanation_compare(&x->explanation, &y->explanation);
    return order ? order : (x->rule > y->rule) - (x->rule < y->rule);
}

static size_t columns(struct str text)
{
    size_t count = 0;
    for (size_t i = 0; i < text.len; i++)
        count += ((unsigned char)text.ptr[i] & 0xC0) != 0x80;
    return count;
}

static void put_padded(struct buf *out, struct str text, size_t width)
{
    buf_add(out, text);
    for (size_t i = columns(text); i < width; i++)
        buf_add_char(out, ' ');
}

static void put_values(struct buf *out, struct arena *arena, const struct pattern_finding *finding)
{
    if (finding->value_count == 0)
        buf_add(out, STR("nothing is there"));
    size_t used = 0;
    uint32_t shown = 0;
    for (; shown < finding->value_count && used < VALUES_COLUMNS_MAX; shown++) {
        struct str text = json_text(arena, &finding->values[shown]);
        buf_add(out, shown ? STR(", ") : STR("there: "));
        struct str cut = text;
        while (cut.len > VALUES_COLUMNS_MAX || (cut.len < text.len && (cut.ptr[cut.len] & 0xC0) == 0x80))
            cut.len--;
        buf_add(out, cut);
        if (cut.len < text.len)
            buf_add(out, STR("..."));
        used += cut.len;
    }
    unsigned more = finding->values_more + finding->value_count - shown;
    if (more)
        buf_printf(out, ", and %u more", more);
}

/* A place passes when one of its tests does. */
static bool place_passes(const struct pattern_explanation *explanation, struct str place)
{
    for (uint32_t i = 0; i < explanation->finding_count; i++)
        if (explanation->findings[i].passed && str_eq(explanation->findings[i].place, place))
            return true;
    return false;
}

static void put_findings(struct match_printer *printer, struct arena *arena,
                         const struct pattern_explanation *explanation)
{
    size_t place_width = 0, test_width = 0;
    for (uint32_t i = 0; i < explanation->finding_count; i++) {
        size_t place = columns(explanation->findings[i].place), test = columns(explanation->findings[i].test);
        place_width = place > place_width && place <= PLACE_COLUMNS_MAX ? place : place_width;
        test_width = test > test_width && test <= TEST_COLUMNS_MAX ? test : test_width;
    }
    for (uint32_t i = 0; i < explanation->finding_count; i++) {
        const struct pattern_finding *finding = &explanation->findings[i];
        buf_add(&printer->out, STR("    "));
        if (finding->passed)
            paint(printer, colour_pass, STR("pass"));
        else if (place_passes(explanation, finding->place))
            paint(printer, colour_other, STR("no  "));
        else
            paint(printer, colour_fail, STR("FAIL"));
        buf_add(&printer->out, STR("  "));
        put_padded(&printer->out, finding->place, place_width + 2);
        put_padded(&printer->out, finding->test, test_width + 2);
        put_values(&printer->out, arena, finding);
        buf_add_char(&printer->out, '\n');
    }
    if (explanation->divided_place.len) {
        buf_add(&printer->out, STR("    "));
        paint(printer, colour_fail, STR("FAIL"));
        buf_printf(&printer->out, "  no single item of %.*s holds all that is asked below it\n",
                   STR_ARG(explanation->divided_place));
    }
}

static void put_explained(struct match_printer *printer, struct arena *arena,
                          const struct explained *explained)
{
    const struct pattern_explanation *explanation = &explained->explanation;
    if (printer->rules->named) {
        buf_add(&printer->out, STR("  "));
        put_name(printer, printer->rules->at[explained->rule].name);
        buf_add(&printer->out, STR(": "));
    }
    buf_printf(&printer->out, "%s, %u of %u places pass", explanation->matched ? "matches" : "does not match",
               explanation->clauses_passed, explanation->clauses);
    if (explanation->conjunctions > 1)
        buf_printf(&printer->out, " (the nearest of %u ways through $or)", explanation->conjunctions);
    buf_add_char(&printer->out, '\n');
    put_findings(printer, arena, explanation);
}

static void put_explained_json(struct match_printer *printer, struct json_writer *w,
                               const struct explained *explained)
{
    if (printer->rules->named) {
        json_begin_object(w);
        json_put_member_str(w, STR("rule"), printer->rules->at[explained->rule].name);
    }
    json_key(w, STR("explanation"));
    pattern_explanation_write(&explained->explanation, w);
    if (printer->rules->named)
        json_end_object(w);
}

static bool print_explained_json(struct match_printer *printer, const struct match_line *line, bool matched,
                                 const struct explained *all, size_t count)
{
    struct json_writer w;
    begin_object(printer, &w, line);
    json_put_member_bool(&w, STR("matched"), matched);
    if (printer->rules->named) {
        json_key(&w, STR("nearest"));
        json_begin_array(&w);
    }
    for (size_t i = 0; i < count; i++)
        put_explained_json(printer, &w, &all[i]);
    if (printer->rules->named)
        json_end_array(&w);
    json_key(&w, STR("event"));
    json_put_raw(&w, trimmed(line->text));
    return end_object(printer, &w);
}

bool match_print_explained(struct match_printer *printer, const struct match_line *line, bool matched)
{
    const struct match_rules *rules = printer->rules;
    struct arena arena = { 0 };
    struct json event;
    bool printed = true;
    /* Cannot fail: the matcher has read it. */
    if (!json_read(&arena, line->text, 0, &event, NULL)) {
        struct explained *all = ARENA_ARRAY(&arena, struct explained, rules->count);
        for (size_t i = 0; i < rules->count; i++) {
            all[i].rule = i;
            pattern_explain(rules->at[i].pattern, &arena, &event, &all[i].explanation);
        }
        qsort(all, rules->count, sizeof(*all), nearer);
        size_t count = rules->count < printer->nearest_max ? rules->count : printer->nearest_max;
        if (printer->json) {
            printed = print_explained_json(printer, line, matched, all, count);
        } else {
            put_prefix(printer, line->file, line->number);
            buf_add_char(&printer->out, ' ');
            if (rules->named)
                buf_printf(&printer->out, "%s; the nearest of %zu rules:\n",
                           matched ? "a rule matches" : "no rule matches", rules->count);
            for (size_t i = 0; i < count; i++)
                put_explained(printer, &arena, &all[i]);
            printed = send(printer);
        }
    }
    arena_fini(&arena);
    return printed;
}
