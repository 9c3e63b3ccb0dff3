#include "console/console_guard.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

static const struct str hosts[] = { { "crema.example", 13 }, { "10.1.2.3", 8 } };
static const struct str origins[] = { { "https://app.example", 19 } };
static const struct console_guard on_loopback = { true, hosts, 2, origins, 1 },
                                  on_network = { false, hosts, 2, origins, 1 };

static void test_local_hosts(void **state)
{
    (void)state;
    static const char *const local[] = {
        "localhost",      "LocalHost:4566",      "localhost:",     "127.0.0.1",
        "127.0.0.1:4566", "127.255.0.1:1",       "[::1]",          "[::1]:4566",
        "a.localhost:80", "stream-localhost:80", "sync-localhost", "sync-127.0.0.1:4566",
        "000.localhost"
    };
    static const char *const other[] = { "",
                                         "example.com",
                                         "localhost.example.com",
                                         "localhost.",
                                         "xlocalhost",
                                         "127.0.0.1.example.com",
                                         "127.0.0.1.example.com:4566",
                                         "127.0.0.256",
                                         "127.0.0",
                                         "127.0.0.1.1",
                                         "127.+1.0.1",
                                         "128.0.0.1",
                                         "0.0.0.0",
                                         "[::1",
                                         "[::2]",
                                         "[::1]:4566x",
                                         "localhost:4566@example.com",
                                         "stream-",
                                         "sync-example.com",
                                         "localhost:80:80.example.com" };
    for (size_t i = 0; i < sizeof(local) / sizeof(local[0]); i++)
        if (!console_host_is_local(str_from(local[i])))
            fail_msg("%s is local", local[i]);
    for (size_t i = 0; i < sizeof(other) / sizeof(other[0]); i++)
        if (console_host_is_local(str_from(other[i])))
            fail_msg("%s is not local", other[i]);
}

static enum console_verdict verdict(const struct console_guard *guard, const char *method, const char *host,
                                    const char *origin, const char *fetch_site, bool preflight)
{
    struct http_header headers[5] = { { STR("X-Amz-Target"), STR("AWSEvents.PutEvents") } };
    size_t count = 1;
    if (host)
        headers[count++] = (struct http_header){ STR("host"), str_from(host) };
    if (origin)
        headers[count++] = (struct http_header){ STR("oRigin"), str_from(origin) };
    if (fetch_site)
        headers[count++] = (struct http_header){ STR("Sec-Fetch-Site"), str_from(fetch_site) };
    if (preflight)
        headers[count++] = (struct http_header){ STR("Access-Control-Request-Method"), STR("POST") };
    struct http_request request = { .method = str_from(method), .headers = headers, .header_count = count };
    struct str ignored;
    return console_guard_check(guard, &request, &ignored);
}

static void test_verdicts(void **state)
{
    (void)state;
    static const char evil[] = "http://evil.example";
    static const struct {
        const char *method, *host, *origin, *fetch_site;
        enum console_verdict loopback, network;
    } cases[] = {
        /* clients that are no browsers */
        { "POST", "localhost:1", NULL, NULL, CONSOLE_PASS, CONSOLE_PASS },
        { "POST", "any.example", NULL, NULL, CONSOLE_PASS, CONSOLE_PASS },
        { "GET", "localhost:1", NULL, NULL, CONSOLE_PASS, CONSOLE_PASS },
        { "GET", NULL, NULL, NULL, CONSOLE_PASS, CONSOLE_PASS },
        /* the console's own */
        { "POST", "localhost:1", "http://localhost:1", "same-origin", CONSOLE_PASS, CONSOLE_PASS },
        { "POST", "crema.example", "https://crema.example", NULL, CONSOLE_PASS, CONSOLE_PASS },
        { "POST", "localhost:1", NULL, "same-origin", CONSOLE_PASS, CONSOLE_PASS },
        { "GET", "10.1.2.3:4566", NULL, "none", CONSOLE_PASS, CONSOLE_PASS },
        /* rebinding: the page's name leads here */
        { "GET", "evil.example:1", NULL, NULL, CONSOLE_WRONG_HOST, CONSOLE_PASS },
        { "HEAD", "evil.example:1", NULL, NULL, CONSOLE_WRONG_HOST, CONSOLE_PASS },
        { "POST", "evil.example", evil, NULL, CONSOLE_WRONG_HOST, CONSOLE_PASS },
        { "OPTIONS", "evil.example", evil, NULL, CONSOLE_WRONG_HOST, CONSOLE_PASS },
        { "GET", "", NULL, NULL, CONSOLE_WRONG_HOST, CONSOLE_PASS },
        /* another origin */
        { "POST", "localhost:1", evil, NULL, CONSOLE_WRONG_ORIGIN, CONSOLE_WRONG_ORIGIN },
        { "POST", "localhost:1", "null", NULL, CONSOLE_WRONG_ORIGIN, CONSOLE_WRONG_ORIGIN },
        { "POST", "localhost:1", "", NULL, CONSOLE_WRONG_ORIGIN, CONSOLE_WRONG_ORIGIN },
        { "POST", "localhost:1", "http://localhost:2", NULL, CONSOLE_WRONG_ORIGIN, CONSOLE_WRONG_ORIGIN },
        { "POST", "localhost:1", "http://localhost:1.evil.example", NULL, CONSOLE_WRONG_ORIGIN,
          CONSOLE_WRONG_ORIGIN },
        { "POST", NULL, "http://", NULL, CONSOLE_WRONG_ORIGIN, CONSOLE_WRONG_ORIGIN },
        { "DELETE", "localhost:1", evil, NULL, CONSOLE_WRONG_ORIGIN, CONSOLE_WRONG_ORIGIN },
        { "POST", "localhost:1", NULL, "cross-site", CONSOLE_WRONG_ORIGIN, CONSOLE_WRONG_ORIGIN },
        { "POST", "localhost:1", NULL, "same-site", CONSOLE_WRONG_ORIGIN, CONSOLE_WRONG_ORIGIN },
        { "GET", "localhost:1", evil, "cross-site", CONSOLE_PASS, CONSOLE_PASS },
        /* one that a setting names */
        { "POST", "localhost:1", "https://app.example", "cross-site", CONSOLE_SHARED, CONSOLE_SHARED },
        { "GET", "localhost:1", "https://app.example", NULL, CONSOLE_SHARED, CONSOLE_SHARED },
        { "POST", "localhost:1", "https://app.example.evil", NULL, CONSOLE_WRONG_ORIGIN,
          CONSOLE_WRONG_ORIGIN },
        { "POST", "localhost:1", "http://app.example", NULL, CONSOLE_WRONG_ORIGIN, CONSOLE_WRONG_ORIGIN },
        { "OPTIONS", "localhost:1", "https://app.example", NULL, CONSOLE_SHARED, CONSOLE_SHARED },
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        enum console_verdict a = verdict(&on_loopback, cases[i].method, cases[i].host, cases[i].origin,
                                         cases[i].fetch_site, false),
                             b = verdict(&on_network, cases[i].method, cases[i].host, cases[i].origin,
                                         cases[i].fetch_site, false);
        if (a != cases[i].loopback || b != cases[i].network)
            fail_msg("case %zu: %d, %d", i, (int)a, (int)b);
    }
    assert_int_equal(verdict(&on_loopback, "OPTIONS", "localhost:1", "https://app.example", NULL, true),
                     CONSOLE_PREFLIGHT);
    assert_int_equal(verdict(&on_loopback, "OPTIONS", "localhost:1", evil, NULL, true), CONSOLE_WRONG_ORIGIN);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(test_local_hosts), cmocka_unit_test(test_verdicts) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
