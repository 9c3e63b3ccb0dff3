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

static volatile sig_atomic_t noted;

static void note(int number)
{
    (void)number;
    noted = 1;
}

void signals_note(void)
{
    struct sigaction action = { .sa_handler = note, .sa_flags = (int)SA_RESETHAND };
    sigemptyset(&action.sa_mask);
    (void)sigaction(SIGINT, &action, NULL);
    (void)sigaction(SIGTERM, &action, NULL);
}

bool signals_noted(void)
{
    return noted;
}
