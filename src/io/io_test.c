/* Clock, randomness, ids, digests, addresses to listen on. */
#include "io/clock.h"
#include "io/digest.h"
#include "io/gzip.h"
#include "io/http.h"
#include "io/rand.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>
#include <pthread.h>

static void assert_hex(const unsigned char *bytes, size_t len, const char *expected)
{
    char text[2 * SHA256_BYTES + 1];
    assert_true(len <= SHA256_BYTES);
    for (size_t i = 0; i < len; i++)
        snprintf(text + 2 * i, 3, "%02x", bytes[i]);
    assert_string_equal(text, expected);
}

static void test_clock(void **state)
{
    (void)state;
    int64_t now_ms = clock_now_ms(), monotonic_ns = clock_monotonic_ns();
    assert_true(now_ms > INT64_C(1700000000000));
    clock_offset_set(3600000);
    int64_t later_ms = clock_now_ms();
    assert_true(later_ms >= now_ms + 3600000 && later_ms < now_ms + 3660000);
    clock_offset_set(-3600000);
    assert_true(clock_now_ms() < now_ms);
    clock_offset_set(0);
    assert_true(clock_now_ms() >= now_ms);
    assert_true(clock_monotonic_ns() >= monotonic_ns);
}

/* RFC 1321 A.5, FIPS 180-4 examples, RFC 4231. */
static void test_digests(void **state)
{
    (void)state;
    unsigned char sum[SHA256_BYTES];
    digest_md5(STR_EMPTY, sum);
    assert_hex(sum, MD5_BYTES, "d41d8cd98f00b204e9800998ecf8427e");
    digest_md5(STR("message digest"), sum);
    assert_hex(sum, MD5_BYTES, "f96b697d7cb7938d525a2f31aaf161d0");
    digest_sha256(STR_EMPTY, sum);
    assert_hex(sum, SHA256_BYTES, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    digest_sha256(STR("abc"), sum);
    assert_hex(sum, SHA256_BYTES, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    digest_hmac_sha256(STR("Jefe"), STR("what do ya want for nothing?"), sum);
    assert_hex(sum, SHA256_BYTES, "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
    char key[131], data[50];
    memset(key, 0xaa, sizeof(key));
    memset(data, 0xdd, sizeof(data));
    digest_hmac_sha256(str_of(key, 20), str_of(data, 50), sum);
    assert_hex(sum, SHA256_BYTES, "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe");
    digest_hmac_sha256(str_of(key, 131), STR("Test Using Larger Than Block-Size Key - Hash Key First"), sum);
    assert_hex(sum, SHA256_BYTES, "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
    digest_hmac_sha256(STR_EMPTY, STR_EMPTY, sum); /* an empty key is a key, not the last one again */
    assert_hex(sum, SHA256_BYTES, "b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad");
    assert_true(digest_equal(STR("abc"), STR("abc")));
    assert_true(digest_equal(STR_EMPTY, STR_EMPTY));
    assert_false(digest_equal(STR("abc"), STR("abd")));
    assert_false(digest_equal(STR("abc"), STR("abcd")));
}

static bool is_uuid(const char *at, char version)
{
    for (size_t i = 0; i < UUID_TEXT_BYTES; i++) {
        bool dash = i == 8 || i == 13 || i == 18 || i == 23;
        if (dash ? at[i] != '-' : !((at[i] >= '0' && at[i] <= '9') || (at[i] >= 'a' && at[i] <= 'f')))
            return false;
    }
    return at[14] == version && strchr("89ab", at[19]);
}

static int compare_uuids(const void *a, const void *b)
{
    return memcmp(a, b, UUID_TEXT_BYTES);
}

static void test_uuids(void **state)
{
    (void)state;
    enum { COUNT = 10000 };
    char *ids = calloc(COUNT, UUID_TEXT_BYTES);
    for (size_t i = 0; i < COUNT; i++) {
        uuid_random(ids + i * UUID_TEXT_BYTES);
        assert_true(is_uuid(ids + i * UUID_TEXT_BYTES, '4'));
    }
    qsort(ids, COUNT, UUID_TEXT_BYTES, compare_uuids);
    for (size_t i = 1; i < COUNT; i++)
        assert_int_not_equal(compare_uuids(ids + (i - 1) * UUID_TEXT_BYTES, ids + i * UUID_TEXT_BYTES), 0);
    free(ids);

    char name[UUID_TEXT_BYTES], again[UUID_TEXT_BYTES];
    uuid_of_name(STR("abc"), name); /* MD5 90015098-3cd2-4fb0-d696-3f7d28e17f72, then version and variant */
    assert_memory_equal(name, "90015098-3cd2-3fb0-9696-3f7d28e17f72", UUID_TEXT_BYTES);
    uuid_of_name(STR("abc"), again);
    assert_memory_equal(name, again, UUID_TEXT_BYTES);
    uuid_of_name(STR("abd"), again);
    assert_true(is_uuid(again, '3'));
    assert_memory_not_equal(name, again, UUID_TEXT_BYTES);
}

/* On a thread of its own: a seed stays with its thread. */
static void *seeded_run(void *ret)
{
    char *at = ret;
    rand_seed(42);
    uint64_t first = rand_u64();
    if (first != UINT64_C(0xbdd732262feb6e95))
        return NULL;
    unsigned char bytes[10000];
    rand_bytes(bytes, sizeof(bytes));
    uuid_random(at);
    digest_sha256(str_of((const char *)bytes, sizeof(bytes)), (unsigned char *)at + UUID_TEXT_BYTES);
    return ret;
}

static void test_seed(void **state)
{
    (void)state;
    char runs[2][UUID_TEXT_BYTES + SHA256_BYTES];
    for (int i = 0; i < 2; i++) {
        pthread_t thread;
        void *ret;
        assert_int_equal(pthread_create(&thread, NULL, seeded_run, runs[i]), 0);
        assert_int_equal(pthread_join(thread, &ret), 0);
        assert_non_null(ret);
    }
    assert_memory_equal(runs[0], runs[1], sizeof(runs[0]));
    assert_true(is_uuid(runs[0], '4'));
    assert_true(rand_u64() != UINT64_C(0xbdd732262feb6e95)); /* this thread has no seed */
    unsigned ones = 0; /* of 64,000 fair bits: within 8 standard deviations of half */
    for (int i = 0; i < 1000; i++)
        ones += (unsigned)__builtin_popcountll(rand_u64());
    assert_in_range(ones, 32000 - 1012, 32000 + 1012);
}

static void never_called(void *self, struct http_exchange *exchange)
{
    (void)self;
    fail_msg("a server that was not started handles %p", (void *)exchange);
}

static void test_loopback(void **state)
{
    (void)state;
    static const struct {
        const char *listen;
        bool loopback;
    } cases[] = {
        { "127.0.0.1:1", true }, { "127.9.9.9:1", true },      { "localhost:1", true },
        { "[::1]:1", true },     { "0.0.0.0:1", false },       { "10.0.0.1:1", false },
        { "[::]:1", false },     { "[2001:db8::1]:1", false },
    };
    bool loopback;
    struct diag diag = { "" };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        assert_int_equal(http_listen_check(cases[i].listen, &loopback, &diag), ERR_OK);
        assert_int_equal(loopback, cases[i].loopback);
    }
    assert_int_equal(http_listen_check("nowhere", &loopback, &diag), ERR_INVALID);
    assert_non_null(strstr(diag.text, "nowhere"));
}

static void test_addresses(void **state)
{
    (void)state;
    struct http_handler handler = { NULL, never_called, NULL, NULL };
    static const char *const bad[] = {
        "",    "4566",   "127.0.0.1", "127.0.0.1:",     "127.0.0.1:x", "127.0.0.1:65536", "127.0.0.1:-1",
        ":80", "::1:80", "[::1]",     "[127.0.0.1]:80", "[::x]:80"
    };
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        struct http_settings settings = { .listen = bad[i], .loops = 1 };
        struct http_server *server;
        struct diag diag = { "" };
        if (http_server_open(&settings, &handler, &server, &diag) != ERR_INVALID || !diag.text[0])
            fail_msg("taken as an address: %s", bad[i]);
        assert_null(server);
    }
    static const char *const good[] = { "127.0.0.1:0", "localhost:0", "0.0.0.0:0", "[::1]:0" };
    for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
        struct http_settings settings = { .listen = good[i], .loops = 1 };
        struct http_server *server;
        struct diag diag = { "" };
        enum err err = http_server_open(&settings, &handler, &server, &diag);
        if (err == ERR_IO && good[i][0] == '[')
            continue; /* a machine without IPv6 */
        if (err)
            fail_msg("%s: %s", good[i], diag.text);
        assert_true(http_server_port(server) > 0);
        char same[40];
        snprintf(same, sizeof(same), "127.0.0.1:%u", http_server_port(server));
        struct http_settings again = { .listen = same, .loops = 1 };
        struct http_server *second;
        if (i == 0) {
            assert_int_equal(http_server_open(&again, &handler, &second, &diag), ERR_IO);
            assert_non_null(strstr(diag.text, "choose another port"));
        }
        http_server_close(&server); /* never started */
    }
}

static void test_gzip(void **state)
{
    static char bytes[300000];
    (void)state;
    for (size_t i = 0; i < sizeof(bytes); i++)
        bytes[i] = (char)(i * i >> (i % 7));
    for (size_t len = 0; len <= sizeof(bytes); len = len * 3 + 1) {
        struct buf packed, back, little;
        buf_init(&packed, 0);
        buf_init(&back, 0);
        buf_init(&little, 70000);
        gzip_add(&packed, str_of(bytes, len));
        assert_int_equal(gzip_expand(&back, buf_str(&packed)), ERR_OK);
        assert_true(str_eq(buf_str(&back), str_of(bytes, len)));
        buf_clear(&back);
        assert_int_equal(gzip_expand(&back, str_slice(buf_str(&packed), 0, packed.len - 1)), ERR_INVALID);
        assert_int_equal(gzip_expand(&little, buf_str(&packed)), len > 65536 ? ERR_LIMIT : ERR_OK);
        buf_fini(&packed);
        buf_fini(&back);
        buf_fini(&little);
    }
    struct buf none;
    buf_init(&none, 0);
    assert_int_equal(gzip_expand(&none, STR("no gzip at all")), ERR_INVALID);
    buf_fini(&none);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_gzip),      cmocka_unit_test(test_clock), cmocka_unit_test(test_digests),
        cmocka_unit_test(test_uuids),     cmocka_unit_test(test_seed),  cmocka_unit_test(test_loopback),
        cmocka_unit_test(test_addresses),
    };
    return cmocka_run_group_tests_name("io", tests, NULL, NULL);
}
