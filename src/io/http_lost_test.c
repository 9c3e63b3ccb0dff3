/* Answers that nobody got: the handler takes the exchange back. */
#include "io/http.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include "io/patience_test.h"

static _Atomic(struct http_exchange *) held;
static _Atomic unsigned lost_count;

static void handle(void *self, struct http_exchange *exchange)
{
    (void)self;
    held = exchange;
}

static void answer(struct http_exchange *exchange)
{
    struct buf body;
    buf_init(&body, 0);
    buf_add(&body, STR("once"));
    http_answer(exchange, 200, NULL, 0, &body);
}

static bool lost(void *self)
{
    lost_count++;
    return *(bool *)self;
}

static int ask(const struct http_server *server)
{
    struct sockaddr_in address = { .sin_family = AF_INET,
                                   .sin_port = htons((uint16_t)http_server_port(server)),
                                   .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    static const char request[] = "GET / HTTP/1.1\r\nHost: x\r\n\r\n";
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    held = NULL;
    assert_int_equal(connect(fd, (struct sockaddr *)&address, sizeof(address)), 0);
    assert_int_equal(send(fd, request, sizeof(request) - 1, 0), sizeof(request) - 1);
    struct patience patience = { 0 };
    while (!held)
        patience_wait(&patience);
    return fd;
}

static void wait_gone(void)
{
    struct patience patience = { 0 };
    while (!http_gone(held))
        patience_wait(&patience);
}

static void wait_lost(unsigned count)
{
    struct patience patience = { 0 };
    while (lost_count < count)
        patience_wait(&patience);
}

static void test_lost(void **state)
{
    (void)state;
    struct http_server *server;
    struct diag diag;
    bool take = true, leave = false;
    assert_int_equal(http_server_open(&(struct http_settings){ .listen = "127.0.0.1:0", .loops = 1 },
                                      &(struct http_handler){ .handle = handle }, &server, &diag),
                     ERR_OK);
    assert_int_equal(http_server_start(server, &diag), ERR_OK);

    int fd = ask(server); /* one that is read is not lost */
    char bytes[1024];
    assert_false(http_gone(held));
    http_on_lost(held, lost, &take);
    answer(held);
    assert_true(recv(fd, bytes, sizeof(bytes), 0) > 0);
    assert_int_equal(lost_count, 0);
    close(fd);

    fd = ask(server);
    struct linger reset = { 1, 0 };
    setsockopt(fd, SOL_SOCKET, SO_LINGER, &reset, sizeof(reset));
    close(fd);
    wait_gone();
    http_on_lost(held, lost, &take);
    answer(held);
    wait_lost(1);
    answer(held); /* thrown away */

    fd = ask(server);
    setsockopt(fd, SOL_SOCKET, SO_LINGER, &reset, sizeof(reset));
    close(fd);
    wait_gone();
    http_on_lost(held, lost, &leave);
    answer(held);
    wait_lost(2);
    http_server_stop(server, 1000);
    http_server_close(&server);
    assert_int_equal(lost_count, 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(test_lost) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
