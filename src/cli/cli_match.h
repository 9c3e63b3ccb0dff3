/* cli_match.h - crema match, in three parts: arguments and files (cli_match.c), the patterns that it is given
 * (cli_match_rules.c), and what it prints (cli_match_print.c). */
#ifndef CLI_CLI_MATCH_H
#define CLI_CLI_MATCH_H

#include "match/matcher.h"

/* ---- what to look for ---- */

struct match_rule {
    struct str name;
    struct str text;
    struct pattern *pattern;
};

struct match_rules {
    struct arena arena;
    struct match_rule *at; /* a rule's number in the matcher is its place here */
    size_t count;
    bool named; /* from a file of rules; else the one pattern of the command line */
    struct matcher *matcher;
};

/* A pattern, or @FILE that holds one. The diag says what is wrong, with line and column. */
enum err match_rules_one(struct match_rules *rules, const char *pattern, struct buf *reterr) MUST_USE;
/* A file of named rules in one of the forms that the help names. */
enum err match_rules_file(struct match_rules *rules, const char *path, struct buf *reterr) MUST_USE;
/* The same, read already; the text lives as long as the rules. path is for what is said. */
enum err match_rules_text(struct match_rules *rules, const char *path, struct str text,
                          struct buf *reterr) MUST_USE;
void match_rules_fini(struct match_rules *rules);

/* ---- what to print ---- */

struct match_printer {
    const struct match_rules *rules;
    bool json, colour, with_filename, with_number;
    unsigned nearest_max; /* rules that are explained of a line */
    struct buf out;       /* of one line */
};

struct match_line {
    const char *file;
    uint64_t number;
    struct str text;
};

/* One line that was selected; hits may be empty. False: the output takes no more. */
bool match_print_line(struct match_printer *printer, const struct match_line *line,
                      const struct matcher_result *hits) MUST_USE;
bool match_print_explained(struct match_printer *printer, const struct match_line *line,
                           bool matched) MUST_USE;

struct match_counts {
    uint64_t lines, selected, bad;
    uint64_t *of_rule; /* NULL: not counted */
};
bool match_print_counts(struct match_printer *printer, const char *file,
                        const struct match_counts *counts) MUST_USE;
bool match_print_file(struct match_printer *printer, const char *file) MUST_USE;

#endif
