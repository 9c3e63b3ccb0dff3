/* cli_env.c - crema env: the lines that point a shell's AWS clients at a server. */
#include "cli/cli.h"

#include <stdio.h>

static int run(int argc, char **argv)
{
    const char *endpoint = "http://127.0.0.1:4566";
    for (int i = 0; i < argc;) {
        const char *value;
        if (!cli_flag(argc, argv, &i, "--endpoint", &value))
            return cli_misused(&cli_env, "no such argument", argv[i]);
        if (!value)
            return cli_misused(&cli_env, "--endpoint wants an address", NULL);
        endpoint = value;
    }
    printf("export AWS_ENDPOINT_URL=%s\n"
           "export AWS_ACCESS_KEY_ID=test AWS_SECRET_ACCESS_KEY=test AWS_DEFAULT_REGION=us-east-1\n"
           "# Some operations go to sync-<host> and stream-<host>; on a loopback address clients must leave "
           "that out:\n"
           "export AWS_DISABLE_HOST_PREFIX_INJECTION=true\n"
           "# Clients from before 2023 do not know AWS_ENDPOINT_URL: give them --endpoint-url %s\n",
           endpoint, endpoint);
    return 0;
}

const struct cli_command cli_env = {
    .name = "env",
    .usage = "[--endpoint URL]",
    .doc = "print what a shell needs to point AWS clients at a server: eval \"$(crema env)\"",
    .run = run,
};
