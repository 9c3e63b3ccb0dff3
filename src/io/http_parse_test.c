/* Heads and chunked bodies, good and bad, whole and byte by byte. */
#include "io/http_parse.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

static const struct http_parse_limits limits = { 1024, 8 };

/* Fed in steps; each time in memory of exactly that size, so that a sanitizer sees a read past it. */
static int parse_in_steps(struct str text, size_t step, struct arena *arena, struct http_head *ret,
                          size_t *ret_len, const char **why)
{
    struct http_head_scan scan = { 0 };
    for (size_t len = step < text.len ? step : text.len;;
         len = len + step < text.len ? len + step : text.len) {
        char *copy = arena_bytes(arena, len);
        memcpy(copy, text.ptr, len);
        int status = http_head_parse(&scan, str_of(copy, len), &limits, arena, ret, ret_len, why);
        if (status != HTTP_HEAD_MORE || len == text.len)
            return status;
    }
}

static int parse(const char *text, struct arena *arena, struct http_head *ret)
{
    const char *why = "";
    size_t len = 0;
    int status = parse_in_steps(str_from(text), SIZE_MAX / 2, arena, ret, &len, &why);
    struct http_head slow;
    size_t slow_len = 0;
    const char *slow_why = "";
    int slow_status = parse_in_steps(str_from(text), 1, arena, &slow, &slow_len, &slow_why);
    if (status != slow_status || len != slow_len || strcmp(why, slow_why) != 0)
        fail_msg("%s: whole %d (%s), byte by byte %d (%s)", text, status, why, slow_status, slow_why);
    if (status == HTTP_HEAD_WHOLE)
        assert_int_equal(ret->request.header_count, slow.request.header_count);
    return status;
}

#define H "Host: a\r\n"

static void test_good_heads(void **state)
{
    (void)state;
    static const struct {
        const char *text, *method, *path, *query;
        size_t headers;
        unsigned minor;
        bool keep_alive, chunked, has_length, expect;
        uint64_t length;
    } cases[] = {
        { "GET / HTTP/1.1\r\n" H "\r\n", "GET", "/", "", 1, 1, true, false, false, false, 0 },
        { "\r\nGET /a/b?c=d?e HTTP/1.1\r\n" H "\r\n", "GET", "/a/b", "c=d?e", 1, 1, true, false, false, false,
          0 },
        { "GET /? HTTP/1.0\r\n\r\n", "GET", "/", "", 0, 0, false, false, false, false, 0 },
        { "GET / HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n", "GET", "/", "", 1, 0, true, false, false, false,
          0 },
        { "GET / HTTP/1.1\r\n" H "Connection: foo, Close\r\n\r\n", "GET", "/", "", 2, 1, false, false, false,
          false, 0 },
        { "GET / HTTP/1.1\r\n" H "connection: keep-alive\r\nConnection:close\r\n\r\n", "GET", "/", "", 3, 1,
          false, false, false, false, 0 },
        { "POST http://a:80/x?y HTTP/1.1\r\nhost: \t a:80 \t\r\ncontent-length:\t5 \r\n\r\n", "POST", "/x",
          "y", 2, 1, true, false, true, false, 5 },
        { "GET HTTPS://[::1]:80 HTTP/1.1\r\nHost: [::1]:80\r\n\r\n", "GET", "/", "", 1, 1, true, false, false,
          false, 0 },
        { "GET http://a?q HTTP/1.1\r\n" H "\r\n", "GET", "/", "q", 1, 1, true, false, false, false, 0 },
        { "OPTIONS * HTTP/1.1\r\n" H "\r\n", "OPTIONS", "*", "", 1, 1, true, false, false, false, 0 },
        { "PUT / HTTP/1.1\r\n" H "Transfer-Encoding: Chunked\r\n\r\n", "PUT", "/", "", 2, 1, true, true,
          false, false, 0 },
        { "POST / HTTP/1.1\r\n" H "Content-Length: 0007\r\nExpect: 100-Continue\r\n\r\n", "POST", "/", "", 3,
          1, true, false, true, true, 7 },
        { "POST / HTTP/1.1\r\n" H "Content-Length: 5, 5\r\nContent-Length: 5\r\n\r\n", "POST", "/", "", 3, 1,
          true, false, true, false, 5 },
        { "POST / HTTP/1.1\r\n" H "Content-Length: 9223372036854775807\r\n\r\n", "POST", "/", "", 2, 1, true,
          false, true, false, INT64_MAX },
        { "POST / HTTP/1.0\r\nExpect: anything\r\n\r\n", "POST", "/", "", 1, 0, false, false, false, false,
          0 },
        { "GET / HTTP/1.1\r\n" H "X-Empty:\r\nX!#$%&'*+-.^_`|~9: \xc3\xa9\tq\r\n\r\n", "GET", "/", "", 3, 1,
          true, false, false, false, 0 },
        { "GET / HTTP/1.1\r\nHost:\r\n\r\n", "GET", "/", "", 1, 1, true, false, false, false, 0 },
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct arena arena = { 0 };
        struct http_head head;
        if (parse(cases[i].text, &arena, &head) != HTTP_HEAD_WHOLE)
            fail_msg("refused: %s", cases[i].text);
        assert_true(str_eq(head.request.method, str_from(cases[i].method)));
        assert_true(str_eq(head.request.path, str_from(cases[i].path)));
        assert_true(str_eq(head.request.query, str_from(cases[i].query)));
        assert_int_equal(head.request.header_count, cases[i].headers);
        assert_int_equal(head.version_minor, cases[i].minor);
        assert_int_equal(head.keep_alive, cases[i].keep_alive);
        assert_int_equal(head.chunked, cases[i].chunked);
        assert_int_equal(head.has_length, cases[i].has_length);
        assert_int_equal(head.expect_continue, cases[i].expect);
        assert_true(head.content_length == cases[i].length);
        arena_fini(&arena);
    }
}

struct bad_head {
    int status;
    const char *text;
};

static void expect_refused(const struct bad_head *cases, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct arena arena = { 0 };
        struct http_head head;
        int status = parse(cases[i].text, &arena, &head);
        if (status != cases[i].status)
            fail_msg("%d instead of %d: %s", status, cases[i].status, cases[i].text);
        arena_fini(&arena);
    }
}

static void test_bad_heads(void **state)
{
    (void)state;
    static const struct bad_head cases[] = {
        { 400, "\x16\x03\x01" },
        { 400, " GET / HTTP/1.1\r\n" },
        { 400, "\r\n\r\nGET / HTTP/1.1\r\n" H "\r\n" },
        { 400, "GET / HTTP/1.1\n" },
        { 400, "GET / HTTP/1.1\r\n" H "\n" },
        { 400, "GET / HTTP/1.1\r\nHost: a\n\r\n" },
        { 400, "GET / HTTP/1.1\r\n" H "X: a\rb\r\n\r\n" },
        { 400, "GET / HTTP/1.1\r\n" H "X: a\r\r\n\r\n" },
        { 400, "GET / HTTP/1.1\r\r\n" H "\r\n" },
        { 400, "GET /\x01 HTTP/1.1\r\n" H "\r\n" },
        { 400, "GET /\xc3\xa9 HTTP/1.1\r\n" H "\r\n" },
        { 400, "GET /#a HTTP/1.1\r\n" H "\r\n" },
        { 400, "GET / HTTP/1.1\r\n" H "X: a\x01\r\n\r\n" },
        { 400, "GET / HTTP/1.1\r\n" H "X: a\x7f\r\n\r\n" },
        { 400, "GET / HTTP/1.1\r\n" H "X : a\r\n\r\n" },
        { 400, "GET / HTTP/1.1\r\n" H " X: a\r\n\r\n" },
        { 400, "GET / HTTP/1.1\r\n" H "X: a\r\n b\r\n\r\n" },
        { 400, "GET / HTTP/1.1\r\n" H "X: a\r\n\tb\r\n\r\n" },
        { 400, "GET / HTTP/1.1\r\n" H ": a\r\n\r\n" },
        { 400, "GET / HTTP/1.1\r\n" H "X\r\n\r\n" },
        { 400, "GET / HTTP/1.1\r\n" H "X(: a\r\n\r\n" },
        { 400, "GET / HTTP/1.1\r\n" H "\xc3\xa9: a\r\n\r\n" },
        { 400, "GET / HTTP/1.1\r\n\r\n" },
        { 400, "GET / HTTP/1.1\r\n" H H "\r\n" },
        { 400, "GET / HTTP/1.0\r\n" H H "\r\n" },
        { 400, "GET / HTTP/1.1\r\nHost: a b\r\n\r\n" },
        { 400, "GET / HTTP/1.1\r\nHost: a/b\r\n\r\n" },
        { 400, "GET  / HTTP/1.1\r\n" H "\r\n" },
        { 400, "GET /  HTTP/1.1\r\n" H "\r\n" },
        { 400, "GET / HTTP/1.1 \r\n" H "\r\n" },
        { 400, "GET /\r\n" H "\r\n" },
        { 400, "GET\r\n" H "\r\n" },
        { 400, "GET / http/1.1\r\n" H "\r\n" },
        { 400, "GET / HTTP/1.\r\n" H "\r\n" },
        { 400, "GET / HTTP/11.1\r\n" H "\r\n" },
        { 400, "G{T / HTTP/1.1\r\n" H "\r\n" },
        { 400, "GET * HTTP/1.1\r\n" H "\r\n" },
        { 400, "GET a HTTP/1.1\r\n" H "\r\n" },
        { 400, "GET ftp://a/ HTTP/1.1\r\n" H "\r\n" },
        { 400, "GET http:///x HTTP/1.1\r\n" H "\r\n" },
        { 400, "GET http://a@b\\/ HTTP/1.1\r\n" H "\r\n" },
        { 400, "CONNECT a:80 HTTP/1.1\r\n" H "\r\n" },
        { 505, "GET / HTTP/1.2\r\n" H "\r\n" },
        { 505, "GET / HTTP/0.9\r\n" H "\r\n" },
        { 505, "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" },
        { 417, "POST / HTTP/1.1\r\n" H "Expect: 200-ok\r\n\r\n" },
        { 417, "POST / HTTP/1.1\r\n" H "Expect: 100-continue, x\r\n\r\n" },
        { 431,
          "GET / HTTP/1.1\r\n" H "1: 1\r\n2: 2\r\n3: 3\r\n4: 4\r\n5: 5\r\n6: 6\r\n7: 7\r\n8: 8\r\n\r\n" },
    };
    expect_refused(cases, sizeof(cases) / sizeof(cases[0]));
}

static void test_bad_lengths(void **state)
{
    (void)state;
    static const struct bad_head cases[] = {
        { 400, "POST / HTTP/1.1\r\n" H "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n" },
        { 400, "POST / HTTP/1.1\r\n" H "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n" },
        { 400, "POST / HTTP/1.1\r\n" H "Content-Length: 5\r\nContent-Length: 6\r\n\r\n" },
        { 400, "POST / HTTP/1.1\r\n" H "Content-Length: 5, 6\r\n\r\n" },
        { 400, "POST / HTTP/1.1\r\n" H "Content-Length: 5,\r\n\r\n" },
        { 400, "POST / HTTP/1.1\r\n" H "Content-Length:\r\n\r\n" },
        { 400, "POST / HTTP/1.1\r\n" H "Content-Length: -5\r\n\r\n" },
        { 400, "POST / HTTP/1.1\r\n" H "Content-Length: +5\r\n\r\n" },
        { 400, "POST / HTTP/1.1\r\n" H "Content-Length: 0x5\r\n\r\n" },
        { 400, "POST / HTTP/1.1\r\n" H "Content-Length: 5 5\r\n\r\n" },
        { 400, "POST / HTTP/1.1\r\n" H "Content-Length: 9223372036854775808\r\n\r\n" },
        { 400, "POST / HTTP/1.1\r\n" H "Content-Length: 18446744073709551621\r\n\r\n" },
        { 400, "POST / HTTP/1.1\r\n" H "Transfer-Encoding: gzip, chunked\r\n\r\n" },
        { 400, "POST / HTTP/1.1\r\n" H "Transfer-Encoding: identity\r\n\r\n" },
        { 400, "POST / HTTP/1.1\r\n" H "Transfer-Encoding: \x0b"
               "chunked\r\n\r\n" },
        { 400, "POST / HTTP/1.1\r\n" H "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n" },
        { 400, "POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n" },
    };
    expect_refused(cases, sizeof(cases) / sizeof(cases[0]));
}

static void test_head_bytes(void **state)
{
    (void)state;
    struct arena arena = { 0 };
    struct http_head head;
    size_t len = 0;
    const char *why = "";
    char text[2000];
    /* NUL, wherever it stands */
    static const char whole[] = "GET /a HTTP/1.1\r\nHost: a\r\nXx: yy\r\n\r\n\r\n\r\n";
    for (size_t at = 0; at < sizeof(whole) - 5; at++) {
        memcpy(text, whole, sizeof(whole));
        text[at] = 0;
        int status = parse_in_steps(str_of(text, sizeof(whole) - 1), 2000, &arena, &head, &len, &why);
        if (status != 400)
            fail_msg("a NUL at %zu gives %d", at, status);
    }
    /* limits: exactly as large as allowed, and one more */
    for (int over = 0; over < 2; over++) {
        int head_len = snprintf(text, sizeof(text), "GET / HTTP/1.1\r\nHost: a\r\nX: ");
        size_t fill = limits.header_bytes_max - (size_t)head_len - 4 + (size_t)over;
        memset(text + head_len, 'x', fill);
        memcpy(text + (size_t)head_len + fill, "\r\n\r\n", 4);
        struct str bytes = str_of(text, (size_t)head_len + fill + 4);
        assert_int_equal(parse_in_steps(bytes, 2000, &arena, &head, &len, &why),
                         over ? 431 : HTTP_HEAD_WHOLE);
        assert_int_equal(parse_in_steps(bytes, 1, &arena, &head, &len, &why), over ? 431 : HTTP_HEAD_WHOLE);
    }
    memset(text, 'x', sizeof(text)); /* no line end at all */
    assert_int_equal(parse_in_steps(str_of(text, sizeof(text)), 1, &arena, &head, &len, &why), 431);
    /* what follows the head is left alone */
    struct http_head_scan scan = { 0 };
    struct str two = STR("GET / HTTP/1.1\r\nHost: a\r\n\r\nGET\n\n");
    assert_int_equal(http_head_parse(&scan, two, &limits, &arena, &head, &len, &why), HTTP_HEAD_WHOLE);
    assert_int_equal(len, 27);
    arena_fini(&arena);
}

static void test_header_find(void **state)
{
    (void)state;
    struct arena arena = { 0 };
    struct http_head head;
    assert_int_equal(
        parse("GET / HTTP/1.1\r\nHost: a\r\nX-One: 1\r\nx-one: 2\r\nX-None:\r\n\r\n", &arena, &head), 1);
    assert_true(str_eq(http_header_find(&head.request, STR("x-ONE")), STR("1")));
    assert_non_null(http_header_find(&head.request, STR("x-none")).ptr);
    assert_int_equal(http_header_find(&head.request, STR("x-none")).len, 0);
    assert_null(http_header_find(&head.request, STR("x-on")).ptr);
    arena_fini(&arena);
}

/* The decoded body and what is left, or what is wrong; -1: more is needed. */
static enum http_chunk decode(struct str text, size_t step, char *body, size_t *body_len, size_t *rest)
{
    struct http_chunked chunked = { 0 };
    *body_len = 0;
    for (size_t at = 0; at < text.len; at += step) {
        struct str bytes = str_slice(text, at, step), data;
        const char *why = NULL;
        for (;;) {
            enum http_chunk chunk = http_chunked_next(&chunked, &bytes, &data, &why);
            if (chunk == HTTP_CHUNK_DATA) {
                memcpy(body + *body_len, data.ptr, data.len);
                *body_len += data.len;
                continue;
            }
            *rest = text.len - at - (step < text.len - at ? step : text.len - at) + bytes.len;
            if (chunk == HTTP_CHUNK_BAD)
                assert_non_null(why);
            if (chunk == HTTP_CHUNK_MORE)
                break;
            return chunk;
        }
    }
    return HTTP_CHUNK_MORE;
}

static void test_chunks(void **state)
{
    (void)state;
    static const struct {
        const char *text, *body; /* NULL: refused */
        size_t rest;
    } cases[] = {
        { "0\r\n\r\n", "", 0 },
        { "5\r\nhello\r\n0\r\n\r\nGET", "hello", 3 },
        { "1\r\nh\r\n00004\r\nello\r\n000\r\n\r\n", "hello", 0 },
        { "A;x=y;z=\"q\"\r\n0123456789\r\na ;x\r\n0123456789\r\n0\r\nTrailer: x\r\nY:\r\n\r\n",
          "01234567890123456789", 0 },
        { "5\nhello\r\n0\r\n\r\n", NULL, 0 },
        { "5\rhello\r\n0\r\n\r\n", NULL, 0 },
        { "5 \r\nhello\r\n0\r\n\r\n", NULL, 0 },
        { "5\r\nhelloo\r\n0\r\n\r\n", NULL, 0 },
        { "5\r\nhello\n0\r\n\r\n", NULL, 0 },
        { "5\r\nhello0\r\n\r\n", NULL, 0 },
        { "\r\n", NULL, 0 },
        { ";x\r\n", NULL, 0 },
        { "0x5\r\nhello\r\n0\r\n\r\n", NULL, 0 },
        { "-5\r\n", NULL, 0 },
        { "+5\r\n", NULL, 0 },
        { " 5\r\n", NULL, 0 },
        { "g\r\n", NULL, 0 },
        { "5;\x01\r\n", NULL, 0 },
        { "5;a\rb\r\n", NULL, 0 },
        { "10000000000000000\r\n", NULL, 0 },
        { "ffffffffffffffff\r\n", NULL, 0 },
        { "0\r\n X: y\r\n\r\n", NULL, 0 },
        { "0\r\nX: y\r\n z\r\n\r\n", NULL, 0 },
        { "0\r\nX : y\r\n\r\n", NULL, 0 },
        { "0\r\n: y\r\n\r\n", NULL, 0 },
        { "0\r\nX\r\n\r\n", NULL, 0 },
        { "0\r\nX: y\n\r\n", NULL, 0 },
        { "0\r\nX: \x7f\r\n\r\n", NULL, 0 },
        { "0\r\n\n", NULL, 0 },
        { "0\r\n\rX", NULL, 0 },
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        for (size_t step = 1; step <= 64; step += 63) {
            char body[64];
            size_t body_len, rest = 0;
            enum http_chunk chunk = decode(str_from(cases[i].text), step, body, &body_len, &rest);
            if (chunk != (cases[i].body ? HTTP_CHUNK_END : HTTP_CHUNK_BAD))
                fail_msg("%d: %s", chunk, cases[i].text);
            if (cases[i].body) {
                assert_true(str_eq(str_of(body, body_len), str_from(cases[i].body)));
                assert_int_equal(rest, cases[i].rest);
            }
        }
    }
}

static void test_chunk_bounds(void **state)
{
    (void)state;
    enum { SIZE = 200000 };
    char *text = malloc(SIZE), *body = malloc(SIZE);
    size_t body_len, rest;
    int len = snprintf(text, SIZE, "5;%0*d\r\nhello\r\n0\r\n\r\n", HTTP_CHUNK_LINE_BYTES_MAX, 0);
    assert_int_equal(decode(str_of(text, (size_t)len), 7, body, &body_len, &rest), HTTP_CHUNK_BAD);
    len = snprintf(text, SIZE, "0\r\nX: %0*d\r\n\r\n", HTTP_TRAILER_BYTES_MAX, 0);
    assert_int_equal(decode(str_of(text, (size_t)len), 7, body, &body_len, &rest), HTTP_CHUNK_BAD);
    len = 0; /* chunks of one byte with an extension of 200 each */
    for (int i = 0; i < 100; i++)
        len += snprintf(text + len, (size_t)(SIZE - len), "1;%0200d\r\nx\r\n", 0);
    assert_int_equal(decode(str_of(text, (size_t)len), 7, body, &body_len, &rest), HTTP_CHUNK_BAD);
    assert_in_range(body_len, 80, 82);
    len = 0; /* without extensions as many as there are */
    for (int i = 0; i < 10000; i++)
        len += snprintf(text + len, (size_t)(SIZE - len), "1\r\nx\r\n");
    len += snprintf(text + len, (size_t)(SIZE - len), "0\r\n\r\n");
    assert_int_equal(decode(str_of(text, (size_t)len), 7, body, &body_len, &rest), HTTP_CHUNK_END);
    assert_int_equal(body_len, 10000);
    free(text);
    free(body);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_good_heads),   cmocka_unit_test(test_bad_heads),
        cmocka_unit_test(test_bad_lengths),  cmocka_unit_test(test_head_bytes),
        cmocka_unit_test(test_header_find),  cmocka_unit_test(test_chunks),
        cmocka_unit_test(test_chunk_bounds),
    };
    return cmocka_run_group_tests_name("http_parse", tests, NULL, NULL);
}
