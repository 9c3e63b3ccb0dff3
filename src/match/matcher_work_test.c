/* What an event costs does not follow how long the lists of a rule are: by counted steps, against the event's bytes. */
#include "base/buf.h"
#include "match/matcher.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

enum { SHORT = 1000, LONG = 16000, EVENT = 200000, STEPS_A_BYTE = 4 };

/* A list on "a", its n-th test, and the n-th value of an event, none of which passes or all of which do. Values repeat
 * after a while. */
static const struct kind {
    const char *name, *begin, *test, *end, *value;
    unsigned first, value_first, value_count;
    bool matches;
} kinds[] = {
    { "strings", "{\"a\":[", "\"%u\"", "]}", "\"x%u\"", 0, 0, 1000, false },
    { "numbers", "{\"a\":[", "%u", "]}", "-%u", 1, 1, 1000, false },
    { "prefixes", "{\"a\":[", "{\"prefix\":\"%u\"}", "]}", "\"x%u\"", 100, 0, 250, false },
    { "suffixes", "{\"a\":[", "{\"suffix\":\"%u\"}", "]}", "\"%ux\"", 100, 0, 250, false },
    { "any case", "{\"a\":[", "{\"equals-ignore-case\":\"k%u\"}", "]}", "\"K-%u\"", 100, 0, 250, false },
    { "prefixes in any case", "{\"a\":[", "{\"prefix\":{\"equals-ignore-case\":\"k%u\"}}", "]}", "\"K-%u\"",
      100, 0, 250, false },
    { "blocks", "{\"a\":[", "{\"cidr\":\"10:%u::/32\"}", "]}", "\"10:%u::1\"", 0, 5000, 250, false },
    { "ranges that overlap", "{\"a\":[", "{\"numeric\":[\">\",%u]}", "]}", "%u", 1000, 0, 900, false },
    { "ranges that overlap, all passed", "{\"b\":[\"-\"],\"a\":[", "{\"numeric\":[\">\",%u]}", "]}", "%u",
      1000, 900000, 900, true },
    { "ranges", "{\"a\":[", "{\"numeric\":[\">\",%u.25,\"<\",%1$u.75]}", "]}", "%u", 0, 0, 100, false },
    { "wildcards", "{\"a\":[", "{\"wildcard\":\"%u*x\"}", "]}", "\"%uxy\"", 100, 100, 99, false },
    { "no strings", "{\"a\":[{\"anything-but\":[", "\"%u\"", "]}]}", "\"%u\"", 0, 0, 90, false },
    { "no numbers", "{\"a\":[{\"anything-but\":[", "%u", "]}]}", "%u.0", 0, 0, 90, false },
    { "no prefixes", "{\"a\":[{\"anything-but\":{\"prefix\":[", "\"x%u\"", "]}}]}", "\"x%u-\"", 0, 0, 90,
      false },
    { "no suffixes", "{\"a\":[{\"anything-but\":{\"suffix\":[", "\"%u\"", "]}}]}", "\"-%u\"", 100, 100, 90,
      false },
    { "none in any case", "{\"a\":[{\"anything-but\":{\"equals-ignore-case\":[", "\"k%u\"", "]}}]}",
      "\"K%u\"", 0, 0, 90, false },
    { "no wildcards", "{\"a\":[{\"anything-but\":{\"wildcard\":[", "\"%u*x\"", "]}}]}", "\"%u-x\"", 100, 100,
      80, false },
    { "ways", "{\"b\":[\"x\"],\"$or\":[", "{\"a\":[%u]}", "]}", "-%u", 1, 1, 1000, false },
};

static void fill(struct buf *text, const char *format, unsigned first, unsigned count, size_t bytes)
{
    size_t start = text->len;
    for (unsigned i = 0; text->len - start < bytes; i++) {
        if (i)
            buf_add_char(text, ',');
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
        buf_printf(text, format, first + i % count);
#pragma GCC diagnostic pop
    }
}

/* Steps for an event against one rule, whose pattern has about so many bytes. */
static uint64_t steps(const struct kind *kind, size_t pattern_bytes, size_t *ret_event_bytes)
{
    struct arena arena = { 0 };
    struct buf pattern, event;
    struct str error = STR_EMPTY;
    struct matcher_result result;
    struct matcher *matcher =
        matcher_new(&(struct pattern_limits){ .bytes_max = SIZE_MAX, .conjunctions_max = 10000 });
    struct matcher_reader *reader = matcher_reader_new(matcher);
    buf_init(&pattern, 0);
    buf_init(&event, 0);
    buf_add(&pattern, str_from(kind->begin));
    fill(&pattern, kind->test, kind->first, UINT32_MAX, pattern_bytes);
    buf_add(&pattern, str_from(kind->end));
    if (matcher_add(matcher, 1, buf_str(&pattern), &arena, &error))
        fail_msg("%s: %.*s", kind->name, STR_ARG(error));
    buf_add(&event, STR("{\"b\":\"-\",\"a\":["));
    fill(&event, kind->value, kind->value_first, kind->value_count, EVENT);
    buf_add(&event, STR("]}"));
    assert_int_equal(matcher_match(reader, buf_str(&event), &result, NULL), ERR_OK);
    if (result.count != kind->matches)
        fail_msg("%s: %zu rules", kind->name, result.count);
    uint64_t work = matcher_reader_work(reader);
    *ret_event_bytes = event.len;
    matcher_reader_free(&reader);
    matcher_free(&matcher);
    buf_fini(&pattern);
    buf_fini(&event);
    arena_fini(&arena);
    return work;
}

static void long_lists_cost_what_short_ones_do(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        size_t bytes;
        uint64_t few = steps(&kinds[i], SHORT, &bytes), many = steps(&kinds[i], LONG, &bytes);
        if (few == 0 || many > bytes * STEPS_A_BYTE || many > few * 2 + bytes)
            fail_msg("%s: %llu steps of a short list, %llu of a long one, %zu bytes", kinds[i].name,
                     (unsigned long long)few, (unsigned long long)many, bytes);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(long_lists_cost_what_short_ones_do) };
    return cmocka_run_group_tests_name("matcher-work", tests, NULL, NULL);
}
