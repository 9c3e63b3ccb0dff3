/* cli_tail.h - between the files of crema tail.
 *
 * What is shown is known by sequences, which the server gives to events as they are written: every event up to shown
 * has been shown (or was there before this began). A session begins after a sequence of its own; the events between
 * the two are a gap, and are asked for with FilterLogEvents. So nothing is missed and nothing is shown twice, whatever
 * ends in between.
 */
#ifndef CLI_CLI_TAIL_H
#define CLI_CLI_TAIL_H

#include "cli/cli_call.h"

enum { TAIL_GROUPS_MAX = 10, TAIL_STREAMS_MAX = 100 };

struct tail {
    struct cli_server server;
    struct str groups[TAIL_GROUPS_MAX]; /* names or ARNs */
    struct str streams[TAIL_STREAMS_MAX];
    size_t group_count, stream_count;
    struct str prefix, pattern;
    bool has_since;
    bool since_is_time;
    int64_t since_ms;  /* at first: back from the server's time, or a time */
    int64_t late_ms;   /* how much older than its arrival an event in a gap may be */
    bool json, colour; /* how events are shown */
    bool terminal;     /* what it would obey is written out */
    bool begun;        /* a session has begun at some time: shown means something */
    uint64_t shown;    /* sequence */
    int64_t heard_ms;  /* the server's time when it was last heard of */
    uint64_t events_shown;
    unsigned gaps_long; /* in a row */
};

/* An event to be shown. group: a name. */
struct tail_event {
    struct str group, stream, message;
    int64_t timestamp_ms, ingested_ms;
};

/* cli_tail_print.c: one line for each event; all that was printed is out when tail_flush returns. */
void tail_print(struct tail *tail, const struct tail_event *event);
void tail_flush(void);
/* The name in an ARN of a group, or what is no ARN as it is. */
struct str tail_group_name(struct str identifier);

/* cli_tail_gap.c */
struct tail_gap {
    uint64_t after, until; /* sequences: both excluded */
    int64_t start_ms;      /* of timestamps */
};
/* Shows the events of the gap in the order of time. While the server cannot be reached it is waited for. False: it
 * refuses (said on stderr), or it was told to end. */
bool tail_fill(struct tail *tail, const struct tail_gap *gap);
/* Sleeps before a further try, longer each time. False: told to end. */
bool tail_wait(unsigned *tries);

/* cli_tail_session.c */
enum tail_ended {
    TAIL_STARTED, /* not ended: it goes on */
    TAIL_TOLD,    /* to end, by a signal */
    TAIL_REFUSED, /* said on stderr */
    TAIL_BROKEN,  /* the server has gone, or ended the session: it may be tried again */
    TAIL_AGAIN,   /* the gap was long: another session, with a shorter one */
};
/* One session: its gap is filled, then events are shown as they come. */
enum tail_ended tail_session(struct tail *tail);

#endif
