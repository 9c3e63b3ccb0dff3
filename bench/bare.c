/* crema-bare: the HTTP server alone, answering every request with the same few bytes. The floor under all
 * figures: what a request costs before anything is done for it.
 *
 *     crema-bare 127.0.0.1:0 [thread]     thread: answers come from a second thread, as a writer's do
 */
#include "io/http.h"
#include "io/thread.h"

#include <signal.h>
#include <stdlib.h>

struct bare {
    struct mutex *mutex;
    struct condition *changed;
    struct http_exchange **waiting;
    size_t waiting_count, waiting_cap;
    bool threaded, ended;
};

static void bare_answer(struct http_exchange *exchange)
{
    const struct http_header headers[] = { { STR("x-amzn-RequestId"),
                                             STR("7a62c49f-347e-4fc4-9331-6e8e7a96aa73") },
                                           { STR("Content-Type"), STR("application/x-amz-json-1.1") } };
    struct buf body;
    buf_init(&body, 0);
    buf_add(
        &body,
        STR("{\"FailedEntryCount\":0,\"Entries\":[{\"EventId\":\"11710aed-b79e-4468-a20b-bb3c0c3b4860\"}]}"));
    http_answer(exchange, 200, headers, 2, &body);
}

static void bare_handle(void *self, struct http_exchange *exchange)
{
    struct bare *bare = self;
    if (!bare->threaded) {
        bare_answer(exchange);
        return;
    }
    mutex_lock(bare->mutex);
    if (bare->waiting_count == bare->waiting_cap) {
        bare->waiting_cap = bare->waiting_cap * 2 + 64;
        bare->waiting = realloc(bare->waiting, bare->waiting_cap * sizeof(*bare->waiting));
        if (!bare->waiting)
            abort();
    }
    bare->waiting[bare->waiting_count++] = exchange;
    if (bare->waiting_count == 1)
        condition_signal(bare->changed);
    mutex_unlock(bare->mutex);
}

static void bare_answer_all(void *self)
{
    struct bare *bare = self;
    struct http_exchange **taken = NULL;
    size_t cap = 0;
    mutex_lock(bare->mutex);
    while (!bare->ended || bare->waiting_count) {
        if (!bare->waiting_count) {
            condition_wait(bare->changed, bare->mutex);
            continue;
        }
        struct http_exchange **mine = bare->waiting;
        size_t mine_cap = bare->waiting_cap, count = bare->waiting_count;
        bare->waiting = taken;
        bare->waiting_cap = cap;
        bare->waiting_count = 0;
        taken = mine;
        cap = mine_cap;
        mutex_unlock(bare->mutex);
        for (size_t i = 0; i < count; i++)
            bare_answer(taken[i]);
        mutex_lock(bare->mutex);
    }
    mutex_unlock(bare->mutex);
    free(taken);
}

int main(int argc, char **argv)
{
    if (argc < 2 || argc > 3) {
        fputs("usage: crema-bare ADDRESS [thread]\n", stderr);
        return 2;
    }
    struct bare bare = { .mutex = mutex_new(), .changed = condition_new(), .threaded = argc == 3 };
    struct http_settings settings = { .listen = argv[1] };
    struct http_handler handler = { .self = &bare, .handle = bare_handle };
    struct http_server *server;
    struct thread *thread = NULL;
    struct diag diag;
    sigset_t stop;
    sigemptyset(&stop);
    sigaddset(&stop, SIGINT);
    sigaddset(&stop, SIGTERM);
    sigprocmask(SIG_BLOCK, &stop, NULL);
    if (http_server_open(&settings, &handler, &server, &diag) ||
        thread_start("answers", bare_answer_all, &bare, &thread, &diag) || http_server_start(server, &diag)) {
        fprintf(stderr, "crema-bare: %s\n", diag.text);
        return 1;
    }
    printf("listening on port %u\n", http_server_port(server));
    fflush(stdout);
    int caught;
    sigwait(&stop, &caught);
    http_server_stop(server, 2000);
    mutex_lock(bare.mutex);
    bare.ended = true;
    condition_signal(bare.changed);
    mutex_unlock(bare.mutex);
    thread_join(&thread);
    http_server_close(&server);
    free(bare.waiting);
    condition_free(&bare.changed);
    mutex_free(&bare.mutex);
    return 0;
}
