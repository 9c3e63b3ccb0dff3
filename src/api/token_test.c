#include "api/token.h"

#include "base/base64.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <cmocka.h>

static struct arena arena;
static const struct operation list_rules = { .service = "events", .name = "ListRules" };
static const struct operation list_buses = { .service = "events", .name = "ListEventBuses" };

static struct op_call call_of(const struct operation *operation, const char *account, const char *region)
{
    return (struct op_call){ .operation = operation,
                             .arena = &arena,
                             .ns = { str_from(account), str_from(region) } };
}

static void test_reads_back_what_it_wrote(void **state)
{
    struct op_call call = call_of(&list_rules, "000000000000", "us-east-1");
    char bytes[300];
    (void)state;
    for (size_t i = 0; i < sizeof(bytes); i++)
        bytes[i] = (char)(i * 7);
    for (size_t length = 0; length <= sizeof(bytes); length++) {
        struct str token = token_write(&call, str_of(bytes, length)), back;
        assert_true(token.len <= length * 4 / 3 + 14);
        for (size_t i = 0; i < token.len; i++)
            assert_non_null(
                strchr("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_", token.ptr[i]));
        assert_true(token_read(&call, token, &back));
        assert_true(str_eq(back, str_of(bytes, length)));
    }
}

static void test_knows_other_lists_tokens(void **state)
{
    struct op_call call = call_of(&list_rules, "000000000000", "us-east-1");
    struct op_call others[] = { call_of(&list_buses, "000000000000", "us-east-1"),
                                call_of(&list_rules, "000000000001", "us-east-1"),
                                call_of(&list_rules, "000000000000", "eu-west-1") };
    struct str token = token_write(&call, STR("after")), back;
    (void)state;
    for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
        assert_false(token_read(&others[i], token, &back));
}

static void test_knows_what_is_none(void **state)
{
    struct op_call call = call_of(&list_rules, "000000000000", "us-east-1");
    struct str token = token_write(&call, STR("after this key")), back;
    (void)state;
    for (size_t i = 0; i < token.len; i++) {
        struct str changed = arena_copy(&arena, token);
        char *at = arena_bytes(&arena, token.len);
        memcpy(at, changed.ptr, token.len);
        at[i] = at[i] == 'A' ? 'B' : 'A';
        assert_false(token_read(&call, str_of(at, token.len), &back));
        assert_false(token_read(&call, str_slice(token, 0, i), &back));
    }
    assert_false(token_read(&call, arena_concat(&arena, token, STR("A")), &back));
    assert_false(token_read(&call, STR(""), &back));
    assert_false(token_read(&call, STR("invented"), &back));
    assert_false(token_read(&call, STR("====/+ \xff"), &back));
}

static int teardown(void **state)
{
    (void)state;
    arena_fini(&arena);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_reads_back_what_it_wrote),
        cmocka_unit_test(test_knows_other_lists_tokens),
        cmocka_unit_test(test_knows_what_is_none),
    };
    return cmocka_run_group_tests(tests, NULL, teardown);
}
