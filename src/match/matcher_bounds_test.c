/* What an event costs follows its bytes and the rules it hits; what a rule costs, its own clauses; whatever they are.
 * Times are of the processor, and compared with what a worse law would take: not seconds but minutes. */
#include "base/buf.h"
#include "match/matcher.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

#include <cmocka.h>

/* Sanitizers and a busy machine are slow. */
enum { SECONDS_MAX = 20 };

struct room {
    struct matcher *matcher;
    struct matcher_reader *reader;
    struct buf text;
    struct arena arena;
    clock_t start;
};

static void room_open(struct room *room)
{
    *room =
        (struct room){ .matcher = matcher_new(&(struct pattern_limits){ .bytes_max = SIZE_MAX,
                                                                        .conjunctions_max = 1000,
                                                                        .wildcard_cost_max = UINT32_MAX }) };
    room->reader = matcher_reader_new(room->matcher);
    buf_init(&room->text, 0);
    room->start = clock();
}

static void room_close(struct room *room)
{
    double seconds = (double)(clock() - room->start) / CLOCKS_PER_SEC;
    if (seconds > SECONDS_MAX)
        fail_msg("%.1f s", seconds);
    matcher_reader_free(&room->reader);
    matcher_free(&room->matcher);
    buf_fini(&room->text);
    arena_fini(&room->arena);
}

/* The rule that stands in the text. */
static void add(struct room *room, uint64_t rule)
{
    struct str error = STR_EMPTY;
    if (matcher_add(room->matcher, rule, buf_str(&room->text), &room->arena, &error))
        fail_msg("%.*s", STR_ARG(error));
    buf_clear(&room->text);
}

static size_t matches(struct room *room)
{
    struct matcher_result result;
    assert_int_equal(matcher_match(room->reader, buf_str(&room->text), &result, NULL), ERR_OK);
    return result.count;
}

/* ---- events ---- */

static void one_value_very_often(void **state)
{
    (void)state;
    struct room room;
    room_open(&room);
    for (unsigned i = 0; i < 1000; i++) {
        buf_printf(&room.text, "{\"a\":[\"x\",{\"prefix\":\"x\"}],\"b\":[{\"anything-but\":\"%u\"}]}", i);
        add(&room, i);
    }
    buf_add(&room.text, STR("{\"b\":\"-\",\"a\":["));
    for (unsigned i = 0; i < 200000; i++)
        buf_printf(&room.text, "\"x\",");
    buf_add(&room.text, STR("\"x\"]}"));
    assert_int_equal(matches(&room), 1000);
    room_close(&room);
}

static void many_items_none_of_which_is_right(void **state)
{
    (void)state;
    struct room room;
    room_open(&room);
    for (unsigned i = 0; i < 50; i++) {
        buf_printf(&room.text, "{\"a\":{\"b\":[1],\"c\":[2],\"d\":[%u,{\"exists\":false}]}}", i);
        add(&room, i);
    }
    buf_add(&room.text, STR("{\"a\":["));
    for (unsigned i = 0; i < 50000; i++)
        buf_printf(&room.text, "{\"b\":1},{\"c\":2},");
    buf_add(&room.text, STR("{\"d\":7}]}"));
    assert_int_equal(matches(&room), 0);
    room_close(&room);
}

/* Arrays in items of arrays, as deep as events may be. */
static void items_in_items(void **state)
{
    (void)state;
    struct room room;
    room_open(&room);
    for (unsigned i = 0; i < 120; i++)
        buf_printf(&room.text, "{\"a\":");
    buf_add(&room.text, STR("{\"x\":[1],\"y\":[2]}"));
    for (unsigned i = 0; i < 120; i++)
        buf_add(&room.text, STR("}"));
    add(&room, 1);
    for (unsigned i = 0; i < 120; i++)
        buf_printf(&room.text, "{\"a\":[{\"a\":[]},{},");
    buf_add(&room.text, STR("{\"x\":1},{\"y\":2}"));
    for (unsigned i = 0; i < 120; i++)
        buf_add(&room.text, STR("]}"));
    for (unsigned i = 0; i < 1000; i++)
        assert_int_equal(matches(&room), 0);
    room_close(&room);
}

static void long_texts_and_wildcards(void **state)
{
    (void)state;
    struct room room;
    room_open(&room);
    for (unsigned i = 0; i < 100; i++) {
        buf_printf(&room.text, "{\"a\":[{\"wildcard\":\"*a*a*a*aab%u*a*b\"},{\"wildcard\":\"*x*%c*\"}]}", i,
                   'c' + (int)(i % 20));
        add(&room, i);
    }
    buf_add(&room.text, STR("{\"a\":\""));
    for (unsigned i = 0; i < 1000000; i++)
        buf_add_char(&room.text, 'a');
    buf_add(&room.text, STR("\"}"));
    assert_int_equal(matches(&room), 0);
    room_close(&room);
}

/* Beginnings of every length of one text. */
static void a_text_begins_in_many_ways(void **state)
{
    (void)state;
    enum { LENGTHS = 2000 };
    struct room room;
    room_open(&room);
    for (unsigned i = 1; i <= LENGTHS; i++) {
        buf_add(&room.text, STR("{\"a\":[{\"prefix\":\""));
        for (unsigned k = 0; k < i; k++)
            buf_add_char(&room.text, 'a');
        buf_add(&room.text, STR("\"}]}"));
        add(&room, i);
    }
    buf_add(&room.text, STR("{\"a\":\""));
    for (unsigned i = 0; i < LENGTHS / 2; i++)
        buf_add_char(&room.text, 'a');
    buf_add(&room.text, STR("\"}"));
    for (unsigned i = 0; i < 1000; i++)
        assert_int_equal(matches(&room), LENGTHS / 2);
    room_close(&room);
}

/* ---- rules ---- */

enum { RULES = 60000, PASSES = 20000 };

/* That many rules, none of which an event hits, or one: passes over all would take minutes. */
static void ask_often(struct room *room, size_t expected)
{
    for (unsigned i = 0; i < PASSES; i++)
        assert_int_equal(matches(room), expected);
}

static void many_strings(void **state)
{
    (void)state;
    struct room room;
    room_open(&room);
    for (unsigned i = 0; i < RULES; i++) {
        buf_printf(&room.text, "{\"source\":[\"s\"],\"detail\":{\"id\":[\"%u\"]}}", i);
        add(&room, i);
    }
    buf_add(&room.text, STR("{\"source\":\"s\",\"detail\":{\"id\":\"777\"}}"));
    ask_often(&room, 1);
    room_close(&room);
}

static void many_ranges(void **state)
{
    (void)state;
    struct room room;
    room_open(&room);
    for (unsigned i = 0; i < RULES; i++) {
        buf_printf(&room.text, "{\"n\":[{\"numeric\":[\">\",%u,\"<\",%u]}]}", i * 2, i * 2 + 2);
        add(&room, i);
    }
    buf_add(&room.text, STR("{\"n\":4321.5}"));
    ask_often(&room, 1);
    room_close(&room);
}

static void many_blocks_and_ends(void **state)
{
    (void)state;
    struct room room;
    room_open(&room);
    for (unsigned i = 0; i < RULES; i++) {
        buf_printf(&room.text,
                   "{\"a\":[{\"cidr\":\"10.%u.%u.0/24\"},{\"suffix\":\"-%u\"},{\"wildcard\":\"*%u*x\"}]}",
                   i / 256, i % 256, i, i + 100000);
        add(&room, i);
    }
    buf_add(&room.text, STR("{\"a\":[\"10.3.4.5\",\"z-777\",\"--100009--x\"]}"));
    ask_often(&room, 3);
    room_close(&room);
}

/* The same rule, over and over: each is hit, none costs more to come or to go than the first. */
static void many_alike(void **state)
{
    (void)state;
    struct room room;
    room_open(&room);
    for (unsigned i = 0; i < RULES; i++) {
        buf_add(&room.text, STR("{\"a\":[\"x\",\"y\"],\"b\":[{\"exists\":false}]}"));
        add(&room, i);
    }
    buf_add(&room.text, STR("{\"a\":[\"x\",\"y\"]}"));
    for (unsigned i = 0; i < 20; i++)
        assert_int_equal(matches(&room), RULES);
    for (unsigned i = 0; i < RULES; i++)
        assert_int_equal(matcher_remove(room.matcher, i * 7919ull % RULES), ERR_OK);
    assert_int_equal(matches(&room), 0);
    room_close(&room);
}

static void many_places(void **state)
{
    (void)state;
    struct room room;
    room_open(&room);
    for (unsigned i = 0; i < RULES; i++) {
        buf_printf(&room.text, "{\"source\":[\"s\"],\"detail\":{\"name-%u\":[\"x\"]}}", i);
        add(&room, i);
    }
    buf_add(&room.text, STR("{\"source\":\"s\",\"detail\":{\"name-4321\":\"x\",\"other\":\"x\"}}"));
    ask_often(&room, 1);
    room_close(&room);
}

/* Ways through $or that all match. */
static void many_ways(void **state)
{
    (void)state;
    struct room room;
    room_open(&room);
    for (unsigned rule = 0; rule < 20; rule++) {
        buf_add(&room.text, STR("{\"$or\":["));
        for (unsigned i = 0; i < 1000; i++)
            buf_printf(&room.text, "%s{\"a\":[\"%u\",{\"anything-but\":\"z\"}]}", i ? "," : "", i);
        buf_add(&room.text, STR("]}"));
        add(&room, rule);
    }
    buf_add(&room.text, STR("{\"a\":\"500\"}"));
    for (unsigned i = 0; i < 100; i++)
        assert_int_equal(matches(&room), 20);
    room_close(&room);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_value_very_often),
        cmocka_unit_test(many_items_none_of_which_is_right),
        cmocka_unit_test(items_in_items),
        cmocka_unit_test(long_texts_and_wildcards),
        cmocka_unit_test(a_text_begins_in_many_ways),
        cmocka_unit_test(many_strings),
        cmocka_unit_test(many_ranges),
        cmocka_unit_test(many_blocks_and_ends),
        cmocka_unit_test(many_alike),
        cmocka_unit_test(many_places),
        cmocka_unit_test(many_ways),
    };
    return cmocka_run_group_tests_name("matcher-bounds", tests, NULL, NULL);
}
