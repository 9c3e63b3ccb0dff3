/* query_record.h - one record on its way through a segment: an event, or a row of the table before.
 *
 * Truths: 1. Slots are worked out when they are first asked for, all fields of the event's JSON in one go.
 *         2. What a record's values point to lives until the next record is begun.
 * Threads: a record is of one thread.
 */
#ifndef QUERY_QUERY_RECORD_H
#define QUERY_QUERY_RECORD_H

#include "json/json_index.h"
#include "query/query_plan.h"

/* Where a record comes from. */
struct query_origin {
    int64_t timestamp_ms;
    uint64_t sequence;
    uint32_t group;
};

/* The order of what no sort tells apart: of events newest first. Lower comes first. */
struct query_place {
    int64_t major;
    uint64_t minor;
    uint32_t group, item;
};
int query_place_compare(const struct query_place *a, const struct query_place *b);

struct query_event {
    struct query_origin origin;
    int64_t ingested_ms;
    struct str stream, message;
};

/* What a table keeps of a record. */
struct query_row {
    struct query_origin origin;
    struct query_place place;
    size_t bytes;                /* of this allocation; 0: it is an arena's */
    struct query_value values[]; /* of the segment's kept slots, in order */
};

/* What is known of groups by their number. */
struct query_group {
    struct str log; /* account:name */
};
typedef struct str query_pointer_f(void *self, struct arena *arena, const struct query_origin *origin);
/* Whether the work is to end: asked now and then of a record that takes long. */
typedef bool query_stops_f(void *self);

/* What the texts and values of one record may take; a query with one that wants more fails. */
enum { QUERY_RECORD_BYTES_MAX = 128 << 20 };

struct query_context {
    const struct query_plan *plan;
    const struct query_group *groups;
    query_pointer_f *pointer; /* @ptr of an event */
    query_stops_f *stops;     /* NULL: it does not */
    void *self;               /* of both */
    int64_t now_ms;
};

struct query_record {
    const struct query_context *context;
    struct arena arena;
    struct query_value *values;
    uint32_t *stamps, stamp; /* a slot's value counts when its stamp is the record's */
    struct json_index index;
    bool json_read;
    struct regex_walker **walkers;   /* of the plan's regexes; NULL: not needed yet */
    const struct query_event *event; /* NULL: a row */
    struct query_origin origin;
    struct query_place place;
    unsigned unnested;  /* items, of all records */
    bool over, stopped; /* it wanted more memory than it may take; stops said so: what came out is not all */
};

void query_record_init(struct query_record *record, const struct query_context *context);
void query_record_fini(struct query_record *record);

/* The event must live as long as the record is looked at. */
void query_record_begin_event(struct query_record *record, const struct query_event *event);
/* A row that segment has kept; ordinal: its place among them. */
void query_record_begin_row(struct query_record *record, const struct query_segment *segment,
                            const struct query_row *row, size_t ordinal);

void query_record_set(struct query_record *record, uint16_t slot, struct query_value value);
const struct query_value *query_record_load(struct query_record *record, uint16_t slot);
static inline const struct query_value *query_record_get(struct query_record *record, uint16_t slot)
{
    return record->stamps[slot] == record->stamp ? &record->values[slot] : query_record_load(record, slot);
}
struct regex_walker *query_record_walker(struct query_record *record, uint16_t regex);

struct query_value query_evaluate(struct query_record *record, const struct query_node *node);
/* What lies in a map or list at the path: keys and indexes, dots between. */
const struct json *query_json_member(const struct json *json, struct str path);

/* Fields of the event's message onto their slots; nothing when it is not a JSON object. */
void query_record_extract(struct query_record *record);

/* The stages of a segment; sink is called for each record that comes out at their end (several when one is unnested),
 * while it stands. */
typedef void query_sink_f(void *self, struct query_record *record);
void query_record_run(struct query_record *record, const struct query_segment *segment, query_sink_f *sink,
                      void *self);

#endif
