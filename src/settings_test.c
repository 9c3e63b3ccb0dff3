/* Settings: precedence, types, limits, and what a bad one is told. */
#include "settings.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

struct state {
    struct arena arena;
    struct settings settings;
    struct diag diag;
};

static enum err read_flags(struct state *state, int argc, const char *const *arguments)
{
    char *argv[8];
    for (int i = 0; i < argc; i++) {
        argv[i] = arena_bytes(&state->arena, strlen(arguments[i]) + 1);
        memcpy(argv[i], arguments[i], strlen(arguments[i]) + 1);
    }
    memset(&state->diag, 0, sizeof(state->diag));
    return settings_read(&state->arena, argc, argv, &state->settings, &state->diag);
}

#define READ(state, ...)                                                                 \
    read_flags((state), (int)(sizeof((const char *[]){ __VA_ARGS__ }) / sizeof(char *)), \
               (const char *[]){ __VA_ARGS__ })

static const char *write_file(const char *text)
{
    static char path[64];
    snprintf(path, sizeof(path), "/tmp/crema-settings-%ld.toml", (long)(intptr_t)&path % 100000);
    FILE *file = fopen(path, "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(text, 1, strlen(text), file), strlen(text));
    assert_int_equal(fclose(file), 0);
    return path;
}

static void test_defaults(void **unused)
{
    (void)unused;
    struct state s = { 0 };
    assert_int_equal(read_flags(&s, 0, NULL), ERR_OK);
    assert_true(str_eq(s.settings.listen, STR("127.0.0.1:4566")));
    assert_int_equal(s.settings.queue_max, 65536);
    assert_false(s.settings.ephemeral);
    assert_true(s.settings.stream_per_event);
    arena_fini(&s.arena);
}

static void test_flags_over_variables_over_file(void **unused)
{
    (void)unused;
    struct state s = { 0 };
    const char *path = write_file("# shop\nlisten = \"127.0.0.1:1\"\nqueue_max = 1_000 # few\ngroup_max=7\n"
                                  "ephemeral = true\nkeys = [\"a:b\", 'c:d:123456789012']\n");
    setenv("CREMA_GROUP_MAX", "8", 1);
    setenv("CREMA_QUEUE_MAX", "2000", 1);
    assert_int_equal(READ(&s, "--config", path, "--queue-max=3000"), ERR_OK);
    assert_true(str_eq(s.settings.listen, STR("127.0.0.1:1")));
    assert_int_equal(s.settings.queue_max, 3000);
    assert_int_equal(s.settings.group_max, 8);
    assert_true(s.settings.ephemeral);
    assert_int_equal(s.settings.keys.len, 2);
    assert_true(str_eq(s.settings.keys.at[1], STR("c:d:123456789012")));
    assert_int_equal(READ(&s, "--config", path, "--key", "x:y"), ERR_OK);
    assert_int_equal(s.settings.keys.len, 1); /* flags replace the list */
    assert_int_equal(s.settings.functions.len, 0);
    assert_int_equal(READ(&s, "--subscription-origin", "http://a", "--subscription_origins=http://b"),
                     ERR_OK);
    assert_int_equal(s.settings.subscription_origins.len, 2);
    setenv("CREMA_KEYS", "p:q,r:s", 1);
    assert_int_equal(READ(&s, "--config", path), ERR_OK);
    assert_int_equal(s.settings.keys.len, 2);
    assert_true(str_eq(s.settings.keys.at[0], STR("p:q")));
    unsetenv("CREMA_KEYS");
    unsetenv("CREMA_GROUP_MAX");
    unsetenv("CREMA_QUEUE_MAX");
    (void)remove(path);
    arena_fini(&s.arena);
}

static void refused(struct state *s, enum err err, const char *part)
{
    assert_int_equal(err, ERR_INVALID);
    if (!strstr(s->diag.text, part))
        fail_msg("'%s' does not say '%s'", s->diag.text, part);
}

static void test_refusals(void **unused)
{
    (void)unused;
    struct state s = { 0 };
    refused(&s, READ(&s, "--queue-max", "0"),
            "--queue-max: queue_max is a whole number from 1 to 10000000, not '0'");
    refused(&s, READ(&s, "--queue-max"), "--queue-max wants a value");
    refused(&s, READ(&s, "--colour=red"), "'--colour=red' is not a flag");
    refused(&s, READ(&s, "shop"), "'shop' is not a flag");
    refused(&s, READ(&s, "--ephemeral=maybe"), "true or false");
    refused(&s, READ(&s, "--config", "/nonexistent/crema.toml"), "/nonexistent/crema.toml: cannot be read");
    static const char *const files[][2] = {
        { "listen = \"x\"\nqueue = 3\n", ":2: 'queue' is no setting" },
        { "[server]\n", ":1: tables are not supported" },
        { "queue_max = 1.5\n", ":1: a value is" },
        { "queue_max = 3 4\n", ":1: something follows" },
        { "listen = \"x\n", ":1: the string does not end" },
        { "listen = \"\"\"x\"\"\"\n", ":1: strings over several lines" },
        { "\n\nlisten\n", ":3: a line is name = value" },
        { "keys = [\"a\" \"b\"]\n", ":1: items of an array" },
        { "config = \"other\"\n", ":1: 'config' is no setting" },
        { "listen = \"\\q\"\n", ":1: unknown escape" },
    };
    for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
        const char *path = write_file(files[i][0]);
        refused(&s, READ(&s, "--config", path), files[i][1]);
        (void)remove(path);
    }
    setenv("CREMA_LOOPS", "many", 1);
    refused(&s, read_flags(&s, 0, NULL), "CREMA_LOOPS: loops is a whole number");
    unsetenv("CREMA_LOOPS");
    arena_fini(&s.arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_defaults),
        cmocka_unit_test(test_flags_over_variables_over_file),
        cmocka_unit_test(test_refusals),
    };
    return cmocka_run_group_tests_name("settings", tests, NULL, NULL);
}
