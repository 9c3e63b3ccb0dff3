/* Requests to a server of the test's own, which answers, is slow, says too much, hangs up or is not there. */
#include "io/http_send.h"
#include "io/thread.h"

#include <arpa/inet.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

/* ---- the other side: one connection at a time, the path says what it does ---- */

struct peer {
    int listener;
    unsigned port;
    struct thread *thread;
};

static bool peer_read(int fd, char *text, size_t size)
{
    size_t len = 0;
    while (len + 1 < size) {
        ssize_t got = recv(fd, text + len, size - 1 - len, 0);
        if (got <= 0)
            return false;
        len += (size_t)got;
        text[len] = 0;
        char *body = strstr(text, "\r\n\r\n"), *length = strcasestr(text, "content-length:");
        if (body && length && strlen(body + 4) >= (size_t)atoi(length + 15))
            return true;
    }
    return false;
}

static void peer_say(int fd, const char *text)
{
    (void)!send(fd, text, strlen(text), MSG_NOSIGNAL);
}

static void peer_answer(int fd, const char *request)
{
    if (strstr(request, "/echo")) {
        char answer[8192];
        const char *body = strstr(request, "\r\n\r\n") + 4;
        (void)snprintf(answer, sizeof(answer),
                       "HTTP/1.1 100 Continue\r\nX-Old: 1\r\n\r\nHTTP/1.1 201 Made\r\nX-Mine:  a b \r\n"
                       "Content-Length: %zu\r\nConnection: close\r\n\r\n%s",
                       strlen(body), body);
        peer_say(fd, answer);
    } else if (strstr(request, "/large")) {
        peer_say(fd, "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n0123456789012345678901234567890123456789");
    } else if (strstr(request, "/slow")) {
        char byte;
        (void)recv(fd, &byte, 1, 0); /* till the other side gives up */
    } else if (strstr(request, "/cut")) {
        peer_say(fd, "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf");
    }
}

static void peer_main(void *self)
{
    struct peer *peer = self;
    for (;;) {
        char request[4096];
        int fd = accept(peer->listener, NULL, NULL);
        if (fd < 0)
            return;
        if (peer_read(fd, request, sizeof(request)))
            peer_answer(fd, request);
        close(fd);
    }
}

static void peer_open(struct peer *peer)
{
    struct sockaddr_in address = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    socklen_t len = sizeof(address);
    struct diag diag;
    peer->listener = socket(AF_INET, SOCK_STREAM, 0);
    assert_int_equal(bind(peer->listener, (struct sockaddr *)&address, sizeof(address)), 0);
    assert_int_equal(listen(peer->listener, 64), 0);
    assert_int_equal(getsockname(peer->listener, (struct sockaddr *)&address, &len), 0);
    peer->port = ntohs(address.sin_port);
    assert_int_equal(thread_start("peer", peer_main, peer, &peer->thread, &diag), ERR_OK);
}

static void peer_close(struct peer *peer)
{
    shutdown(peer->listener, SHUT_RDWR);
    thread_join(&peer->thread);
    close(peer->listener);
}

/* ---- requests ---- */

struct request {
    struct http_send send;
    char url[128], answer[256], header[64];
    bool over;
    struct mutex *mutex;
    struct condition *end;
};

static void request_done(struct http_send *send)
{
    struct request *request = (struct request *)send;
    mutex_lock(request->mutex);
    (void)snprintf(request->answer, sizeof(request->answer), "%.*s", STR_ARG(buf_str(&send->answer)));
    (void)snprintf(request->header, sizeof(request->header), "%.*s",
                   STR_ARG(http_send_header(send, STR("x-mine"))));
    assert_int_equal(http_send_header(send, STR("X-Old")).len, 0);
    request->over = true;
    condition_signal(request->end);
    mutex_unlock(request->mutex);
}

static void request_begin(struct request *request, struct http_sender *sender, unsigned port,
                          const char *path, int64_t time_max_ms)
{
    static const char *const headers[] = { "X-One: 1", NULL };
    memset(request, 0, sizeof(*request));
    request->mutex = mutex_new();
    request->end = condition_new();
    (void)snprintf(request->url, sizeof(request->url), "http://127.0.0.1:%u%s", port, path);
    request->send = (struct http_send){ .url = request->url,
                                        .headers = headers,
                                        .body = STR("{\"a\":1}"),
                                        .time_max_ms = time_max_ms,
                                        .answer_bytes_max = 32,
                                        .done = request_done };
    assert_true(http_sender_send(sender, &request->send));
}

static enum http_send_end request_wait(struct request *request)
{
    mutex_lock(request->mutex);
    while (!request->over)
        condition_wait(request->end, request->mutex);
    mutex_unlock(request->mutex);
    mutex_free(&request->mutex);
    condition_free(&request->end);
    return request->send.end;
}

static struct http_sender *sender_open(void)
{
    struct http_sender *sender;
    struct diag diag;
    assert_int_equal(http_sender_open(&sender, &diag), ERR_OK);
    return sender;
}

static void each_end_is_told(void **state)
{
    (void)state;
    static const struct {
        const char *path;
        enum http_send_end end;
    } cases[] = { { "/echo", HTTP_ANSWERED }, { "/large", HTTP_TOO_LARGE }, { "/slow", HTTP_TIMED_OUT },
                  { "/cut", HTTP_BROKEN },    { "/hang", HTTP_BROKEN },     { "/echo", HTTP_ANSWERED } };
    struct peer peer;
    struct http_sender *sender = sender_open();
    struct request request;
    peer_open(&peer);
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        request_begin(&request, sender, peer.port, cases[i].path, 300);
        assert_int_equal(request_wait(&request), cases[i].end);
        if (cases[i].end == HTTP_ANSWERED) {
            assert_int_equal(request.send.status, 201);
            assert_string_equal(request.answer, "{\"a\":1}");
            assert_string_equal(request.header, "a b");
        } else {
            assert_true(strlen(request.send.why) > 0);
        }
    }
    unsigned port = peer.port;
    peer_close(&peer);
    request_begin(&request, sender, port, "/echo", 300);
    assert_int_equal(request_wait(&request), HTTP_UNREACHABLE);
    http_sender_close(&sender, 0);
}

static void the_end_waits_and_then_cancels(void **state)
{
    (void)state;
    struct peer peer;
    struct request request;
    peer_open(&peer);
    struct http_sender *sender = sender_open();
    request_begin(&request, sender, peer.port, "/slow", 200);
    http_sender_close(&sender, 5000); /* it times out by itself meanwhile */
    assert_int_equal(request_wait(&request), HTTP_TIMED_OUT);
    sender = sender_open();
    request_begin(&request, sender, peer.port, "/slow", 60000);
    http_sender_close(&sender, 50);
    assert_int_equal(request_wait(&request), HTTP_CANCELLED);
    sender = sender_open();
    http_sender_close(&sender, 5000); /* at once: nothing is under way */
    peer_close(&peer);
}

static void many_at_once(void **state)
{
    (void)state;
    enum { REQUESTS = 200 };
    struct peer peer;
    struct http_sender *sender = sender_open();
    struct request *requests = calloc(REQUESTS, sizeof(*requests));
    assert_non_null(requests);
    peer_open(&peer);
    for (int i = 0; i < REQUESTS; i++)
        request_begin(&requests[i], sender, peer.port, "/echo", 30000);
    for (int i = 0; i < REQUESTS; i++) {
        assert_int_equal(request_wait(&requests[i]), HTTP_ANSWERED);
        assert_string_equal(requests[i].answer, "{\"a\":1}");
    }
    http_sender_close(&sender, 0);
    peer_close(&peer);
    free(requests);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_end_is_told),
        cmocka_unit_test(the_end_waits_and_then_cancels),
        cmocka_unit_test(many_at_once),
    };
    return cmocka_run_group_tests_name("io-http-send", tests, NULL, NULL);
}
