/* Which URLs a client may have the server POST to. */
#include "target/http_endpoint.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { NEVER, LISTED, LOCAL };

static const struct {
    const char *url;
    int allowed; /* with local alone; with the list alone, which is below; never */
} urls[] = {
    { "http://127.0.0.1:9001/collect?a=b#c", LOCAL },
    { "http://127.255.0.9", LOCAL },
    { "https://localhost/x", LOCAL },
    { "http://localhost:1", LOCAL },
    { "http://LocalHost:1", NEVER },
    { "http://[::1]:9/x", LOCAL },
    { "https://logs.example/x/../y", LISTED },
    { "https://LOGS.example?x", LISTED },
    { "http://10.0.0.7:8080/in", LISTED },
    { "http://[fe80::1]:7/", LISTED },
    { "https://logs.example:443/x", NEVER }, /* not as it is listed */
    { "http://logs.example/x", NEVER },
    { "https://logs.example.evil.example/", NEVER },
    { "https://logs.example@evil.example/", NEVER },
    { "https://evil.example/https://logs.example/", NEVER },
    { "http://10.0.0.7:80801/in", NEVER },
    { "http://10.0.0.7:8080@evil.example/", NEVER },
    { "http://127.0.0.1@evil.example/", NEVER },
    { "http://127.0.0.1\\@evil.example/", NEVER },
    { "http://127.evil.example/", NEVER },
    { "http://127.0.0.1.evil.example/", NEVER },
    { "http://localhost.evil.example/", NEVER },
    { "http://127.0.0.256/", NEVER },
    { "http://127.0.0.01/", NEVER },
    { "http://127.1/", NEVER },
    { "http://0/", NEVER },
    { "http://0.0.0.0/", NEVER },
    { "http://169.254.169.254/latest/meta-data/", NEVER },
    { "http://[::ffff:127.0.0.1]/", NEVER },
    { "http://[::1]x/", NEVER },
    { "http://[::1]@evil.example/", NEVER },
    { "http://[::1/", NEVER },
    { "http://127.0.0.1:/", NEVER },
    { "http://127.0.0.1:0/", NEVER },
    { "http://127.0.0.1:65536/", NEVER },
    { "http://127.0.0.1:+80/", NEVER },
    { "http://127.0.0.1:80:80/", NEVER },
    { "http://127.0.0.1/a b", NEVER },
    { "http://127.0.0.1/a\r\nHost: x", NEVER },
    { "http://", NEVER },
    { "http:///x", NEVER },
    { "http://:80/", NEVER },
    { "http://?x", NEVER },
    { "ftp://127.0.0.1/", NEVER },
    { "file:///etc/passwd", NEVER },
    { "HTTP://127.0.0.1/", NEVER },
    { "127.0.0.1://", NEVER },
};

static void test_who_may_be_named(void **state)
{
    (void)state;
    const struct str list[] = { STR("https://logs.example"), STR("http://10.0.0.7:8080"),
                                STR("http://[fe80::1]:7") };
    const struct http_endpoints local = { .local = true }, listed = { list, 3, false }, none = { 0 };
    for (size_t i = 0; i < sizeof(urls) / sizeof(urls[0]); i++) {
        struct str url = str_from(urls[i].url), why = STR_EMPTY;
        assert_true(http_endpoint_is(url));
        if (http_endpoint_allowed(&local, url, &why) != (urls[i].allowed == LOCAL))
            fail_msg("%s, local", urls[i].url);
        if (http_endpoint_allowed(&listed, url, &why) != (urls[i].allowed == LISTED))
            fail_msg("%s, of the list", urls[i].url);
        why = STR_EMPTY;
        assert_false(http_endpoint_allowed(&none, url, &why));
        assert_true(why.len > 0);
    }
    assert_false(http_endpoint_is(STR("arn:aws:lambda:us-east-1:000000000000:function:x")));
}

static void test_how_long(void **state)
{
    (void)state;
    char text[HTTP_ENDPOINT_URL_BYTES_MAX + 1];
    memset(text, 'x', sizeof(text));
    memcpy(text, "http://127.0.0.1/", strlen("http://127.0.0.1/"));
    const struct http_endpoints local = { .local = true };
    struct str why;
    assert_true(http_endpoint_allowed(&local, str_of(text, HTTP_ENDPOINT_URL_BYTES_MAX), &why));
    assert_false(http_endpoint_allowed(&local, str_of(text, HTTP_ENDPOINT_URL_BYTES_MAX + 1), &why));
    assert_true(str_eq(why, STR("the URL is longer than 2048 bytes")));
}

static void test_origins(void **state)
{
    (void)state;
    static const char *const good[] = { "http://a", "https://a.example:8443", "http://[::1]:9" };
    static const char *const bad[] = { "",           "a",          "ftp://a",    "http://a/",
                                       "http://a/x", "http://a?x", "http://u@a", "http://a:x" };
    struct str why;
    for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++)
        assert_true(http_origin_check(str_from(good[i]), &why));
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        why = STR_EMPTY;
        assert_false(http_origin_check(str_from(bad[i]), &why));
        assert_true(why.len > 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_who_may_be_named),
        cmocka_unit_test(test_how_long),
        cmocka_unit_test(test_origins),
    };
    return cmocka_run_group_tests_name("http-endpoint", tests, NULL, NULL);
}
