/* The server over real sockets of the loopback. */
#include "io/clock.h"
#include "io/http.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include <assert.h>

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { ANSWER_TIME_MAX_MS = 10000, ANSWER_BYTES_MAX = 1 << 20 };

/* A second thread that answers, as the writer of a partition does. */
struct answerer {
    pthread_t thread;
    pthread_mutex_t mutex;
    pthread_cond_t changed;
    struct http_exchange *waiting[1024];
    size_t count;
    bool held; /* keeps them until released */
    bool ended;
};

struct fixture {
    struct answerer answerer;
    struct http_server *server;
    unsigned port;
};

static void sleep_ms(long ms)
{
    struct timespec time = { ms / 1000, ms % 1000 * 1000000 };
    nanosleep(&time, NULL);
}

static void answer_text(struct http_exchange *exchange, int status, struct str text)
{
    struct http_header headers[] = { { STR("Content-Type"), STR("text/plain") },
                                     { STR("X-Peer"), http_request_of(exchange)->peer } };
    struct buf body;
    buf_init(&body, 0);
    buf_add(&body, text);
    http_answer(exchange, status, headers, 2, &body);
}

static void answer_echo(struct http_exchange *exchange)
{
    const struct http_request *request = http_request_of(exchange);
    answer_text(exchange, 200,
                arena_printf(http_arena(exchange), "%.*s %.*s %.*s %.*s", STR_ARG(request->method),
                             STR_ARG(request->path), STR_ARG(request->query), STR_ARG(request->body)));
}

static void *answerer_main(void *arg)
{
    struct answerer *answerer = arg;
    pthread_mutex_lock(&answerer->mutex);
    for (;;) {
        while (!answerer->ended && (answerer->held || !answerer->count))
            pthread_cond_wait(&answerer->changed, &answerer->mutex);
        if (!answerer->count)
            break;
        struct http_exchange *taken[1024];
        size_t count = answerer->count;
        memcpy(taken, answerer->waiting, count * sizeof(*taken));
        answerer->count = 0;
        pthread_mutex_unlock(&answerer->mutex);
        for (size_t i = count; i-- > 0;) /* the last first: the server has to bring them in order */
            answer_echo(taken[i]);
        pthread_mutex_lock(&answerer->mutex);
    }
    pthread_mutex_unlock(&answerer->mutex);
    return NULL;
}

static void answerer_set(struct answerer *answerer, bool held, bool ended)
{
    pthread_mutex_lock(&answerer->mutex);
    answerer->held = held;
    answerer->ended = ended;
    pthread_cond_signal(&answerer->changed);
    pthread_mutex_unlock(&answerer->mutex);
}

static size_t answerer_count(struct answerer *answerer)
{
    pthread_mutex_lock(&answerer->mutex);
    size_t count = answerer->count;
    pthread_mutex_unlock(&answerer->mutex);
    return count;
}

static void handle(void *self, struct http_exchange *exchange)
{
    struct answerer *answerer = self;
    const struct http_request *request = http_request_of(exchange);
    if (str_eq(request->path, STR("/thread"))) {
        pthread_mutex_lock(&answerer->mutex);
        assert(answerer->count < 1024);
        answerer->waiting[answerer->count++] = exchange;
        pthread_cond_signal(&answerer->changed);
        pthread_mutex_unlock(&answerer->mutex);
    } else if (str_eq(request->path, STR("/big"))) {
        int64_t len = 0;
        str_to_i64(request->query, &len);
        struct buf body;
        buf_init(&body, 0);
        memset(buf_reserve(&body, (size_t)len), 'b', (size_t)len);
        body.len = (size_t)len;
        http_answer(exchange, 200, NULL, 0, &body);
    } else if (str_eq(request->path, STR("/empty"))) {
        answer_text(exchange, 204, STR("never sent"));
    } else if (str_eq(request->path, STR("/outgrown"))) {
        struct buf body;
        buf_init(&body, 4);
        buf_add(&body, STR("half"));
        buf_add(&body, STR("and half"));
        http_answer(exchange, 200, NULL, 0, &body);
    } else if (str_eq(request->path, STR("/header"))) {
        struct http_header header = { STR("X-Text"), STR("a\r\nSet-Cookie: b") };
        struct buf body;
        buf_init(&body, 0);
        http_answer(exchange, 404, &header, 1, &body);
    } else {
        answer_echo(exchange);
    }
}

static size_t body_max(void *self, const struct http_request *head)
{
    (void)self;
    return str_eq(head->path, STR("/small")) ? 10 : SIZE_MAX;
}

static void refuse(void *self, const struct http_request *head, int status, const char *why,
                   struct str *content_type, struct buf *body)
{
    (void)self;
    *content_type = STR("application/x-test");
    buf_printf(body, "refused %d %.*s: %s", status, STR_ARG(head->path), why);
}

static void fixture_open(struct fixture *fixture, struct http_settings settings)
{
    struct diag diag = { "" };
    memset(fixture, 0, sizeof(*fixture));
    pthread_mutex_init(&fixture->answerer.mutex, NULL);
    pthread_cond_init(&fixture->answerer.changed, NULL);
    assert_int_equal(pthread_create(&fixture->answerer.thread, NULL, answerer_main, &fixture->answerer), 0);
    struct http_handler handler = { &fixture->answerer, handle, body_max, refuse };
    if (!settings.listen)
        settings.listen = "127.0.0.1:0";
    if (!settings.loops)
        settings.loops = 2;
    if (http_server_open(&settings, &handler, &fixture->server, &diag) ||
        http_server_start(fixture->server, &diag))
        fail_msg("%s", diag.text);
    fixture->port = http_server_port(fixture->server);
    assert_true(fixture->port);
}

static void fixture_close(struct fixture *fixture)
{
    http_server_stop(fixture->server, 5000);
    http_server_close(&fixture->server);
    answerer_set(&fixture->answerer, false, true);
    pthread_join(fixture->answerer.thread, NULL);
    pthread_cond_destroy(&fixture->answerer.changed);
    pthread_mutex_destroy(&fixture->answerer.mutex);
}

/* The client's side. */

static int dial(const struct fixture *fixture)
{
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    struct sockaddr_in address = { .sin_family = AF_INET, .sin_port = htons((uint16_t)fixture->port) };
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (connect(fd, (struct sockaddr *)&address, sizeof(address)) < 0)
        fail_msg("connect: %s", strerror(errno));
    return fd;
}

static void say(int fd, struct str bytes)
{
    while (bytes.len) {
        ssize_t sent = send(fd, bytes.ptr, bytes.len, MSG_NOSIGNAL);
        if (sent < 0)
            return; /* what it gets to read tells the test */
        bytes.ptr += sent;
        bytes.len -= (size_t)sent;
    }
}

/* What came until enough did, the server closed or the time is over. */
static struct str hear(int fd, const char *until, size_t times)
{
    static char text[ANSWER_BYTES_MAX + 1];
    size_t len = 0;
    int64_t end_ns = clock_monotonic_ns() + (int64_t)ANSWER_TIME_MAX_MS * 1000000;
    for (;;) {
        text[len] = 0;
        size_t seen = 0;
        for (const char *at = text; until && (at = strstr(at, until)); at++)
            seen++;
        if (until && seen >= times)
            return str_of(text, len);
        struct pollfd wait = { .fd = fd, .events = POLLIN };
        int left_ms = (int)((end_ns - clock_monotonic_ns()) / 1000000);
        if (left_ms <= 0 || poll(&wait, 1, left_ms) <= 0) {
            fail_msg("timed out; heard: %s", text);
            return STR_EMPTY;
        }
        ssize_t got = recv(fd, text + len, ANSWER_BYTES_MAX - len, 0);
        if (got < 0)
            fail_msg("after %zu bytes: %s", len, strerror(errno));
        if (got == 0)
            return str_of(text, len);
        len += (size_t)got;
    }
}

static bool has(struct str text, const char *part)
{
    return str_find(text, str_from(part)) != STR_NOT_FOUND;
}

#define ASSERT_HAS(text, part)                                   \
    do {                                                         \
        if (!has(text, part))                                    \
            fail_msg("no \"%s\" in: %.*s", part, STR_ARG(text)); \
    } while (0)

/* Says it on a connection of its own and hears until the server closes. */
static struct str ask_and_close(const struct fixture *fixture, const char *text)
{
    int fd = dial(fixture);
    say(fd, str_from(text));
    struct str heard = hear(fd, NULL, 0);
    close(fd);
    return heard;
}

#define H "Host: a\r\n"
#define C "Connection: close\r\n"

static void test_answers(void **state)
{
    struct fixture *fixture = *state;
    struct str heard = ask_and_close(fixture, "GET /a?b HTTP/1.1\r\n" H C "\r\n");
    ASSERT_HAS(heard, "HTTP/1.1 200 OK\r\nDate: ");
    ASSERT_HAS(heard, " GMT\r\nContent-Length: 9\r\nConnection: close\r\nContent-Type: text/plain\r\n"
                      "X-Peer: 127.0.0.1:");
    ASSERT_HAS(heard, "\r\n\r\nGET /a b ");
    heard = ask_and_close(fixture, "HEAD /a HTTP/1.1\r\n" H C "\r\n");
    ASSERT_HAS(heard, "Content-Length: 9\r\n");
    assert_true(str_ends(heard, STR("\r\n\r\n")));
    heard = ask_and_close(fixture, "GET /empty HTTP/1.1\r\n" H C "\r\n");
    ASSERT_HAS(heard, "HTTP/1.1 204 No Content\r\n");
    assert_false(has(heard, "Content-Length"));
    assert_true(str_ends(heard, STR("\r\n\r\n")));
    heard = ask_and_close(fixture, "GET /header HTTP/1.1\r\n" H C "\r\n");
    ASSERT_HAS(heard, "X-Text: a  Set-Cookie: b\r\n\r\n");
    heard = ask_and_close(fixture, "GET /outgrown HTTP/1.1\r\n" H C "\r\n");
    assert_true(str_starts(heard, STR("HTTP/1.1 500 ")) && str_ends(heard, STR("\r\n\r\n")));
    heard = ask_and_close(fixture, "GET http://a/x HTTP/1.0\r\n\r\n");
    ASSERT_HAS(heard, "HTTP/1.1 200 OK\r\n");
    ASSERT_HAS(heard, "Connection: close\r\n");
    heard = ask_and_close(fixture, "OPTIONS * HTTP/1.1\r\n" H C "\r\n");
    ASSERT_HAS(heard, "\r\n\r\nOPTIONS *");
    int fd = dial(fixture);
    say(fd, STR("GET /1 HTTP/1.0\r\nConnection: keep-alive\r\n\r\n"));
    ASSERT_HAS(hear(fd, "GET /1", 1), "Connection: keep-alive\r\n");
    say(fd, STR("GET /2 HTTP/1.0\r\n\r\n"));
    ASSERT_HAS(hear(fd, NULL, 0), "GET /2");
    close(fd);
}

static void test_refusals(void **state)
{
    struct fixture *fixture = *state;
    struct http_stats before, after;
    http_stats(fixture->server, &before);
    static const struct {
        const char *text, *begins, *has;
    } cases[] = {
        { "GET / HTTP/1.1\r\n\r\n", "HTTP/1.1 400 Bad Request\r\n",
          "refused 400 : the Host header is missing" },
        { "GET / HTTP/1.1\n", "HTTP/1.1 400 ", "without a carriage return" },
        { "POST / HTTP/1.1\r\n" H "Content-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n", "HTTP/1.1 400 ",
          "both" },
        { "POST / HTTP/1.1\r\n" H "Content-Length: 1\r\nContent-Length: 2\r\n\r\n", "HTTP/1.1 400 ",
          "differs" },
        { "POST / HTTP/1.1\r\n" H "Transfer-Encoding: gzip\r\n\r\n", "HTTP/1.1 400 ", "chunked" },
        { "POST /x HTTP/1.1\r\n" H "Transfer-Encoding: chunked\r\n\r\nx\r\n", "HTTP/1.1 400 ",
          "refused 400 /x: " },
        { "POST /x HTTP/1.1\r\n" H "Expect: x\r\n\r\n", "HTTP/1.1 417 Expectation Failed\r\n",
          "100-continue" },
        { "GET /x HTTP/3.0\r\n" H "\r\n", "HTTP/1.1 505 HTTP Version Not Supported\r\n", "spoken" },
        { "POST /small HTTP/1.1\r\n" H "Content-Length: 11\r\n\r\n01234567890",
          "HTTP/1.1 413 Content Too Large\r\n", "refused 413 /small: " },
        { "POST /small HTTP/1.1\r\n" H "Content-Length: 11\r\nExpect: 100-continue\r\n\r\n", "HTTP/1.1 413 ",
          "refused 413" },
        { "POST /small HTTP/1.1\r\n" H "Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n6\r\nhello",
          "HTTP/1.1 413 ", "refused 413 /small: " },
    };
    size_t count = sizeof(cases) / sizeof(cases[0]);
    for (size_t i = 0; i < count; i++) {
        int fd = dial(fixture);
        say(fd, str_from(cases[i].text));
        say(fd, STR("GET /never HTTP/1.1\r\nHost: a\r\n\r\n")); /* nothing more is taken from this client */
        struct str heard = hear(fd, "refused", 1);
        if (!str_starts(heard, str_from(cases[i].begins)) || !has(heard, cases[i].has))
            fail_msg("%s\ngot %.*s", cases[i].text, STR_ARG(heard));
        ASSERT_HAS(heard, "Connection: close\r\nContent-Type: application/x-test\r\n");
        assert_false(has(hear(fd, NULL, 0), "never"));
        close(fd);
    }
    static char many[100000];
    size_t len = (size_t)sprintf(many, "GET / HTTP/1.1\r\nHost: a\r\nX: ");
    memset(many + len, 'x', 70000);
    memcpy(many + len + 70000, "\r\n\r\n", 5);
    ASSERT_HAS(ask_and_close(fixture, many), "HTTP/1.1 431 Request Header Fields Too Large\r\n");
    http_stats(fixture->server, &after);
    assert_int_equal(after.refused - before.refused, count + 1);
    assert_int_equal(after.requests, before.requests);
}

/* A refusal comes behind the answers to what was asked before. */
static void test_refusal_in_order(void **state)
{
    struct fixture *fixture = *state;
    answerer_set(&fixture->answerer, true, false);
    int fd = dial(fixture);
    say(fd, STR("GET /thread?1 HTTP/1.1\r\n" H "\r\nGET /2 HTTP/1.1\r\n" H "\r\nGET\r\n\r\n"));
    sleep_ms(50);
    answerer_set(&fixture->answerer, false, false);
    struct str heard = hear(fd, NULL, 0);
    size_t first = str_find(heard, STR("GET /thread 1")), second = str_find(heard, STR("GET /2")),
           third = str_find(heard, STR("refused 400"));
    assert_true(first < second && second < third && third != STR_NOT_FOUND);
    close(fd);
}

static void test_large_body_refused(void **state)
{
    struct fixture *fixture = *state;
    enum { SIZE = 8 << 20 };
    char *body = calloc(1, SIZE);
    int fd = dial(fixture); /* a client that sends all before it reads gets its answer all the same */
    say(fd, STR("POST /small HTTP/1.1\r\n" H "Content-Length: 8388608\r\n\r\n"));
    say(fd, str_of(body, SIZE));
    ASSERT_HAS(hear(fd, NULL, 0), "HTTP/1.1 413 ");
    close(fd);
    free(body);
}

static void test_bodies(void **state)
{
    struct fixture *fixture = *state;
    static const size_t sizes[] = { 0, 1, 100, 16000, 16384, 16385, 65536, 65537, 300000 };
    char *request = malloc(400000), *expected = malloc(400000);
    int fd = dial(fixture);
    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        for (int round = 0; round < 4; round++) { /* 0, 1: by length; 2, 3: chunked; even: in one piece */
            size_t len;
            if (round < 2) {
                len = (size_t)sprintf(request, "POST /echo HTTP/1.1\r\n" H "Content-Length: %zu\r\n\r\n",
                                      sizes[i]);
                for (size_t at = 0; at < sizes[i]; at++)
                    request[len++] = (char)('a' + at % 23);
            } else {
                len = (size_t)sprintf(request,
                                      "POST /echo HTTP/1.1\r\n" H "Transfer-Encoding: chunked\r\n\r\n");
                for (size_t at = 0; at < sizes[i];) {
                    size_t chunk = sizes[i] - at < 5000 ? sizes[i] - at : 5000;
                    len += (size_t)sprintf(request + len, "%zx\r\n", chunk);
                    for (size_t end = at + chunk; at < end; at++)
                        request[len++] = (char)('a' + at % 23);
                    request[len++] = '\r';
                    request[len++] = '\n';
                }
                len += (size_t)sprintf(request + len, "0\r\n\r\n");
            }
            size_t expected_len = (size_t)sprintf(expected, "\r\n\r\nPOST /echo  ");
            for (size_t at = 0; at < sizes[i]; at++)
                expected[expected_len++] = (char)('a' + at % 23);
            expected[expected_len] = 0;
            size_t step = round % 2 ? len / 3 + 1 : len;
            for (size_t at = 0; at < len; at += step) {
                say(fd, str_slice(str_of(request, len), at, step));
                if (round % 2)
                    sleep_ms(2);
            }
            struct str heard = hear(fd, expected, 1);
            assert_true(str_starts(heard, STR("HTTP/1.1 200 OK\r\n")));
            assert_true(str_ends(heard, str_of(expected, expected_len)));
        }
    }
    close(fd);
    free(request);
    free(expected);
}

static void test_byte_by_byte(void **state)
{
    struct fixture *fixture = *state;
    int fd = dial(fixture);
    struct str text = STR("POST /x HTTP/1.1\r\n" H "Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n");
    for (size_t i = 0; i < text.len; i++) {
        say(fd, str_slice(text, i, 1));
        if (i % 8 == 0)
            sleep_ms(1);
    }
    ASSERT_HAS(hear(fd, "abc", 1), "POST /x  abc");
    close(fd);
}

static void test_pipelining(void **state)
{
    struct fixture *fixture = *state;
    enum { COUNT = 1000 };
    char *requests = malloc(COUNT * 100);
    size_t len = 0;
    for (int i = 0; i < COUNT; i++) /* every third from another thread, which answers them backwards */
        len += (size_t)sprintf(requests + len, "POST /%s?%d HTTP/1.1\r\n" H "Content-Length: 5\r\n\r\nhello",
                               i % 3 ? "now" : "thread", i);
    int fd = dial(fixture);
    say(fd, str_of(requests, len));
    struct str heard = hear(fd, " hello", COUNT);
    for (int i = 0; i < COUNT; i++) {
        char expected[40];
        sprintf(expected, "\r\n\r\nPOST /%s %d hello", i % 3 ? "now" : "thread", i);
        size_t at = str_find(heard, str_from(expected));
        if (at == STR_NOT_FOUND)
            fail_msg("answer %d is missing or out of order", i);
        heard = str_from_offset(heard, at);
    }
    close(fd);
    free(requests);
}

static void test_continue(void **state)
{
    struct fixture *fixture = *state;
    int fd = dial(fixture);
    say(fd, STR("POST /a HTTP/1.1\r\n" H "Content-Length: 3\r\nExpect: 100-continue\r\n\r\n"));
    assert_true(str_eq(hear(fd, "\r\n\r\n", 1), STR("HTTP/1.1 100 Continue\r\n\r\n")));
    say(fd, STR("abc"));
    ASSERT_HAS(hear(fd, "abc", 1), "POST /a  abc");
    /* with the body at hand there is nothing to wait for */
    say(fd, STR("POST /b HTTP/1.1\r\n" H "Content-Length: 3\r\nExpect: 100-continue\r\n\r\nabc"));
    assert_true(str_starts(hear(fd, "abc", 1), STR("HTTP/1.1 200 OK\r\n")));
    /* and never before the answer to an earlier request */
    answerer_set(&fixture->answerer, true, false);
    say(fd, STR("GET /thread HTTP/1.1\r\n" H "\r\nPOST /c HTTP/1.1\r\n" H
                "Content-Length: 3\r\nExpect: 100-continue\r\n\r\n"));
    sleep_ms(50);
    answerer_set(&fixture->answerer, false, false);
    struct str heard = hear(fd, "100 Continue\r\n\r\n", 1);
    assert_true(str_find(heard, STR("GET /thread")) < str_find(heard, STR("100 Continue")));
    say(fd, STR("abc"));
    ASSERT_HAS(hear(fd, "abc", 1), "POST /c  abc");
    close(fd);
}

static void test_half_close(void **state)
{
    struct fixture *fixture = *state;
    int fd = dial(fixture);
    say(fd, STR("GET /thread?1 HTTP/1.1\r\n" H "\r\nGET /thread?2 HTTP/1.1\r\n" H "\r\nGET /thread?3 HT"));
    shutdown(fd, SHUT_WR);
    struct str heard = hear(fd, NULL, 0);
    ASSERT_HAS(heard, "GET /thread 1");
    ASSERT_HAS(heard, "GET /thread 2");
    assert_false(has(heard, "GET /thread 3"));
    close(fd);
}

static void test_gone_before_answer(void **state)
{
    struct fixture *fixture = *state;
    answerer_set(&fixture->answerer, true, false);
    for (int i = 0; i < 20; i++) {
        int fd = dial(fixture);
        say(fd, STR("GET /thread HTTP/1.1\r\n" H "\r\nGET /thread HTTP/1.1\r\n" H "\r\n"));
        struct linger reset = { 1, 0 };
        setsockopt(fd, SOL_SOCKET, SO_LINGER, &reset, sizeof(reset));
        while (answerer_count(&fixture->answerer) < 2 * (size_t)(i + 1))
            sleep_ms(1);
        close(fd);
    }
    sleep_ms(20);
    answerer_set(&fixture->answerer, false, false);
    ASSERT_HAS(ask_and_close(fixture, "GET /still HTTP/1.1\r\n" H C "\r\n"), "GET /still");
}

static void test_keep_alive_sequence(void **state)
{
    struct fixture *fixture = *state;
    int fd = dial(fixture);
    for (int i = 0; i < 1000; i++) {
        char text[100], expected[40];
        sprintf(text, "POST /%s?%d HTTP/1.1\r\n" H "Content-Length: 2\r\n\r\nok", i % 2 ? "now" : "thread",
                i);
        sprintf(expected, " %d ok", i);
        say(fd, str_from(text));
        assert_true(str_starts(hear(fd, expected, 1), STR("HTTP/1.1 200 OK\r\n")));
    }
    close(fd);
}

/* Who does not read holds nobody up. */
static void test_reader_that_does_not_read(void **state)
{
    struct fixture *fixture = *state;
    int stuck = dial(fixture), fd = dial(fixture);
    for (int i = 0; i < 4; i++)
        say(stuck, STR("GET /big?8000000 HTTP/1.1\r\n" H "\r\n"));
    for (int i = 0; i < 100; i++) {
        int other = dial(fixture); /* on both loops */
        say(other, STR("GET /thread HTTP/1.1\r\n" H C "\r\n"));
        ASSERT_HAS(hear(other, NULL, 0), "GET /thread");
        close(other);
    }
    close(fd);
    /* and when it reads it gets all of it */
    static char sink[1 << 16];
    size_t got_all = 0;
    while (got_all < 4 * 8000000) {
        ssize_t got = recv(stuck, sink, sizeof(sink), 0);
        assert_true(got > 0);
        got_all += (size_t)got;
    }
    close(stuck);
}

static void test_time_limits(void **state)
{
    (void)state;
    struct fixture fixture;
    fixture_open(&fixture, (struct http_settings){ .header_time_max_ms = 100,
                                                   .body_time_max_ms = 150,
                                                   .idle_time_max_ms = 400,
                                                   .send_time_max_ms = 200 });
    int fd = dial(&fixture);
    int64_t start_ns = clock_monotonic_ns();
    say(fd, STR("GET / HTTP/1.1\r\nHo"));
    ASSERT_HAS(hear(fd, NULL, 0), "HTTP/1.1 408 Request Timeout\r\n");
    int64_t took_ms = (clock_monotonic_ns() - start_ns) / 1000000;
    assert_in_range(took_ms, 95, 3000);
    close(fd);
    fd = dial(&fixture);
    say(fd, STR("POST /slow HTTP/1.1\r\n" H "Content-Length: 5\r\n\r\nab"));
    ASSERT_HAS(hear(fd, NULL, 0), "refused 408 /slow: the request's body");
    close(fd);
    fd = dial(&fixture); /* a byte now and then does not help */
    say(fd, STR("POST /slow HTTP/1.1\r\n" H "Content-Length: 50\r\n\r\n"));
    for (int i = 0; i < 8; i++) {
        say(fd, STR("a"));
        sleep_ms(30);
    }
    ASSERT_HAS(hear(fd, "refused 408", 1), "408");
    close(fd);
    fd = dial(&fixture);
    start_ns = clock_monotonic_ns();
    assert_int_equal(hear(fd, NULL, 0).len, 0); /* idle: closed without a word */
    took_ms = (clock_monotonic_ns() - start_ns) / 1000000;
    assert_in_range(took_ms, 390, 3000);
    close(fd);
    /* a client that does not read its answer is closed; an answer that takes long has no limit */
    fd = dial(&fixture);
    say(fd, STR("GET /big?32000000 HTTP/1.1\r\n" H "\r\n"));
    struct http_stats stats;
    for (int i = 0; i < 300; i++) {
        http_stats(fixture.server, &stats);
        if (i > 5 && !stats.connections)
            break;
        sleep_ms(10);
    }
    assert_int_equal(stats.connections, 0);
    close(fd);
    answerer_set(&fixture.answerer, true, false);
    fd = dial(&fixture);
    say(fd, STR("GET /thread HTTP/1.1\r\n" H "\r\n"));
    sleep_ms(700);
    answerer_set(&fixture.answerer, false, false);
    ASSERT_HAS(hear(fd, "GET /thread", 1), "200 OK");
    close(fd);
    fixture_close(&fixture);
}

static void test_connections_max(void **state)
{
    (void)state;
    struct fixture fixture;
    fixture_open(&fixture, (struct http_settings){ .connections_max = 4 });
    int fds[4];
    for (int i = 0; i < 4; i++) {
        fds[i] = dial(&fixture);
        say(fds[i], STR("GET / HTTP/1.1\r\n" H "\r\n"));
        hear(fds[i], "GET /", 1);
    }
    struct http_stats stats;
    http_stats(fixture.server, &stats);
    assert_int_equal(stats.connections, 4);
    ASSERT_HAS(ask_and_close(&fixture, "GET / HTTP/1.1\r\n" H "\r\n"),
               "HTTP/1.1 503 Service Unavailable\r\n");
    say(fds[0], STR("GET /0 HTTP/1.1\r\n" H "\r\n"));
    ASSERT_HAS(hear(fds[0], "GET /0", 1), "200 OK");
    for (int i = 0; i < 4; i++)
        close(fds[i]);
    for (int i = 0; i < 500; i++) {
        http_stats(fixture.server, &stats);
        if (!stats.connections)
            break;
        sleep_ms(10);
    }
    ASSERT_HAS(ask_and_close(&fixture, "GET /1 HTTP/1.1\r\n" H C "\r\n"), "200 OK");
    fixture_close(&fixture);
}

/* Without descriptors a client is turned away at once instead of hanging, and later ones are served again. */
static void test_out_of_descriptors(void **state)
{
    struct fixture *fixture = *state;
    struct rlimit before, tight;
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
    struct http_stats stats_before, stats;
    http_stats(fixture->server, &stats_before);
    int first = dial(fixture);
    say(first, STR("GET /1 HTTP/1.1\r\n" H "\r\n"));
    hear(first, "GET /1", 1);
    int second = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), last = second;
    for (int fd = second; fd < 1024; fd++) /* the lowest number that is free from here on is over the limit */
        if (fcntl(fd, F_GETFD) >= 0)
            last = fd;
    tight = before;
    tight.rlim_cur = (rlim_t)last + 1;
    int fill[1024], filled = 0;
    while (filled < 1024 && (fill[filled] = dup(first)) >= 0 && fill[filled] < last)
        filled++;
    if (fill[filled] >= 0)
        close(fill[filled]);
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &tight), 0);
    struct sockaddr_in address = { .sin_family = AF_INET, .sin_port = htons((uint16_t)fixture->port) };
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    assert_int_equal(connect(second, (struct sockaddr *)&address, sizeof(address)), 0);
    char byte;
    ssize_t got = recv(second, &byte, 1, 0);
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
    assert_true(got <= 0);
    http_stats(fixture->server, &stats);
    assert_int_equal(stats.refused - stats_before.refused, 1);
    while (filled)
        close(fill[--filled]);
    close(second);
    say(first, STR("GET /2 HTTP/1.1\r\n" H "\r\n"));
    ASSERT_HAS(hear(first, "GET /2", 1), "200 OK");
    close(first);
    ASSERT_HAS(ask_and_close(fixture, "GET /3 HTTP/1.1\r\n" H C "\r\n"), "GET /3");
}

static void *stop_main(void *arg)
{
    struct fixture *fixture = arg;
    http_server_stop(fixture->server, 5000);
    return NULL;
}

static void test_drain(void **state)
{
    (void)state;
    struct fixture fixture;
    fixture_open(&fixture, (struct http_settings){ 0 });
    answerer_set(&fixture.answerer, true, false);
    int busy = dial(&fixture), idle = dial(&fixture), half = dial(&fixture);
    say(idle, STR("GET / HTTP/1.1\r\n" H "\r\n"));
    hear(idle, "GET /", 1);
    say(busy, STR("GET /thread?1 HTTP/1.1\r\n" H "\r\nGET /thread?2 HTTP/1.1\r\n" H "\r\n"));
    say(half, STR("POST /half HTTP/1.1\r\n" H "Content-Length: 4\r\n\r\nab"));
    while (answerer_count(&fixture.answerer) < 2)
        sleep_ms(1);
    pthread_t thread;
    pthread_create(&thread, NULL, stop_main, &fixture);
    assert_int_equal(hear(idle, NULL, 0).len, 0); /* let go */
    int refused = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    struct sockaddr_in address = { .sin_family = AF_INET, .sin_port = htons((uint16_t)fixture.port) };
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    assert_int_equal(connect(refused, (struct sockaddr *)&address, sizeof(address)), -1);
    close(refused);
    say(half, STR("cd"));
    struct str heard = hear(half, NULL, 0);
    ASSERT_HAS(heard, "POST /half  abcd");
    ASSERT_HAS(heard, "Connection: close\r\n");
    answerer_set(&fixture.answerer, false, false);
    heard = hear(busy, NULL, 0);
    ASSERT_HAS(heard, "GET /thread 1");
    ASSERT_HAS(heard, "GET /thread 2");
    ASSERT_HAS(heard, "Connection: close\r\n");
    int64_t start_ns = clock_monotonic_ns();
    close(busy);
    close(idle);
    close(half);
    pthread_join(thread, NULL);
    assert_true((clock_monotonic_ns() - start_ns) / 1000000 < 4000);
    fixture_close(&fixture);
}

/* The handler answers when the server is gone: to nobody, and no memory is touched or lost. */
static void test_answer_after_stop(void **state)
{
    (void)state;
    struct fixture fixture;
    fixture_open(&fixture, (struct http_settings){ 0 });
    answerer_set(&fixture.answerer, true, false);
    int fds[10];
    for (int i = 0; i < 10; i++) {
        fds[i] = dial(&fixture);
        say(fds[i], STR("GET /thread HTTP/1.1\r\n" H "\r\nGET /now HTTP/1.1\r\n" H "\r\n"));
    }
    while (answerer_count(&fixture.answerer) < 10)
        sleep_ms(1);
    http_server_stop(fixture.server, 50);
    for (int i = 0; i < 10; i++) {
        char byte;
        assert_true(recv(fds[i], &byte, 1, 0) <= 0);
        close(fds[i]);
    }
    fixture_close(&fixture); /* closes the server, then lets the other thread answer */
}

static int group_open(void **state)
{
    static struct fixture fixture;
    fixture_open(&fixture, (struct http_settings){ 0 });
    *state = &fixture;
    return 0;
}

static int group_close(void **state)
{
    fixture_close(*state);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_answers),
        cmocka_unit_test(test_refusals),
        cmocka_unit_test(test_refusal_in_order),
        cmocka_unit_test(test_large_body_refused),
        cmocka_unit_test(test_bodies),
        cmocka_unit_test(test_byte_by_byte),
        cmocka_unit_test(test_pipelining),
        cmocka_unit_test(test_continue),
        cmocka_unit_test(test_half_close),
        cmocka_unit_test(test_gone_before_answer),
        cmocka_unit_test(test_keep_alive_sequence),
        cmocka_unit_test(test_reader_that_does_not_read),
        cmocka_unit_test(test_time_limits),
        cmocka_unit_test(test_connections_max),
        cmocka_unit_test(test_out_of_descriptors),
        cmocka_unit_test(test_drain),
        cmocka_unit_test(test_answer_after_stop),
    };
    return cmocka_run_group_tests_name("http_server", tests, group_open, group_close);
}
