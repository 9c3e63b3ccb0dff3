/* match_events.c - the events that bench-match matches, made from a seed. */
#include "match_bench.h"

#include <stdio.h>

uint64_t chance_next(struct chance *chance)
{
    uint64_t x = chance->state += UINT64_C(0x9E3779B97F4A7C15); /* splitmix64 */
    x = (x ^ (x >> 30)) * UINT64_C(0xBF58476D1CE4E5B9);
    x = (x ^ (x >> 27)) * UINT64_C(0x94D049BB133111EB);
    return x ^ (x >> 31);
}

uint32_t chance_below(struct chance *chance, uint32_t end)
{
    return (uint32_t)((chance_next(chance) >> 32) * end >> 32);
}

bool chance_of(struct chance *chance, uint32_t percent)
{
    return chance_below(chance, 100) < percent;
}

/* Low numbers come up more often. */
static uint32_t chance_skewed(struct chance *chance, uint32_t end)
{
    uint32_t a = chance_below(chance, end), b = chance_below(chance, end);
    return a < b ? a : b;
}

#define PICK(chance, list, count) ((list)[chance_below((chance), (count))])
#define COUNT_OF(list) ((uint32_t)(sizeof(list) / sizeof((list)[0])))

/* ---- lots ---- */

const char *const lot_streets[] = {
    "MISSION",      "GEARY",       "CALIFORNIA", "SACRAMENTO",  "FULTON",      "UNION",        "BALBOA",
    "CABRILLO",     "ANZA",        "CLEMENT",    "LAKE",        "JACKSON",     "CLAY",         "WASHINGTON",
    "BROADWAY",     "VALLEJO",     "GREEN",      "FILBERT",     "GREENWICH",   "LOMBARD",      "CHESTNUT",
    "BAY",          "NORTH POINT", "BEACH",      "JEFFERSON",   "HAIGHT",      "PAGE",         "OAK",
    "FELL",         "HAYES",       "GROVE",      "MCALLISTER",  "GOLDEN GATE", "TURK",         "EDDY",
    "ELLIS",        "OFARRELL",    "POST",       "SUTTER",      "BUSH",        "PINE",         "VALENCIA",
    "GUERRERO",     "DOLORES",     "CHURCH",     "SANCHEZ",     "NOE",         "CASTRO",       "COLLINGWOOD",
    "DIAMOND",      "EUREKA",      "DOUGLASS",   "HARRISON",    "FOLSOM",      "HOWARD",       "BRYANT",
    "BRANNAN",      "TOWNSEND",    "KING",       "ALABAMA",     "FLORIDA",     "YORK",         "HAMPSHIRE",
    "POTRERO",      "UTAH",        "SAN BRUNO",  "VERMONT",     "KANSAS",      "RHODE ISLAND", "DE HARO",
    "CAROLINA",     "WISCONSIN",   "ARKANSAS",   "CONNECTICUT", "MISSOURI",    "TEXAS",        "MISSISSIPPI",
    "PENNSYLVANIA", "INDIANA",     "MINNESOTA",  "TENNESSEE",   "ILLINOIS",    "JERROLD",      "KIRKWOOD",
    "LA SALLE",     "MCKINNON",    "NEWCOMB",    "OAKDALE",     "PALOU",       "QUESADA",      "REVERE",
    "SHAFTER",      "THOMAS",      "UNDERWOOD",  "VAN DYKE",    "WALLACE",     "YOSEMITE",     "ARMSTRONG",
    "BANCROFT",     "CARROLL",     "DONNER",     "EGBERT",      "FITZGERALD",  "GILMAN",       "HOLLISTER",
    "INGERSON",     "JAMESTOWN",   "KEY",        "LE CONTE",    "MEADE",       "HOLLY PARK",   "CRESCENT",
    "CORTLAND",     "EUGENIA",     "VIRGINIA",   "HEYMAN",      "COLERIDGE",   "PROSPECT",     "WINFIELD",
    "ELSIE",        "BOCANA",      "BENNINGTON", "ANDOVER",     "MOULTRIE",    "ANDERSON",     "ELLSWORTH",
    "GATES",        "FOLSOM",      "BANKS",      "PRENTISS",    "NEVADA",      "ROSENKRANZ",   "PUTNAM",
    "BRONTE",       "BRADFORD",    "PERALTA",    "02ND",        "03RD",        "06TH",         "11TH",
    "18TH",         "22ND",        "31ST",       "47TH",
};
const uint32_t lot_street_count = COUNT_OF(lot_streets);

static const char *const street_types[] = { "ST",   "ST", "ST",  "ST",  "ST", "AVE", "AVE", "AVE",
                                            "BLVD", "DR", "WAY", "TER", "CT", "PL",  "LN",  "ALY" };

static void put_digits(struct buf *to, uint64_t value, unsigned digits)
{
    char *at = buf_reserve(to, digits);
    for (unsigned i = digits; i--; value /= 10)
        at[i] = (char)('0' + value % 10);
    to->len += digits;
}

/* A place as the survey has it: whole degrees and 12 to 15 decimals, the last of them never 0. */
static void put_degrees(struct buf *to, const char *whole, uint64_t fraction, struct chance *chance)
{
    unsigned digits = 15 - (unsigned)chance_skewed(chance, 4);
    for (unsigned i = 15; i > digits; i--)
        fraction /= 10;
    fraction += fraction % 10 == 0;
    buf_add(to, str_from(whole));
    put_digits(to, fraction, digits);
}

static void put_ring(struct buf *to, struct chance *chance, uint32_t points)
{
    /* Around a corner of the city, steps of some ten metres. */
    uint64_t x = UINT64_C(360000000000000) + chance_next(chance) % UINT64_C(150000000000000);
    uint64_t y = UINT64_C(708000000000000) + chance_next(chance) % UINT64_C(100000000000000);
    size_t first = 0, first_len = 0;
    buf_add_char(to, '[');
    for (uint32_t i = 0; i < points; i++) {
        size_t start = to->len;
        buf_add(to, STR("["));
        put_degrees(to, "-122.", x + chance_next(chance) % UINT64_C(300000000000), chance);
        put_degrees(to, ",37.", y + chance_next(chance) % UINT64_C(300000000000), chance);
        buf_add(to, STR(",0.0]"));
        if (i == 0) {
            first = start;
            first_len = to->len - start;
        }
        buf_add_char(to, ',');
    }
    (void)buf_reserve(to, first_len); /* a ring is closed: its first point once more */
    buf_add(to, str_of(to->ptr + first, first_len));
    buf_add_char(to, ']');
}

static void put_address(struct buf *to, struct chance *chance)
{
    if (chance_below(chance, 60) == 0) {
        buf_add(to,
                STR("\"FROM_ST\":null,\"TO_ST\":null,\"STREET\":null,\"ST_TYPE\":null,\"ODD_EVEN\":null"));
        return;
    }
    uint32_t from = 1 + chance_skewed(chance, 4000);
    uint32_t to_number = chance_of(chance, 80) ? from : from + 2 * chance_below(chance, 6);
    buf_printf(to, "\"FROM_ST\":\"%u\",\"TO_ST\":\"%u\",\"STREET\":\"%s\",\"ST_TYPE\":", from, to_number,
               lot_streets[chance_skewed(chance, lot_street_count)]);
    if (chance_below(chance, 40) == 0)
        buf_add(to, STR("null"));
    else
        buf_printf(to, "\"%s\"", PICK(chance, street_types, COUNT_OF(street_types)));
    buf_printf(to, ",\"ODD_EVEN\":\"%s\"", chance_below(chance, 200) == 0 ? "B" : from % 2 ? "O" : "E");
}

static void put_lot(struct buf *to, struct chance *chance)
{
    char block[8], lot[8];
    uint32_t letter = chance_below(chance, 26);
    snprintf(block, sizeof(block), chance_below(chance, 20) == 0 ? "%04u%c" : "%04u",
             1 + chance_below(chance, 7300), 'A' + letter);
    snprintf(lot, sizeof(lot), chance_below(chance, 12) == 0 ? "%03u%c" : "%03u",
             1 + chance_skewed(chance, 140), 'A' + letter);
    bool own = chance_of(chance, 90);
    buf_printf(to, "{\"type\":\"Feature\",\"properties\":{\"MAPBLKLOT\":\"%s%s\",\"BLKLOT\":\"%s%s\",", block,
               own ? lot : "001", block, lot);
    buf_printf(to, "\"BLOCK_NUM\":\"%s\",\"LOT_NUM\":\"%s\",", block, lot);
    put_address(to, chance);
    bool several = chance_below(chance, 100) == 0;
    buf_printf(to, "},\"geometry\":{\"type\":\"%s\",\"coordinates\":%s", several ? "MultiPolygon" : "Polygon",
               several ? "[[" : "[");
    /* Most lots have four corners, some follow a curve; in whole 870 bytes a line. */
    uint32_t points = chance_of(chance, 45) ? 4 + chance_below(chance, 4) : 8 + chance_skewed(chance, 34);
    put_ring(to, chance, points);
    if (several) {
        buf_add(to, STR("],["));
        put_ring(to, chance, 4);
        buf_add_char(to, ']');
    }
    buf_printf(to, "],\"area\":%u.", 40 + chance_skewed(chance, 2400));
    put_digits(to, chance_next(chance) % UINT64_C(10000000000), 10);
    put_digits(to, 1 + chance_below(chance, 9), 1);
    buf_add(to, STR("}}\n"));
}

void events_of_lots(struct buf *to, uint64_t seed, uint32_t count)
{
    struct chance chance = { seed };
    for (uint32_t i = 0; i < count; i++)
        put_lot(to, &chance);
}

/* ---- a bus ---- */

const char *const bus_sources[] = {
    "shop.orders",     "shop.payments",   "shop.refunds",   "shop.carts",      "shop.catalog",
    "shop.prices",     "shop.reviews",    "shop.wishlists", "stock.warehouse", "stock.counts",
    "stock.suppliers", "stock.returns",   "ship.parcels",   "ship.routes",     "ship.carriers",
    "ship.customs",    "user.accounts",   "user.sessions",  "user.consents",   "user.addresses",
    "mail.outgoing",   "mail.incoming",   "mail.templates", "sms.outgoing",    "push.outgoing",
    "fraud.scores",    "fraud.cases",     "tax.invoices",   "tax.reports",     "loyalty.points",
    "loyalty.tiers",   "support.tickets", "support.chats",  "partner.feeds",   "partner.payouts",
    "search.indexer",  "media.images",    "media.videos",   "ops.deployments", "ops.alarms",
};
const uint32_t bus_source_count = COUNT_OF(bus_sources);

const char *const bus_types[] = { "Order Placed",    "Order Paid",     "Order Cancelled", "Order Shipped",
                                  "Order Delivered", "Item Added",     "Item Removed",    "Status Changed",
                                  "Price Changed",   "Customer Moved", "Batch Finished",  "Check Failed" };
const uint32_t bus_type_count = COUNT_OF(bus_types);

const char *const bus_statuses[] = { "PENDING", "OPEN",   "PAID",      "SHIPPED",
                                     "DONE",    "FAILED", "CANCELLED", "HELD" };
const uint32_t bus_status_count = COUNT_OF(bus_statuses);

static const char *const names[] = { "Amara",    "Bruno", "Chiara", "Dimitri", "Emil",  "Fatima",
                                     "Gustav",   "Hana",  "Ingrid", "João",    "Keiko", "Lars",
                                     "Mireille", "Nikos", "Olga",   "Priya" };
static const char *const cities[] = { "Berlin", "Lisboa",  "Kraków", "Oslo",
                                      "Torino", "Utrecht", "Zürich", "Gent" };
static const char *const tiers[] = { "none", "bronze", "silver", "gold" };
static const char *const regions[] = { "eu-west-1", "eu-central-1", "us-east-1", "ap-south-1" };
static const char *const words[] = {
    "invoice",  "order",   "report",  "daily",   "weekly",  "export",   "import",  "archive",  "customer",
    "parcel",   "label",   "return",  "refund",  "image",   "thumb",    "video",   "audit",    "trace",
    "metric",   "backup",  "stage",   "final",   "draft",   "public",   "private", "internal", "partner",
    "vendor",   "stock",   "price",   "north",   "south",   "east",     "west",    "central",  "2024",
    "2025",     "2026",    "january", "march",   "summer",  "winter",   "signed",  "raw",      "clean",
    "merged",   "split",   "index",   "catalog", "summary", "detail",   "history", "ledger",   "receipt",
    "contract", "consent", "profile", "session", "upload",  "download",
};

void event_path(struct buf *to, struct chance *chance)
{
    uint32_t count = 4 + chance_below(chance, 2);
    for (uint32_t i = 0; i < count; i++) {
        if (i)
            buf_add_char(to, chance_of(chance, 70) ? '/' : '-');
        buf_add(to, str_from(PICK(chance, words, COUNT_OF(words))));
    }
    buf_add(to, chance_of(chance, 60) ? STR(".json") : STR(".csv"));
}

static void put_items(struct buf *to, struct chance *chance)
{
    uint32_t count = 1 + chance_below(chance, 3);
    buf_add(to, STR("\"items\":["));
    for (uint32_t i = 0; i < count; i++)
        buf_printf(to, "%s{\"sku\":\"SKU-%05u\",\"quantity\":%u,\"price\":%u.%02u}", i ? "," : "",
                   chance_below(chance, 100000), 1 + chance_below(chance, 5), 1 + chance_skewed(chance, 300),
                   chance_below(chance, 100));
    buf_add_char(to, ']');
}

static void put_event(struct buf *to, struct chance *chance)
{
    uint64_t id = chance_next(chance), more = chance_next(chance);
    const char *name = PICK(chance, names, COUNT_OF(names)),
               *region = PICK(chance, regions, COUNT_OF(regions));
    const char *source = PICK(chance, bus_sources, bus_source_count);
    buf_printf(to, "{\"version\":\"0\",\"id\":\"%08x-%04x-4%03x-a%03x-%012llx\",\"detail-type\":\"%s\",",
               (unsigned)(id >> 32), (unsigned)(id & 0xFFFF), (unsigned)(id >> 16 & 0xFFF),
               (unsigned)(more >> 52), (unsigned long long)(more & UINT64_C(0xFFFFFFFFFFFF)),
               PICK(chance, bus_types, bus_type_count));
    buf_printf(to, "\"source\":\"%s\",\"account\":\"%012u\",\"time\":\"2026-%02u-%02uT%02u:%02u:%02uZ\",",
               source, 100000000 + chance_below(chance, 20), 1 + chance_below(chance, 12),
               1 + chance_below(chance, 28), chance_below(chance, 24), chance_below(chance, 60),
               chance_below(chance, 60));
    buf_printf(to, "\"region\":\"%s\",\"resources\":[\"arn:aws:states:%s:%012u:execution:%s:%08x\"],", region,
               region, 100000000 + chance_below(chance, 20), source, chance_below(chance, UINT32_MAX));
    uint32_t tenant = chance_below(chance, BUS_TENANTS);
    buf_printf(to, "\"detail\":{\"tenantId\":\"t-%05u\",\"storeId\":\"s-%03u\",\"orderId\":\"%016llx\",",
               tenant, chance_below(chance, BUS_STORES), (unsigned long long)chance_next(chance));
    buf_printf(to,
               "\"status\":\"%s\",\"amount\":%u.%02u,\"currency\":\"EUR\",\"channel\":\"web\",\"locale\":"
               "\"de-DE\",\"retry\":%s,"
               "\"coupon\":%s,",
               PICK(chance, bus_statuses, bus_status_count), 1 + chance_skewed(chance, 5000),
               chance_below(chance, 100), chance_of(chance, 10) ? "true" : "false",
               chance_of(chance, 20) ? "\"SPRING-26\"" : "null");
    put_items(to, chance);
    buf_printf(to, ",\"customer\":{\"name\":\"%s %c.\",\"email\":\"%s.%u@mail%u.example\",\"tier\":\"%s\"},",
               name, 'A' + (char)chance_below(chance, 26), name, chance_below(chance, 10000),
               chance_below(chance, 40), PICK(chance, tiers, COUNT_OF(tiers)));
    buf_printf(to, "\"delivery\":{\"city\":\"%s\",\"postcode\":\"%05u\",\"days\":%u},\"path\":\"",
               PICK(chance, cities, COUNT_OF(cities)), chance_below(chance, 100000), chance_below(chance, 9));
    event_path(to, chance);
    buf_printf(to, "\",\"trace\":\"1-%08x-%08x%08x%08x\"}}\n", (unsigned)id, (unsigned)more,
               chance_below(chance, UINT32_MAX), chance_below(chance, UINT32_MAX));
}

void events_of_bus(struct buf *to, uint64_t seed, uint32_t count)
{
    struct chance chance = { seed };
    for (uint32_t i = 0; i < count; i++)
        put_event(to, &chance);
}
