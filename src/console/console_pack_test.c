#include "console/console_pack.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#define WHOLE                                               \
    "crema console 1\n"                                     \
    "/index.html named d1 5 0 0 text/html; charset=utf-8\n" \
    "/assets/a-1.js hashed d2 0 2 3 text/javascript\n"      \
    "\n"                                                    \
    "PLAINBRGZI"
static const char whole[] = WHOLE;

static void test_read(void **state)
{
    (void)state;
    struct arena arena = { 0 };
    struct console_pack pack;
    assert_true(console_pack_read(&arena, STR(WHOLE), &pack));
    assert_int_equal(pack.count, 2);
    const struct console_file *file = console_pack_find(&pack, STR("/index.html"));
    assert_non_null(file);
    assert_true(str_eq(file->type, STR("text/html; charset=utf-8")) && !file->hashed);
    assert_true(str_eq(file->forms[CONSOLE_PLAIN], STR("PLAIN")));
    file = console_pack_find(&pack, STR("/assets/a-1.js"));
    assert_non_null(file);
    assert_true(file->hashed && str_eq(file->digest, STR("d2")));
    assert_true(str_eq(file->forms[CONSOLE_BROTLI], STR("BR")) &&
                str_eq(file->forms[CONSOLE_GZIP], STR("GZI")));
    assert_null(console_pack_find(&pack, STR("/assets/a-1.j")));
    assert_null(console_pack_find(&pack, STR("/")));
    assert_true(console_pack_read(&arena, STR_EMPTY, &pack));
    assert_int_equal(pack.count, 0);
    arena_fini(&arena);
}

/* Cut short anywhere, or with more behind it, it is none. */
static void test_damaged(void **state)
{
    (void)state;
    struct arena arena = { 0 };
    struct console_pack pack;
    for (size_t len = 1; len < sizeof(whole) - 1; len++)
        assert_false(console_pack_read(&arena, str_of(whole, len), &pack));
    assert_false(console_pack_read(&arena, str_of(whole, sizeof(whole)), &pack));
    static const char *const wrong[] = {
        "crema console 2\n\n",
        "crema console 1\nindex.html named d 0 0 0 t\n\n",
        "crema console 1\n/a other d 0 0 0 t\n\n",
        "crema console 1\n/a named d -1 0 0 t\n\n",
        "crema console 1\n/a named d 0 0 t\n\n",
        "crema console 1\n/a named d 99999999999999999999 0 0 t\n\n",
        "crema console 1\n/a named d 9223372036854775807 9223372036854775807 2 t\n\nx",
    };
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
        assert_false(console_pack_read(&arena, str_from(wrong[i]), &pack));
    arena_fini(&arena);
}

static void test_forms(void **state)
{
    (void)state;
    const struct console_file all = { .forms = { STR("p"), STR("b"), STR("g") } },
                              packed = { .forms = { STR_EMPTY, STR("b"), STR("g") } },
                              plain = { .forms = { STR("p"), STR_EMPTY, STR_EMPTY } };
    static const struct {
        const char *accept;     /* NULL: no header */
        int all, packed, plain; /* -1: none */
    } cases[] = {
        { "gzip, deflate, br, zstd", CONSOLE_BROTLI, CONSOLE_BROTLI, CONSOLE_PLAIN },
        { "gzip, deflate", CONSOLE_GZIP, CONSOLE_GZIP, CONSOLE_PLAIN },
        { "GZIP;q=0.5 , br;q=0", CONSOLE_GZIP, CONSOLE_GZIP, CONSOLE_PLAIN },
        { "br; q=0.000, gzip; q=0", CONSOLE_PLAIN, -1, CONSOLE_PLAIN },
        { "*", CONSOLE_BROTLI, CONSOLE_BROTLI, CONSOLE_PLAIN },
        { "*;q=0", -1, -1, -1 },
        { "identity", CONSOLE_PLAIN, -1, CONSOLE_PLAIN },
        { "identity;q=0, gzip", CONSOLE_GZIP, CONSOLE_GZIP, -1 },
        { "", CONSOLE_PLAIN, -1, CONSOLE_PLAIN },
        { "brotli, gz", CONSOLE_PLAIN, -1, CONSOLE_PLAIN },
        { NULL, CONSOLE_PLAIN, CONSOLE_GZIP, CONSOLE_PLAIN },
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const struct console_file *files[] = { &all, &packed, &plain };
        const int wanted[] = { cases[i].all, cases[i].packed, cases[i].plain };
        for (int k = 0; k < 3; k++) {
            enum console_form form;
            bool chosen = console_form_choose(files[k], str_from(cases[i].accept), &form);
            assert_int_equal(chosen ? (int)form : -1, wanted[k]);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_read),
        cmocka_unit_test(test_damaged),
        cmocka_unit_test(test_forms),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
