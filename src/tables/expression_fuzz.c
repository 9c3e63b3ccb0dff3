/* Any text as an expression of each kind; what parses is held against an item, or applied to it. */
#include "tables/expression.h"

#include <assert.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct json read(struct arena *arena, struct str text)
{
    struct json json;
    enum err err = json_read(arena, text, 0, &json, NULL);
    assert(err == ERR_OK);
    return json;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0)
        return 0;
    struct arena arena = { 0 };
    struct fault fault = { 0 };
    struct scope scope;
    struct value item, after;
    struct str text = str_of((const char *)data + 1, size - 1), why;
    struct json names = read(&arena, STR("{\"#a\":\"a\",\"#b\":\"b\"}"));
    struct json values =
        read(&arena, STR("{\":n\":{\"N\":\"1\"},\":s\":{\"S\":\"x\"},\":l\":{\"L\":[{\"N\":\"2\"}]},"
                         "\":t\":{\"SS\":[\"x\",\"y\"]}}"));
    struct json from =
        read(&arena, STR("{\"a\":{\"N\":\"5\"},\"b\":{\"M\":{\"a\":{\"L\":[{\"N\":\"1\"},{\"S\":\"x\"},"
                         "{\"M\":{}}]}}},\"s\":{\"SS\":[\"x\",\"z\"]},\"l\":{\"L\":[]}}"));
    bool good = value_read_map(&arena, &from, &item, &why);
    assert(good);
    good = scope_init(&scope, &arena, &names, &values, &fault);
    assert(good);
    if (data[0] % 3 == 0) {
        const struct condition *condition = condition_parse(&scope, "ConditionExpression", text);
        if (condition)
            (void)condition_holds(condition, &item);
        good = condition != NULL;
    } else if (data[0] % 3 == 1) {
        struct update update;
        good = update_parse(&scope, text, &update);
        if (good && update_apply(&update, &arena, &item, &after, &fault)) {
            struct buf buf;
            struct value back;
            buf_init(&buf, 0);
            value_store(&buf, &after);
            bool loaded = value_load(&arena, buf_str(&buf), &back);
            assert(loaded && value_equal(&after, &back));
            buf_fini(&buf);
            struct projection paths = update_paths(&arena, &update);
            after = projection_apply(&arena, &paths, &after);
        }
    } else {
        struct projection projection;
        good = projection_parse(&scope, text, &projection);
        if (good)
            after = projection_apply(&arena, &projection, &item);
    }
    assert(good || fault.code != FAULT_NONE);
    arena_fini(&arena);
    return 0;
}
