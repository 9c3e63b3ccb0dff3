#include "io/signals.h"

#include <pthread.h>
#include <signal.h>

static void ending(sigset_t *set)
{
    sigemptyset(set);
    sigaddset(set, SIGTERM);
    sigaddset(set, SIGINT);
}

void signals_block(void)
{
    sigset_t set;
    ending(&set);
    (void)pthread_sigmask(SIG_BLOCK, &set, NULL);
    (void)signal(SIGPIPE, SIG_IGN);
}

const char *signals_wait(void)
{
    sigset_t set;
    int number = 0;
    ending(&set);
    while (sigwait(&set, &number) != 0)
        ;
    (void)pthread_sigmask(SIG_UNBLOCK, &set, NULL);
    return number == SIGINT ? "SIGINT" : "SIGTERM";
}
