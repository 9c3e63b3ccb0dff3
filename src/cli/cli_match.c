/* cli_match.c - crema match: prints the lines of files whose events match. As grep does, where both do the same.
 *
 * Truths: 1. A line goes out byte for byte as it came in.
 *         2. A line that is no event is said on stderr and counted; it neither matches nor fails to match.
 *         3. What was printed is on its way before a read waits for more input.
 */
#include "cli/cli.h"
#include "cli/cli_match.h"

#include "io/lines.h"
#include "io/process.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

enum { OUTPUT_BLOCK_BYTES = 256 * 1024 };
static const int64_t LINE_BYTES_MAX = 64 << 20; /* when nothing else is said */

enum { STATUS_MATCHED, STATUS_NONE, STATUS_FAILED };
enum explain { EXPLAIN_NOTHING, EXPLAIN_MISSES, EXPLAIN_ALL };

struct match {
    /* as told */
    bool invert, count, quiet, files_only, silent, json, with_number, help;
    const char *filenames; /* "H": before each line, "h": never, NULL: when there are several files */
    const char *rules_file, *colour, *explain_what;
    int64_t selected_max, line_bytes_max, nearest_max;
    enum explain explain;
    /* as it goes */
    struct match_rules rules;
    struct match_printer printer;
    struct matcher_reader *reader;
    uint64_t bad;
    bool matched, failed, over; /* over: nothing more is to be done */
};

/* ---- arguments ---- */

enum value { VALUE_NONE, VALUE_NUMBER, VALUE_TEXT, VALUE_TEXT_IF_ANY, VALUE_LETTER };

struct flag {
    char letter; /* 0: none */
    const char *name;
    enum value value;
    size_t offset;
};

#define AT(member) offsetof(struct match, member)
static const struct flag flags[] = {
    { 'v', "not", VALUE_NONE, AT(invert) },
    { 'c', "count", VALUE_NONE, AT(count) },
    { 'q', "quiet", VALUE_NONE, AT(quiet) },
    { 'l', "files-with-matches", VALUE_NONE, AT(files_only) },
    { 's', "no-messages", VALUE_NONE, AT(silent) },
    { 'n', "line-number", VALUE_NONE, AT(with_number) },
    { 'H', "with-filename", VALUE_LETTER, AT(filenames) },
    { 'h', "no-filename", VALUE_LETTER, AT(filenames) },
    { 'm', "max-count", VALUE_NUMBER, AT(selected_max) },
    { 0, "rules", VALUE_TEXT, AT(rules_file) },
    { 0, "explain", VALUE_TEXT_IF_ANY, AT(explain_what) },
    { 0, "nearest", VALUE_NUMBER, AT(nearest_max) },
    { 0, "json", VALUE_NONE, AT(json) },
    { 0, "color", VALUE_TEXT_IF_ANY, AT(colour) },
    { 0, "colour", VALUE_TEXT_IF_ANY, AT(colour) },
    { 0, "line-bytes-max", VALUE_NUMBER, AT(line_bytes_max) },
    { 0, "help", VALUE_NONE, AT(help) },
};
enum { FLAGS = sizeof(flags) / sizeof(flags[0]) };

/* The value is NULL when none was given. False: it is missing, or not a number. */
static bool set_flag(struct match *match, const struct flag *flag, const char *value)
{
    char *at = (char *)match + flag->offset;
    switch (flag->value) {
    case VALUE_NONE:
        *(bool *)(void *)at = true;
        return value == NULL;
    case VALUE_LETTER:
        *(const char **)(void *)at = flag->letter == 'H' ? "H" : "h";
        return value == NULL;
    case VALUE_NUMBER:
        return value && str_to_i64(str_from(value), (int64_t *)(void *)at) && *(int64_t *)(void *)at >= 0;
    case VALUE_TEXT:
    case VALUE_TEXT_IF_ANY:
        *(const char **)(void *)at = value ? value : "";
        return value || flag->value == VALUE_TEXT_IF_ANY;
    }
    return false;
}

static bool takes_value(const struct flag *flag)
{
    return flag->value == VALUE_NUMBER || flag->value == VALUE_TEXT;
}

/* --name, --name=value, --name value; moves *at past it. */
static bool read_long(struct match *match, int argc, char **argv, int *at)
{
    const char *name = argv[*at] + 2, *equals = strchr(name, '='), *value = equals ? equals + 1 : NULL;
    size_t len = equals ? (size_t)(equals - name) : strlen(name);
    (*at)++;
    for (size_t i = 0; i < FLAGS; i++) {
        if (strlen(flags[i].name) != len || strncmp(flags[i].name, name, len) != 0)
            continue;
        if (!value && takes_value(&flags[i]) && *at < argc)
            value = argv[(*at)++];
        return set_flag(match, &flags[i], value);
    }
    return false;
}

/* -vc, -m3, -m 3 */
static bool read_short(struct match *match, int argc, char **argv, int *at)
{
    const char *letters = argv[*at] + 1;
    (*at)++;
    while (*letters) {
        const struct flag *flag = NULL;
        for (size_t i = 0; i < FLAGS && !flag; i++)
            if (flags[i].letter == *letters)
                flag = &flags[i];
        letters++;
        if (!flag)
            return false;
        if (!takes_value(flag)) {
            if (!set_flag(match, flag, NULL))
                return false;
            continue;
        }
        if (*letters)
            return set_flag(match, flag, letters);
        return *at < argc && set_flag(match, flag, argv[(*at)++]);
    }
    return true;
}

/* Moves what are not flags to the front of argv; *count of them. NULL, or the argument that is wrong. */
static const char *read_flags(struct match *match, int argc, char **argv, int *count)
{
    bool ended = false;
    *count = 0;
    for (int at = 0; at < argc;) {
        char *argument = argv[at];
        if (ended || argument[0] != '-' || argument[1] == '\0') {
            argv[(*count)++] = argument;
            at++;
        } else if (strcmp(argument, "--") == 0) {
            ended = true;
            at++;
        } else if (!(argument[1] == '-' ? read_long : read_short)(match, argc, argv, &at)) {
            return argument;
        }
    }
    return NULL;
}

/* What flags say together. NULL, or what is wrong. */
static const char *check_flags(struct match *match)
{
    const char *what = match->explain_what;
    if (what && *what && strcmp(what, "all") != 0)
        return "--explain is of the lines that do not match, --explain=all of all";
    match->explain = !what ? EXPLAIN_NOTHING : *what ? EXPLAIN_ALL : EXPLAIN_MISSES;
    if (match->explain && (match->invert || match->count || match->files_only))
        return "--explain goes with neither --not, --count nor --files-with-matches";
    const char *colour = match->colour;
    if (colour && *colour && strcmp(colour, "always") != 0 && strcmp(colour, "never") != 0 &&
        strcmp(colour, "auto") != 0)
        return "--color is always, never or auto";
    if (match->line_bytes_max < 1 || match->nearest_max < 1)
        return "--line-bytes-max and --nearest are at least 1";
    return NULL;
}

static bool wants_colour(const struct match *match)
{
    const char *none = getenv("NO_COLOR");
    if (match->json || (match->colour && strcmp(match->colour, "never") == 0))
        return false;
    if (match->colour && (strcmp(match->colour, "always") == 0 || !*match->colour))
        return true;
    return !(none && *none) && process_shows_output();
}

/* ---- lines ---- */

/* On stderr, with what could harm a terminal taken out. */
static void complain(struct match *match, const char *file, uint64_t line, const char *what)
{
    if (match->silent)
        return;
    char text[512];
    size_t len = 0;
    for (; what[len] && len + 1 < sizeof(text); len++)
        text[len] = (unsigned char)what[len] < ' ' || what[len] == 0x7F ? '?' : what[len];
    text[len] = '\0';
    if (line)
        fprintf(stderr, "crema match: %s:%" PRIu64 ": %s\n", file, line, text);
    else
        fprintf(stderr, "crema match: %s: %s\n", file, text);
}

static void bad_line(struct match *match, const char *file, uint64_t line, const char *what,
                     struct match_counts *counts)
{
    counts->bad++;
    match->bad++;
    complain(match, file, line, what);
}

static void flush_output(void *self)
{
    (void)self;
    (void)fflush(stdout);
}

/* Says why, but for a reader that went away: that is how a pipe ends. */
static void output_failed(struct match *match)
{
    if (errno != EPIPE)
        fprintf(stderr, "crema match: the output cannot be written: %s\n", strerror(errno));
    match->failed = match->over = true;
}

/* The line was read and found to match, or not. False: no more of this file. */
static bool take_line(struct match *match, const struct match_line *line, const struct matcher_result *hits,
                      struct match_counts *counts)
{
    bool matches = hits->count != 0, printed = true;
    bool selected = match->explain ? match->explain == EXPLAIN_ALL || !matches : matches != match->invert;
    match->matched |= match->explain ? matches : selected;
    for (size_t i = 0; counts->of_rule && i < hits->count; i++)
        counts->of_rule[hits->rules[i]]++;
    match->over = match->quiet && match->matched;
    if (match->over || !selected)
        return !match->over;
    counts->selected++;
    if (match->files_only)
        return false;
    if (match->explain && !match->quiet)
        printed = match_print_explained(&match->printer, line, matches);
    else if (!match->count && !match->quiet)
        printed = match_print_line(&match->printer, line, hits);
    if (!printed)
        output_failed(match);
    return printed && (match->selected_max < 0 || counts->selected < (uint64_t)match->selected_max);
}

static char first_letter(struct str text)
{
    for (size_t i = 0; i < text.len; i++)
        if (!memchr(" \t\r", text.ptr[i], 3))
            return text.ptr[i];
    return '\0';
}

static bool read_line(struct match *match, const struct match_line *line, struct match_counts *counts)
{
    struct matcher_result hits;
    struct json_error error;
    char first = first_letter(line->text);
    if (first == '\0' && (line->text.len == 0 || !memchr(line->text.ptr, '\0', line->text.len)))
        return true; /* empty */
    if (matcher_match(match->reader, line->text, &hits, &error)) {
        char text[320];
        snprintf(text, sizeof(text), "column %u: %s", error.column, error.text);
        bad_line(match, line->file, line->number, text, counts);
        return true;
    }
    if (first != '{') {
        bad_line(match, line->file, line->number, "an event is a JSON object", counts);
        return true;
    }
    return take_line(match, line, &hits, counts);
}

static enum err read_lines(struct match *match, struct lines *lines, const char *file,
                           struct match_counts *counts, struct diag *reterr)
{
    char too_long[64];
    snprintf(too_long, sizeof(too_long), "longer than %" PRId64 " bytes", match->line_bytes_max);
    for (bool more = match->selected_max != 0; more;) {
        struct match_line line = { .file = file };
        enum err err = lines_next(lines, &line.text, reterr);
        if (err == ERR_CLOSED)
            break;
        if (err && err != ERR_LIMIT)
            return err;
        line.number = lines_number(lines);
        if (err == ERR_LIMIT)
            bad_line(match, file, line.number, too_long, counts);
        else
            more = read_line(match, &line, counts);
    }
    counts->lines = lines_number(lines);
    return ERR_OK;
}

static void read_file(struct match *match, const char *path)
{
    const char *name = strcmp(path, "-") == 0 ? "(standard input)" : path;
    struct match_counts counts = { 0 };
    struct lines *lines = NULL;
    struct diag diag;
    struct arena arena = { 0 };
    if (match->count && match->rules.named)
        counts.of_rule = ARENA_ARRAY(&arena, uint64_t, match->rules.count);
    enum err err = lines_open(path, (size_t)match->line_bytes_max, &lines, &diag);
    if (!err && !match->quiet && !match->count && !match->files_only && lines_feed_on_output(lines))
        err = diag_set(&diag, ERR_CONFLICT, "input file is also the output");
    if (!err) {
        lines_before_wait(lines, flush_output, NULL);
        err = read_lines(match, lines, name, &counts, &diag);
    }
    lines_close(&lines);
    if (err) {
        complain(match, name, 0, diag.text);
        match->failed = true;
    }
    bool printed = true;
    if (!match->over && match->files_only && counts.selected)
        printed = match_print_file(&match->printer, name);
    else if (!match->over && match->count && !match->files_only && !match->quiet && !err)
        printed = match_print_counts(&match->printer, name, &counts);
    if (!printed)
        output_failed(match);
    arena_fini(&arena);
}

/* ---- run ---- */

static int search(struct match *match, int count, char **files)
{
    static char standard_input[] = "-", *standard[] = { standard_input };
    if (count == 0) {
        files = standard;
        count = 1;
    }
    match->printer = (struct match_printer){
        .rules = &match->rules,
        .json = match->json,
        .colour = wants_colour(match),
        .with_filename = match->filenames ? *match->filenames == 'H' : count > 1,
        .with_number = match->with_number,
        .nearest_max = match->nearest_max < UINT32_MAX ? (unsigned)match->nearest_max : UINT32_MAX,
    };
    match->reader = matcher_reader_new(match->rules.matcher);
    if (!process_shows_output())
        (void)setvbuf(stdout, NULL, _IOFBF, OUTPUT_BLOCK_BYTES);
    for (int i = 0; i < count && !match->over; i++)
        read_file(match, files[i]);
    if (fflush(stdout) != 0 && !match->over)
        output_failed(match);
    if (match->bad && !match->silent)
        fprintf(stderr, "crema match: %" PRIu64 " bad line%s passed over\n", match->bad,
                match->bad == 1 ? " was" : "s were");
    matcher_reader_free(&match->reader);
    buf_fini(&match->printer.out);
    if (match->failed && !(match->quiet && match->matched))
        return STATUS_FAILED;
    return match->matched ? STATUS_MATCHED : STATUS_NONE;
}

static int run(int argc, char **argv)
{
    struct match match = { .selected_max = -1, .line_bytes_max = LINE_BYTES_MAX, .nearest_max = 3 };
    int count, used = 0;
    const char *wrong = read_flags(&match, argc, argv, &count);
    if (wrong)
        return cli_misused(&cli_match, "no such flag, or not with that value", wrong);
    if (match.help)
        return cli_help(&cli_match);
    wrong = check_flags(&match);
    if (wrong)
        return cli_misused(&cli_match, wrong, NULL);
    if (!match.rules_file && count == 0)
        return cli_misused(&cli_match, "which pattern?", NULL);
    struct buf why = { 0 };
    match.rules.matcher = matcher_new(NULL);
    enum err err;
    if (match.rules_file)
        err = match_rules_file(&match.rules, match.rules_file, &why);
    else
        err = match_rules_one(&match.rules, argv[used++], &why);
    int status = STATUS_FAILED;
    if (err)
        fprintf(stderr, "crema match: %.*s\n", STR_ARG(buf_str(&why)));
    else
        status = search(&match, count - used, argv + used);
    buf_fini(&why);
    match_rules_fini(&match.rules);
    return status;
}

const struct cli_command cli_match = {
    .name = "match",
    .usage = "[flags] PATTERN [FILE...]  |  [flags] --rules FILE [FILE...]",
    .doc = "print the lines of files whose events match a pattern, or say why they do not",
    .help = /* docs/reference/match.md says more */
    "PATTERN is an event pattern, or @FILE that holds one. The files hold JSON lines: one event, a JSON "
    "object, to\n"
    "a line; '-' or no file is standard input.\n"
    "\n"
    "  -v, --not                  print the lines that do not match\n"
    "  -c, --count                print how many lines there are, for each file\n"
    "  -l, --files-with-matches   print the names of the files that have such a line\n"
    "  -m, --max-count=N          stop reading a file after N such lines\n"
    "  -q, --quiet                print nothing; end with the first line that is found\n"
    "  -n, --line-number          put the line's number before it\n"
    "  -H, --with-filename        put the file's name before it; done when there are several files\n"
    "  -h, --no-filename          never do that\n"
    "      --json                 print each line as {\"file\",\"line\",\"rules\",\"event\"}, counts alike\n"
    "  -s, --no-messages          do not report files that cannot be read, and bad lines\n"
    "      --color=WHEN           always, never, or auto: on a terminal, unless NO_COLOR is set\n"
    "      --line-bytes-max=N     longer lines are bad (67108864)\n"
    "\n"
    "Many rules at once:\n"
    "      --rules=FILE           {\"NAME\":PATTERN,...}, or lines of "
    "{\"name\":\"NAME\",\"pattern\":PATTERN}, or what\n"
    "                             'aws events list-rules' prints. The names of the rules that match, with "
    "commas\n"
    "                             between them, and a tab stand before each line. It matches when a rule "
    "does.\n"
    "\n"
    "Why, or why not:\n"
    "      --explain              of each line that does not match, each test of the pattern, what is there, "
    "and\n"
    "                             whether it passes; --explain=all of each line. Matching lines are not "
    "printed.\n"
    "      --nearest=N            with --rules: of so many rules, those that came nearest first (3)\n"
    "\n"
    "A line that is not a JSON object is bad: it is reported with its number on standard error, counted, "
    "and\n"
    "passed over. Empty lines are none.\n"
    "\n"
    "Exit status: 0 a line was found, 1 none was, 2 something failed: a pattern that is not valid, a file "
    "that\n"
    "cannot be read (the others are). Bad lines do not change it. With --explain: whether a line matched.\n",
    .run = run,
};
