#include "cli/cli.h"

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
