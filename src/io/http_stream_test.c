/* Answers that come in pieces. */
#include "io/http.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include "io/patience_test.h"

/* What one stream was told; of the exchange's arena, as http_stream_begin wants it. */
struct told {
    _Atomic unsigned moved, gone;
};

static _Atomic unsigned pieces_left; /* pieces of MORE_BYTES that moved still hands over by itself */
enum { MORE_BYTES = 3 << 20 };

static _Atomic(struct http_exchange *) held;
static struct told *told;
static struct http_server *server;

static void on_moved(void *self, bool gone)
{
    struct told *one = self;
    (*(gone ? &one->gone : &one->moved))++;
    if (gone || !pieces_left)
        return;
    struct buf piece;
    buf_init(&piece, 0);
    memset(buf_reserve(&piece, MORE_BYTES), 'm', MORE_BYTES);
    piece.len = MORE_BYTES;
    pieces_left--;
    http_stream_send(held, &piece);
}

static struct buf piece_of(struct str text)
{
    struct buf piece;
    buf_init(&piece, 0);
    buf_add(&piece, text);
    return piece;
}

static void handle(void *self, struct http_exchange *exchange)
{
    (void)self;
    struct buf body = piece_of(STR("first"));
    if (str_eq(http_request_of(exchange)->path, STR("/whole"))) {
        http_answer(exchange, 200, NULL, 0, &body);
        return;
    }
    told = arena_alloc(http_arena(exchange), sizeof(*told));
    http_stream_begin(exchange, 200, &(struct http_header){ STR("X-Kind"), STR("pieces") }, 1, &body,
                      on_moved, told);
    held = exchange;
}

static void send_piece(struct str text)
{
    struct buf piece = piece_of(text);
    http_stream_send(held, &piece);
}

static void end(struct str text)
{
    struct buf last = piece_of(text);
    http_stream_end(held, &last);
}

static void wait_until(_Atomic unsigned *count, unsigned least)
{
    struct patience patience = { 0 };
    while (*count < least)
        patience_wait(&patience);
}

static int ask(const char *request)
{
    struct sockaddr_in address = { .sin_family = AF_INET,
                                   .sin_port = htons((uint16_t)http_server_port(server)),
                                   .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    held = NULL;
    assert_int_equal(connect(fd, (struct sockaddr *)&address, sizeof(address)), 0);
    assert_int_equal(send(fd, request, strlen(request), 0), strlen(request));
    struct patience patience = { 0 };
    while (!held)
        patience_wait(&patience);
    return fd;
}

/* Reads until the text has come, or the end of the connection. */
static bool read_until(int fd, const char *text, char *got, size_t size)
{
    size_t len = strlen(got);
    while (!strstr(got, text)) {
        ssize_t more = recv(fd, got + len, size - 1 - len, 0);
        if (more <= 0)
            return false;
        len += (size_t)more;
        got[len] = '\0';
    }
    return true;
}

static int set_up(void **state)
{
    (void)state;
    struct diag diag;
    assert_int_equal(
        http_server_open(
            &(struct http_settings){ .listen = "127.0.0.1:0", .loops = 1, .send_time_max_ms = 1500 },
            &(struct http_handler){ .handle = handle }, &server, &diag),
        ERR_OK);
    assert_int_equal(http_server_start(server, &diag), ERR_OK);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    http_server_stop(server, 1000);
    http_server_close(&server);
    return 0;
}

static void test_pieces_then_the_next_answer(void **state)
{
    (void)state;
    char got[2048] = "";
    int fd = ask("GET / HTTP/1.1\r\nHost: x\r\n\r\nGET /whole HTTP/1.1\r\nHost: x\r\n\r\n");
    wait_until(&told->moved, 1);
    assert_true(read_until(fd, "\r\n\r\n5\r\nfirst\r\n", got, sizeof(got)));
    assert_non_null(strstr(got, "Transfer-Encoding: chunked\r\n"));
    assert_non_null(strstr(got, "X-Kind: pieces\r\n"));
    assert_null(strstr(got, "Content-Length"));
    send_piece(STR("a second one"));
    wait_until(&told->moved, 2);
    assert_true(read_until(fd, "c\r\na second one\r\n", got, sizeof(got)));
    assert_null(strstr(got, "\r\n0\r\n"));
    end(STR("last"));
    assert_true(read_until(fd, "4\r\nlast\r\n0\r\n\r\nHTTP/1.1 200 OK\r\n", got, sizeof(got)));
    close(fd);
}

static void test_an_old_client_reads_to_the_end(void **state)
{
    (void)state;
    char got[2048] = "";
    int fd = ask("GET / HTTP/1.0\r\n\r\n");
    wait_until(&told->moved, 1);
    send_piece(STR(" and second"));
    wait_until(&told->moved, 2);
    end(STR(""));
    assert_false(read_until(fd, "never", got, sizeof(got)));
    assert_non_null(strstr(got, "Connection: close\r\n"));
    assert_null(strstr(got, "chunked"));
    assert_non_null(strstr(got, "\r\n\r\nfirst and second"));
    assert_true(str_ends(str_from(got), STR("and second")));
    close(fd);
}

static void test_a_client_that_goes_is_noticed(void **state)
{
    (void)state;
    int fd = ask("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
    wait_until(&told->moved, 1);
    close(fd);
    wait_until(&told->gone, 1);
    end(STR("nobody reads this"));
}

/* A piece that the client does not take stays the only one; after a while the connection is given up. */
static void test_a_client_that_does_not_read(void **state)
{
    (void)state;
    enum { PIECE = 32 << 20 };
    int fd = ask("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
    wait_until(&told->moved, 1);
    char *bytes = calloc(1, PIECE);
    assert_non_null(bytes);
    send_piece(str_of(bytes, PIECE));
    free(bytes);
    thread_sleep_ms(50);
    assert_int_equal(told->moved, 1);
    assert_int_equal(told->gone, 0);
    wait_until(&told->gone, 1);
    assert_int_equal(told->moved, 1);
    end(STR(""));
    close(fd);
}

static void test_the_end_may_come_while_a_piece_is_on_its_way(void **state)
{
    (void)state;
    enum { PIECE = 8 << 20 };
    char *bytes = malloc(PIECE), *got = calloc(1, PIECE + 4096);
    assert_true(bytes && got);
    memset(bytes, 'x', PIECE);
    int fd = ask("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
    wait_until(&told->moved, 1);
    send_piece(str_of(bytes, PIECE));
    end(STR("last"));
    size_t len = 0;
    for (ssize_t more; len < PIECE + 4095 && !(len > 5 && memcmp(got + len - 5, "0\r\n\r\n", 5) == 0);
         len += (size_t)more) {
        more = recv(fd, got + len, PIECE + 4095 - len, 0);
        assert_true(more > 0);
    }
    assert_memory_equal(got + len - 16, "\r\n4\r\nlast\r\n0\r\n\r\n", 16);
    close(fd);
    free(bytes);
    free(got);
}

/* The next piece is handed over from within moved, while the connection is still being run. */
static void test_one_piece_after_the_other(void **state)
{
    (void)state;
    enum { PIECES = 8 };
    int fd = ask("GET / HTTP/1.0\r\n\r\n");
    wait_until(&told->moved, 1);
    struct told *one = told;
    pieces_left = PIECES;
    send_piece(STR("go"));
    char *bytes = malloc(MORE_BYTES);
    assert_non_null(bytes);
    size_t counted = 0;
    while (counted < (size_t)PIECES * MORE_BYTES) {
        ssize_t got = recv(fd, bytes, MORE_BYTES, 0);
        assert_true(got > 0);
        for (ssize_t i = 0; i < got; i++)
            counted += bytes[i] == 'm';
    }
    wait_until(&one->moved, 2 + PIECES);
    assert_int_equal(one->gone, 0);
    end(STR(""));
    free(bytes);
    close(fd);
}

static void test_the_server_stops_under_a_stream(void **state)
{
    (void)state;
    int fd = ask("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
    wait_until(&told->moved, 1);
    http_server_stop(server, 10);
    assert_int_equal(told->gone, 1);
    end(STR("too late"));
    close(fd);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_pieces_then_the_next_answer, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_an_old_client_reads_to_the_end, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_a_client_that_goes_is_noticed, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_a_client_that_does_not_read, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_the_end_may_come_while_a_piece_is_on_its_way, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_one_piece_after_the_other, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_the_server_stops_under_a_stream, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
