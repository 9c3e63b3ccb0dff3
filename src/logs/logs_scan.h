/* logs_scan.h - the events of a group in the order of their places, however they are stored.
 *
 * Owns:    nothing; a scan holds cursors over the reader it was opened on.
 * Threads: any, each scan its own. Not to be used on a loop or on the writer's thread for more than a page: long
 *          ones are tasks of logs_scanner.h.
 * Truths:  1. What a reader's moment holds is seen once each: stored singly, packed, or half of both.
 *          2. Events past the group's retention at now_ms, and those of deleted streams, are not seen.
 *             Damage among what is looked at ends a scan: close says ERR_CORRUPT.
 *          3. Needles, streams and the prefix may let a scan pass over what cannot hold a match without reading it;
 *             of what it does give, the needles still have to be looked for (streams and prefix hold).
 */
#ifndef LOGS_LOGS_SCAN_H
#define LOGS_LOGS_SCAN_H

#include "logs/logs_key.h"

struct logs_scan;
struct logs_scanner;

struct logs_scan_query {
    struct logs_position first, end; /* end excluded; empty when not first < end */
    enum store_direction direction;
    const struct str *streams; /* each must exist, else FAULT_NOT_FOUND */
    size_t stream_count;       /* 0: all */
    struct str stream_prefix;  /* empty: all; not together with streams */
    const struct str *needles; /* bytes that stand in every message that is wanted */
    size_t needle_count;
    int64_t now_ms;
    /* With needles, blocks are read and searched ahead on these threads; also a scan that is itself a task of theirs.
     * NULL: on the caller's alone. */
    struct logs_scanner *scanner;
    int64_t stop_at_ns; /* of clock_monotonic_ns: it stops there, see logs_scan_stopped; 0: never */
    bool only;          /* of the room: events alone that are marked LOGS_EVENT_ONLY */
};

/* Slices live until the next call. */
struct logs_scanned {
    struct logs_position at;
    int64_t ingested_ms;
    struct str stream, message;
    uint64_t number; /* of the stream */
    uint8_t flags;
};

struct logs_scan_stats {
    uint64_t events, bytes;                   /* given: messages */
    uint64_t searched_events, searched_bytes; /* gone through, but without the needle */
    uint64_t passed_events, passed_bytes;     /* in blocks passed over: about */
    uint64_t blocks_read, blocks_passed;      /* opened; passed over for what their heads or grams say */
};

/* The query's texts must live as long as the scan. */
bool logs_scan_open(struct store_reader *reader, struct arena *arena, const struct logs_group *group,
                    const struct logs_scan_query *query, struct logs_scan **ret, struct fault *reterr);
/* False: no more, or damaged (see close). */
bool logs_scan_next(struct logs_scan *scan, struct logs_scanned *ret);
/* After false: whether it stopped for the time, and where to go on: from this place on (STORE_UP), or with what lies
 * before it (STORE_DOWN). */
bool logs_scan_stopped(const struct logs_scan *scan, struct logs_position *ret);
/* What was gone through up to now. */
void logs_scan_look(const struct logs_scan *scan, struct logs_scan_stats *ret);
enum err logs_scan_close(struct logs_scan **scan) MUST_USE;

/* Places that cut [first, end) into up to parts_max ranges of about as many bytes each, at the borders of blocks, so
 * that several threads can go through one group: ret_cuts has room for parts_max - 1; returns how many, ascending.
 * Reads the heads of all blocks in the range. */
size_t logs_scan_cut(struct store_reader *reader, struct arena *arena, const struct logs_group *group,
                     struct logs_position first, struct logs_position end, size_t parts_max,
                     struct logs_position *ret_cuts);

/* The id of an event, as FilterLogEvents and @ptr give it; and back. False: it is none of this group. */
struct str logs_event_id(struct arena *arena, const struct logs_group *group, struct logs_position at);
bool logs_event_id_read(struct str id, uint64_t *ret_group_id, struct logs_position *ret);

#endif
