/* cli.h - the commands beside serve: tools people expect of such a server.
 *
 * A command gets the arguments after its name and returns the exit status: 0 done, 1 it found or
 * failed at something, 2 it was called wrongly (said on stderr with the flag, and what to do).
 */
#ifndef CLI_CLI_H
#define CLI_CLI_H

#include <stdbool.h>
#include <stdint.h>

struct cli_command {
    const char *name;
    const char *usage; /* what follows the name */
    const char *doc;   /* one line */
    const char *help;  /* what `crema help NAME` says more; may be NULL */
    int (*run)(int argc, char **argv);
};

extern const struct cli_command cli_check;
extern const struct cli_command cli_backup;
extern const struct cli_command cli_demo;
extern const struct cli_command cli_env;
extern const struct cli_command cli_logs;
extern const struct cli_command cli_match;
extern const struct cli_command cli_query;
extern const struct cli_command cli_tail;

/* Says it on stderr, with where help is; returns 2. */
int cli_misused(const struct cli_command *command, const char *why, const char *what);
/* What it does and how it is called, on stdout; returns 0. */
int cli_help(const struct cli_command *command);
/* Whether the argument is --name=value or --name value; moves *at past it. *value NULL:
 * the value is missing. */
bool cli_flag(int argc, char **argv, int *at, const char *name, const char **value);
/* "10m" in milliseconds: a whole number of ms, s, m, h, d or w. */
bool cli_duration(const char *text, int64_t *ret_ms);
/* A moment: RFC 3339, or milliseconds since 1970. */
bool cli_time(const char *text, int64_t *ret_ms);

#endif
