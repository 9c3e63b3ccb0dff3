/* Names of exports: each is one entry of its folder, whatever it was, and no two are the same. */
#include "logs/logs_export.h"

#include "base/map.h"

#include "logs/logs_test.h"

static struct str name_of(struct buf *out, struct str name)
{
    buf_clear(out);
    logs_export_name(out, name);
    return buf_str(out);
}

static void test_names(void **state)
{
    (void)state;
    static const struct {
        const char *name, *written;
    } cases[] = {
        { "plain-1.2_x", "plain-1.2_x" },
        { ".", "%2E" },
        { "..", "%2E." },
        { ".hidden", "%2Ehidden" },
        { "a/b", "a%2Fb" },
        { "a%2Fb", "a%252Fb" },
        { "/etc", "%2Fetc" },
        { "a b\n", "a%20b%0A" },
        { "[$LATEST]", "[$LATEST]" },
        { "\xc3\xbc", "%C3%BC" },
        { "a\\b", "a%5Cb" },
    };
    struct buf out;
    buf_init(&out, 0);
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        assert_str(name_of(&out, str_from(cases[i].name)), cases[i].written);
    assert_int_equal(name_of(&out, str_of("a\0b", 3)).len, 5);
    buf_fini(&out);
}

/* Long and hostile ones, many of them alike but for one byte. */
static void test_any_name(void **state)
{
    (void)state;
    static const char bytes[] = "./\\\0%~ x:\n\xff"
                                "A";
    struct map seen;
    struct buf out;
    uint32_t random = 12345;
    map_init(&seen, 0);
    buf_init(&out, 0);
    for (unsigned round = 0; round < 20000; round++) {
        char name[600];
        size_t len = 1 + round % 599;
        for (size_t i = 0; i < len; i++) {
            random = random * 1664525 + 1013904223;
            name[i] = bytes[(random >> 24) % (sizeof(bytes) - 1)];
        }
        struct str written = name_of(&out, str_of(name, len));
        assert_true(written.len >= 1 && written.len <= 255);
        assert_true(written.ptr[0] != '.');
        assert_int_equal(str_find_char(written, '/'), STR_NOT_FOUND);
        assert_int_equal(str_find_char(written, '\0'), STR_NOT_FOUND);
        if (len > 8)
            assert_null(map_get(&seen, written));
        map_put(&seen, written, &out);
    }
    map_fini(&seen);
    buf_fini(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_names),
        cmocka_unit_test(test_any_name),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
