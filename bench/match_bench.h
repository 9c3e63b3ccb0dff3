/* match_bench.h - what bench-match is made of: events, rules, and the clock around them. */
#ifndef BENCH_MATCH_BENCH_H
#define BENCH_MATCH_BENCH_H

#include "base/buf.h"
#include "base/vec.h"

/* ---- chance, from a seed ---- */

struct chance {
    uint64_t state;
};
uint64_t chance_next(struct chance *chance);
uint32_t chance_below(struct chance *chance, uint32_t end); /* 0 .. end - 1 */
bool chance_of(struct chance *chance, uint32_t percent);

/* ---- events: one to a line, from a seed ---- */

/* Parcels of a city as GeoJSON features, 870 bytes on average:
 *     {"type":"Feature","properties":{MAPBLKLOT, BLKLOT, BLOCK_NUM, LOT_NUM, FROM_ST, TO_ST, STREET, ST_TYPE,
 *     ODD_EVEN},"geometry":{"type":"Polygon","coordinates":[[[x,y,z],...]],"area":m2}}
 * One in a hundred is a MultiPolygon, and one in sixty has nulls for its address. */
void events_of_lots(struct buf *to, uint64_t seed, uint32_t count);
/* What services put on a bus: envelope, and a detail of an order; 800 bytes on average. */
void events_of_bus(struct buf *to, uint64_t seed, uint32_t count);
/* A path as stands in detail.path of such an event. */
void event_path(struct buf *to, struct chance *chance);

extern const char *const lot_streets[];
extern const uint32_t lot_street_count;
extern const char *const bus_sources[], *const bus_types[], *const bus_statuses[];
extern const uint32_t bus_source_count, bus_type_count, bus_status_count;
enum { BUS_TENANTS = 200, BUS_STORES = 50 };

/* ---- rules ---- */

struct rule_list {
    struct arena arena;
    VEC(struct str) patterns;
};
void rules_fini(struct rule_list *rules);

/* A family of rules on lots. */
struct family {
    const char *name;
    void (*make)(struct rule_list *rules, struct str events);
    double events_per_s_to_reach; /* 0: only shown */
};
extern const struct family families[];
extern const size_t family_count;

/* Rules as people write them on a bus: a source, a detail-type, one or two fields of the detail. */
void rules_of_bus(struct rule_list *rules, uint64_t seed, uint32_t count);
/* Paths with stars in random places. */
void rules_of_wildcards(struct rule_list *rules, uint64_t seed, uint32_t count);

#endif
