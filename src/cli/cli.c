#include "cli/cli.h"

#include "base/time.h"

#include <stdio.h>
#include <string.h>

int cli_misused(const struct cli_command *command, const char *why, const char *what)
{
    fprintf(stderr, "crema %s: %s%s%s\nusage: crema %s %s\n", command->name, why, what ? ": " : "",
            what ? what : "", command->name, command->usage);
    return 2;
}

int cli_help(const struct cli_command *command)
{
    printf("crema %s: %s\nusage: crema %s %s\n", command->name, command->doc, command->name, command->usage);
    if (command->help)
        printf("\n%s", command->help);
    return 0;
}

bool cli_flag(int argc, char **argv, int *at, const char *name, const char **value)
{
    size_t len = strlen(name);
    const char *argument = argv[*at];
    if (strncmp(argument, name, len) != 0)
        return false;
    if (argument[len] == '=') {
        *value = argument + len + 1;
        (*at)++;
        return true;
    }
    if (argument[len] != '\0')
        return false;
    *value = *at + 1 < argc ? argv[*at + 1] : NULL;
    *at += 2;
    return true;
}

bool cli_duration(const char *text, int64_t *ret_ms)
{
    static const struct {
        const char *name;
        int64_t ms;
    } units[] = { { "ms", 1 },      { "s", 1000 },     { "m", 60000 },
                  { "h", 3600000 }, { "d", 86400000 }, { "w", 604800000 } };
    struct str number = { text, strspn(text, "0123456789") };
    int64_t count;
    if (number.len == 0 || !str_to_i64(number, &count) || count > 100000000)
        return false;
    for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
        if (strcmp(text + number.len, units[i].name) == 0) {
            *ret_ms = count * units[i].ms;
            return true;
        }
    }
    return false;
}

bool cli_time(const char *text, int64_t *ret_ms)
{
    return time_parse(str_from(text), ret_ms) || (str_to_i64(str_from(text), ret_ms) && *ret_ms >= 0);
}
