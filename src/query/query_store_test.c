/* Records of queries: their order, what makes room for later ones; saved queries and their limit. */
#include "query/query_store.h"

#include "store/key.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#define START_MS INT64_C(1764000000000)
#define DAY_MS INT64_C(86400000)

struct bench {
    struct store *store;
    struct arena arena;
    struct work work;
    struct fault fault;
};

static const struct ns here = { { "000000000000", 12 }, { "us-east-1", 9 } },
                       there = { { "000000000000", 12 }, { "us-west-2", 9 } };

static int bench_open(void **state)
{
    struct bench *bench = calloc(1, sizeof(*bench));
    struct diag diag;
    struct store_settings settings = { .folder = NULL };
    if (!bench || store_open(&settings, &bench->store, &diag) != ERR_OK)
        return -1;
    struct store_batch *batch = store_batch_begin(bench->store);
    bench->work = (struct work){
        .batch = batch, .reader = store_batch_reader(batch), .arena = &bench->arena, .now_ms = START_MS
    };
    *state = bench;
    return 0;
}

static int bench_close(void **state)
{
    struct bench *bench = *state;
    store_close(&bench->store);
    arena_fini(&bench->arena);
    free(bench);
    return 0;
}

static struct str id_of(struct bench *bench, unsigned number)
{
    return arena_printf(&bench->arena, "01a22305-ca5e-7b13-8fff-%012u", number);
}

static void start(struct bench *bench, struct ns ns, unsigned number)
{
    struct str group = STR("g");
    struct query_start query = {
        .text = STR("limit 1"), .groups = &group, .group_count = 1, .principal = STR("me")
    };
    query_started_put(&bench->work, ns, &query, id_of(bench, number));
}

struct walk {
    char last[64];
    unsigned count;
};

static bool walk_one(void *self, const struct query_started *started)
{
    struct walk *walk = self;
    if (walk->count++)
        assert_true(str_compare(started->id, str_from(walk->last)) < 0);
    assert_true(started->id.len < sizeof(walk->last));
    memcpy(walk->last, started->id.ptr, started->id.len);
    walk->last[started->id.len] = '\0';
    assert_true(str_eq(started->text, STR("limit 1")) && str_eq(started->principal, STR("me")));
    assert_int_equal(started->groups->count, 1);
    return true;
}

static unsigned count(struct bench *bench, struct ns ns, struct str before)
{
    struct walk walk = { .count = 0 };
    struct arena arena = { 0 };
    assert_int_equal(query_started_walk(bench->work.reader, &arena, ns, before, walk_one, &walk), ERR_OK);
    arena_fini(&arena);
    return walk.count;
}

static void test_newest_first(void **state)
{
    struct bench *bench = *state;
    for (unsigned i = 0; i < 30; i++)
        start(bench, i % 3 ? here : there, i);
    assert_int_equal(count(bench, here, STR_EMPTY), 20);
    assert_int_equal(count(bench, there, STR_EMPTY), 10);
    assert_int_equal(count(bench, there, id_of(bench, 15)), 5);
    struct query_started started;
    assert_int_equal(query_started_get(bench->work.reader, &bench->arena, here, id_of(bench, 1), &started),
                     ERR_OK);
    assert_int_equal(query_started_get(bench->work.reader, &bench->arena, there, id_of(bench, 1), &started),
                     ERR_NOTFOUND);
    assert_int_equal(query_started_get(bench->work.reader, &bench->arena, here, STR("x"), &started),
                     ERR_NOTFOUND);
}

static void test_old_ones_go(void **state)
{
    struct bench *bench = *state;
    for (unsigned i = 0; i < 50; i++)
        start(bench, here, i);
    bench->work.now_ms += 7 * DAY_MS;
    start(bench, here, 50);
    assert_int_equal(count(bench, here, STR_EMPTY), 51);
    bench->work.now_ms++;
    start(bench, here, 51); /* twenty at a time */
    assert_int_equal(count(bench, here, STR_EMPTY), 32);
    start(bench, here, 52);
    start(bench, here, 53);
    assert_int_equal(count(bench, here, STR_EMPTY), 4);
    assert_false(query_started_exists(bench->work.reader, here, id_of(bench, 49)));
    assert_true(query_started_exists(bench->work.reader, here, id_of(bench, 50)));
}

static void test_so_many_are_kept(void **state)
{
    struct bench *bench = *state;
    for (unsigned i = 0; i < QUERY_RECORDS_MAX + 25; i++) {
        start(bench, here, i);
        if (i % 100 == 0)
            arena_reset(&bench->arena);
    }
    assert_int_equal(count(bench, here, STR_EMPTY), QUERY_RECORDS_MAX);
    assert_false(query_started_exists(bench->work.reader, here, id_of(bench, 24)));
    assert_true(query_started_exists(bench->work.reader, here, id_of(bench, 25)));
}

static void test_damage_is_told(void **state)
{
    struct bench *bench = *state;
    struct key key;
    struct query_started started;
    struct query_definition_page page;
    start(bench, here, 1);
    key_begin(&key, KEY_QUERY, PARTITION_ONLY, 'r');
    key_text(&key, here.account);
    key_text(&key, here.region);
    key_bytes(&key, id_of(bench, 1));
    store_put(bench->work.batch, key_str(&key), STR("{\"version\":2}"));
    assert_int_equal(query_started_get(bench->work.reader, &bench->arena, here, id_of(bench, 1), &started),
                     ERR_CORRUPT);
    key_begin(&key, KEY_QUERY, PARTITION_ONLY, 'd');
    key_text(&key, here.account);
    key_text(&key, here.region);
    key_bytes(&key, id_of(bench, 1));
    store_put(bench->work.batch, key_str(&key), STR("{"));
    assert_false(query_definition_list(bench->work.reader, &bench->arena, here, STR_EMPTY, STR_EMPTY, 10,
                                       &page, &bench->fault));
    assert_int_equal(bench->fault.code, FAULT_INTERNAL);
}

static bool put(struct bench *bench, struct str name, struct str id, struct str token, struct str *ret)
{
    struct query_definition definition = {
        .id = id, .name = name, .text = STR("limit 1"), .groups = json_of_null(), .parameters = json_of_null()
    };
    return query_definition_put(&bench->work, here, &definition, token, ret, &bench->fault);
}

static void test_saved_queries(void **state)
{
    struct bench *bench = *state;
    struct str first, again, other;
    assert_true(put(bench, STR("a"), STR_EMPTY, STR("token"), &first));
    assert_true(put(bench, STR("a"), STR_EMPTY, STR("token"), &again));
    assert_true(put(bench, STR("b"), STR_EMPTY, STR("another"), &other));
    assert_true(str_eq(first, again) && !str_eq(first, other));
    for (unsigned i = 2; i < QUERY_DEFINITIONS_MAX; i++)
        assert_true(put(bench, STR("c"), STR_EMPTY, STR_EMPTY, &other));
    assert_false(put(bench, STR("c"), STR_EMPTY, STR_EMPTY, &other));
    assert_int_equal(bench->fault.code, FAULT_LIMIT_EXCEEDED);
    bench->fault = (struct fault){ 0 };
    assert_true(put(bench, STR("renamed"), first, STR_EMPTY, &again)); /* that is there already */
    struct query_definition_page page;
    assert_true(query_definition_list(bench->work.reader, &bench->arena, here, STR("re"), STR_EMPTY, 10,
                                      &page, &bench->fault));
    assert_int_equal(page.count, 1);
    assert_true(str_eq(page.definitions[0].id, first) && !page.more);
    size_t seen = 0;
    struct str after = STR_EMPTY;
    do {
        assert_true(query_definition_list(bench->work.reader, &bench->arena, here, STR_EMPTY, after, 300,
                                          &page, &bench->fault));
        seen += page.count;
        after = page.after;
    } while (page.more);
    assert_int_equal(seen, QUERY_DEFINITIONS_MAX);
    assert_true(query_definition_delete(&bench->work, here, first, &bench->fault));
    assert_false(query_definition_delete(&bench->work, here, first, &bench->fault));
    assert_int_equal(bench->fault.code, FAULT_NOT_FOUND);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_newest_first, bench_open, bench_close),
        cmocka_unit_test_setup_teardown(test_old_ones_go, bench_open, bench_close),
        cmocka_unit_test_setup_teardown(test_so_many_are_kept, bench_open, bench_close),
        cmocka_unit_test_setup_teardown(test_damage_is_told, bench_open, bench_close),
        cmocka_unit_test_setup_teardown(test_saved_queries, bench_open, bench_close),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
