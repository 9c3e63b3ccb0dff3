/* match_rules.c - the rules that bench-match matches against: families on lots, and what stands on a bus. */
#include "match_bench.h"

#include "json/json.h"

#include <assert.h>
#include <stdio.h>

void rules_fini(struct rule_list *rules)
{
    arena_fini(&rules->arena);
    *rules = (struct rule_list){ 0 };
}

static void add(struct rule_list *rules, struct str pattern)
{
    VEC_PUSH(&rules->arena, &rules->patterns, pattern);
}

/* ---- families on lots: five rules each ---- */

enum { RULES_IN_FAMILY = 5 };

/* A line of the events, the n-th of five that stand apart. */
static struct str sample_line(struct str events, size_t n)
{
    size_t at = events.len / (RULES_IN_FAMILY + 1) * (n + 1);
    while (at > 0 && events.ptr[at - 1] != '\n')
        at--;
    struct str line, rest;
    str_cut(str_from_offset(events, at), '\n', &line, &rest);
    return line;
}

static struct json sample(struct rule_list *rules, struct str events, size_t n)
{
    struct json event;
    enum err err = json_read(&rules->arena, sample_line(events, n), 0, &event, NULL);
    assert(!err);
    return event;
}

static void make_exact(struct rule_list *rules, struct str events)
{
    for (size_t n = 0; n < RULES_IN_FAMILY; n++) {
        struct json event = sample(rules, events, n);
        struct str lot = json_get_str(json_get(&event, STR("properties")), STR("MAPBLKLOT"));
        add(rules, arena_printf(&rules->arena, "{\"properties\":{\"MAPBLKLOT\":[\"%.*s\"]}}", STR_ARG(lot)));
    }
}

/* Rules that do not follow from the events, as they stand. */
#define FIXED(name, ...)                                                      \
    static void name(struct rule_list *rules, struct str events)              \
    {                                                                         \
        static const char *const patterns[RULES_IN_FAMILY] = { __VA_ARGS__ }; \
        (void)events;                                                         \
        for (size_t n = 0; n < RULES_IN_FAMILY; n++)                          \
            add(rules, str_from(patterns[n]));                                \
    }

#define ON(field, test) "{\"properties\":{\"" field "\":[" test "]}}"
#define STREET(test) ON("STREET", test)

FIXED(make_prefix, STREET("{\"prefix\":\"AL\"}"), STREET("{\"prefix\":\"BR\"}"),
      STREET("{\"prefix\":\"SAC\"}"), STREET("{\"prefix\":\"HOL\"}"), STREET("{\"prefix\":\"QU\"}"))
FIXED(make_suffix, STREET("{\"suffix\":\"WORTH\"}"), STREET("{\"suffix\":\"KANSAS\"}"),
      STREET("{\"suffix\":\"IDGE\"}"), STREET("{\"suffix\":\"EJO\"}"), STREET("{\"suffix\":\"WOOD\"}"))
FIXED(make_ignore_case, STREET("{\"equals-ignore-case\":\"jefferson\"}"),
      STREET("{\"equals-ignore-case\":\"bEaCh\"}"), STREET("{\"equals-ignore-case\":\"gEARY\"}"),
      STREET("{\"equals-ignore-case\":\"chestNUT\"}"), STREET("{\"equals-ignore-case\":\"holly park\"}"))
FIXED(make_wildcard, ON("MAPBLKLOT", "{\"wildcard\":\"*143*\"}"),
      ON("MAPBLKLOT", "{\"wildcard\":\"2*0*1*7\"}"), ON("MAPBLKLOT", "{\"wildcard\":\"*218\"}"),
      ON("MAPBLKLOT", "{\"wildcard\":\"3*5*2\"}"), STREET("{\"wildcard\":\"VA*EJ*O\"}"))

/* What is left over when the usual is taken away. */
#define BUT(what) "{\"anything-but\":" what "}"
FIXED(make_but_list, ON("ST_TYPE", BUT("[\"ST\",\"AVE\",\"BLVD\",\"DR\",\"WAY\",\"TER\",\"CT\"]")),
      ON("ODD_EVEN", BUT("[\"O\",\"E\"]")),
      "{\"geometry\":{\"type\":[" BUT("[\"Polygon\",\"LineString\"]") "]}}",
      "{\"properties\":{\"STREET\":[\"FULTON\"],\"ST_TYPE\":[" BUT("[\"ST\",\"AVE\"]") "]}}",
      "{\"properties\":{\"STREET\":[" BUT("[\"MISSION\",\"GEARY\"]") "],\"LOT_NUM\":[\"001\"]}}")
FIXED(make_but_prefix,
      STREET(BUT(
          "{\"prefix\":[\"A\",\"B\",\"C\",\"D\",\"E\",\"F\",\"G\",\"H\",\"J\",\"L\",\"M\",\"N\",\"O\",\"P\","
          "\"R\",\"S\",\"T\",\"V\",\"W\",\"0\",\"1\",\"2\",\"3\",\"4\"]}")),
      ON("BLOCK_NUM", BUT("{\"prefix\":[\"0\",\"1\",\"2\",\"3\",\"4\",\"5\",\"6\"]}")),
      ON("MAPBLKLOT",
         BUT("{\"prefix\":[\"0\",\"1\",\"20\",\"21\",\"22\",\"23\",\"3\",\"4\",\"5\",\"6\",\"7\"]}")),
      ON("LOT_NUM", BUT("{\"prefix\":[\"0\",\"10\",\"11\",\"12\"]}")),
      ON("ST_TYPE", BUT("{\"prefix\":[\"S\",\"A\",\"B\",\"D\",\"W\",\"T\",\"C\",\"P\"]}")))
FIXED(make_but_suffix,
      STREET(BUT("{\"suffix\":[\"A\",\"D\",\"E\",\"H\",\"K\",\"L\",\"N\",\"O\",\"R\",\"S\",\"T\",\"Y\"]}")),
      ON("BLOCK_NUM",
         BUT("{\"suffix\":[\"0\",\"1\",\"2\",\"3\",\"4\",\"5\",\"6\",\"7\",\"8\",\"9\",\"A\",\"B\"]}")),
      ON("MAPBLKLOT", BUT("{\"suffix\":[\"0\",\"1\",\"2\",\"3\",\"04\",\"14\",\"24\",\"34\",\"5\",\"6\","
                          "\"7\",\"8\",\"9\"]}")),
      ON("LOT_NUM", BUT("{\"suffix\":[\"1\",\"2\",\"3\",\"4\",\"5\",\"6\",\"7\",\"8\",\"9\",\"0\",\"A\"]}")),
      ON("ST_TYPE", BUT("{\"suffix\":[\"T\",\"E\",\"D\",\"R\",\"Y\",\"L\"]}")))
FIXED(make_but_wildcard, STREET(BUT("{\"wildcard\":[\"*A*\",\"*E*\",\"*O*\"]}")),
      ON("BLOCK_NUM", BUT("{\"wildcard\":[\"0*\",\"1*\",\"2*\",\"3*\",\"4*\",\"5*\",\"6*\"]}")),
      ON("MAPBLKLOT", BUT("{\"wildcard\":[\"*0*\",\"*9*9*\"]}")),
      ON("LOT_NUM", BUT("{\"wildcard\":[\"0*\",\"1*0*\"]}")),
      ON("ST_TYPE", BUT("{\"wildcard\":[\"*T*\",\"A*\",\"*D*\",\"W*Y\",\"P*\"]}")))
/* Almost every line passes these. */
FIXED(make_but_most, STREET(BUT("[\"FULTON\"]")), STREET(BUT("{\"prefix\":\"SAC\"}")),
      STREET(BUT("{\"suffix\":\"ORE\"}")), STREET(BUT("{\"wildcard\":\"VA*O\"}")),
      ON("ST_TYPE", BUT("[\"BLVD\",\"ALY\"]")))

static void make_numeric(struct rule_list *rules, struct str events)
{
    struct json event = sample(rules, events, 0);
    const struct json *area = json_get(json_get(&event, STR("geometry")), STR("area"));
    struct str text = json_is(area, JSON_NUMBER) ? area->text : STR("1");
#define AREA(test) "{\"geometry\":{\"area\":[{\"numeric\":[" test "]}]}}"
    add(rules, arena_printf(&rules->arena, AREA("\"=\",%.*s"), STR_ARG(text)));
    add(rules, STR(AREA("\">\",100,\"<=\",102.5")));
    add(rules, STR(AREA("\">=\",2380")));
    add(rules, STR(AREA("\"<\",50")));
    add(rules, STR(AREA("\">\",999.5,\"<\",1003")));
#undef AREA
}

static struct str first_number(const struct json *value)
{
    while (value && json_is(value, JSON_ARRAY) && value->count)
        value = &value->items[0];
    return json_is(value, JSON_NUMBER) ? value->text : STR("0");
}

static void make_arrays(struct rule_list *rules, struct str events)
{
#define WHERE(test) "{\"geometry\":{\"type\":[\"Polygon\"],\"coordinates\":[{\"numeric\":[" test "]}]}}"
    for (size_t n = 0; n < 3; n++) {
        struct json event = sample(rules, events, n);
        struct str x = first_number(json_get(json_get(&event, STR("geometry")), STR("coordinates")));
        add(rules, arena_printf(&rules->arena, WHERE("\"=\",%.*s"), STR_ARG(x)));
    }
    add(rules, STR(WHERE("\">\",-122.42915,\"<=\",-122.42905")));
    add(rules, STR(WHERE("\">\",37.77770,\"<\",37.77775")));
#undef WHERE
}

static void make_combination(struct rule_list *rules, struct str events)
{
    make_exact(rules, events);
    make_prefix(rules, events);
    make_suffix(rules, events);
    make_ignore_case(rules, events);
    make_wildcard(rules, events);
    make_but_list(rules, events);
    make_but_wildcard(rules, events);
    make_numeric(rules, events);
    make_arrays(rules, events);
}

const struct family families[] = {
    { "exact", make_exact, 3e6 },
    { "prefix", make_prefix, 3e6 },
    { "suffix", make_suffix, 3e6 },
    { "equals-ignore-case", make_ignore_case, 2.5e6 },
    { "wildcard", make_wildcard, 2.5e6 },
    { "anything-but list", make_but_list, 2.5e6 },
    { "anything-but prefix", make_but_prefix, 2.5e6 },
    { "anything-but suffix", make_but_suffix, 2.5e6 },
    { "anything-but wildcard", make_but_wildcard, 2.5e6 },
    { "anything-but, most match", make_but_most, 0 },
    { "numeric on a late field", make_numeric, 2.5e6 },
    { "complex arrays", make_arrays, 9e5 },
    { "combination of 45 rules", make_combination, 3e5 },
};
const size_t family_count = sizeof(families) / sizeof(families[0]);

/* ---- rules of a bus ---- */

#define PICK(chance, list, count) ((list)[chance_below((chance), (count))])

static void put_tenant(struct buf *to, struct chance *chance)
{
    buf_printf(to, "\"tenantId\":[\"t-%05u\"]", chance_below(chance, BUS_TENANTS));
}

static void put_amount(struct buf *to, struct chance *chance)
{
    uint32_t low = chance_below(chance, 4000);
    if (chance_of(chance, 50))
        buf_printf(to, "\"amount\":[{\"numeric\":[\">=\",%u]}]", 2000 + low / 2);
    else
        buf_printf(to, "\"amount\":[{\"numeric\":[\">\",%u,\"<=\",%u.5]}]", low, low + 50);
}

/* One or two fields of the detail. */
static void put_detail(struct buf *to, struct chance *chance)
{
    const char *status = PICK(chance, bus_statuses, bus_status_count);
    const char *other = PICK(chance, bus_statuses, bus_status_count);
    uint32_t kind = chance_below(chance, 100);
    if (kind < 45) {
        put_tenant(to, chance);
    } else if (kind < 60) {
        put_tenant(to, chance);
        buf_printf(to, ",\"status\":[\"%s\",\"%s\"]", status, other);
    } else if (kind < 70) {
        buf_printf(to, "\"items\":{\"sku\":[{\"prefix\":\"SKU-%02u\"}]}", chance_below(chance, 100));
    } else if (kind < 80) {
        buf_printf(to, "\"storeId\":[\"s-%03u\"],", chance_below(chance, BUS_STORES));
        put_amount(to, chance);
    } else if (kind < 90) {
        put_tenant(to, chance);
        buf_printf(to, ",\"status\":[{\"anything-but\":[\"%s\",\"%s\"]}]", status, other);
    } else if (kind < 95) {
        buf_printf(to, "\"customer\":{\"email\":[{\"suffix\":\"%u@mail%u.example\"}],\"tier\":[\"gold\"]}",
                   chance_below(chance, 10), chance_below(chance, 40));
    } else {
        buf_printf(to, "\"delivery\":{\"postcode\":[{\"prefix\":\"%02u\"}]},", chance_below(chance, 100));
        put_amount(to, chance);
    }
}

void rules_of_bus(struct rule_list *rules, uint64_t seed, uint32_t count)
{
    struct chance chance = { seed };
    struct buf text = { 0 };
    for (uint32_t i = 0; i < count; i++) {
        buf_clear(&text);
        buf_printf(&text, "{\"source\":[\"%s\"],\"detail-type\":[\"%s\"",
                   PICK(&chance, bus_sources, bus_source_count), PICK(&chance, bus_types, bus_type_count));
        if (chance_of(&chance, 20))
            buf_printf(&text, ",\"%s\"", PICK(&chance, bus_types, bus_type_count));
        buf_add(&text, STR("],\"detail\":{"));
        put_detail(&text, &chance);
        buf_add(&text, STR("}}"));
        add(rules, arena_copy(&rules->arena, buf_str(&text)));
    }
    buf_fini(&text);
}

/* A path that may stand in an event, and two or three stars in it: for a word, or for a part of one. */
static void put_wildcard(struct buf *to, struct chance *chance)
{
    struct buf path = { 0 };
    event_path(&path, chance);
    uint32_t stars = 2 + chance_below(chance, 2);
    buf_add(to, STR("{\"detail\":{\"path\":[{\"wildcard\":\""));
    size_t part = path.len / stars, from = 0;
    for (uint32_t i = 0; i < stars; i++) {
        size_t start = from + 2 + chance_below(chance, (uint32_t)(part > 6 ? part - 4 : 2));
        size_t end = start + 2 + chance_below(chance, 8);
        if (start >= path.len)
            break;
        buf_add(to, str_slice(buf_str(&path), from, start - from));
        buf_add_char(to, '*');
        from = end < path.len ? end : path.len;
    }
    buf_add(to, str_from_offset(buf_str(&path), from));
    buf_add(to, STR("\"}]}}"));
    buf_fini(&path);
}

void rules_of_wildcards(struct rule_list *rules, uint64_t seed, uint32_t count)
{
    struct chance chance = { seed };
    struct buf text = { 0 };
    for (uint32_t i = 0; i < count; i++) {
        buf_clear(&text);
        put_wildcard(&text, &chance);
        add(rules, arena_copy(&rules->arena, buf_str(&text)));
    }
    buf_fini(&text);
}
