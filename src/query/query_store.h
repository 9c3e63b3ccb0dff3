/* query_store.h - what the store holds of queries. Private to the room.
 *
 *   | 'q' | partition u16 | 'r' | account . | region . | id of 36 |  -> a query that was started, as JSON:
 *                           {"version":1,"created":MS,"query":"...","groups":["..."],"user":"..."}
 *   | 'q' | partition u16 | 'n' |                                   -> how many of these there are: u64
 *   | 'q' | partition u16 | 'd' | account . | region . | id of 36 |  -> a saved query, as JSON:
 *                           {"version":1,"modified":MS,"name":"...","query":"...","groups":[...],"parameters":[...]}
 *
 * Ids of queries that were started grow with time, so the keys are in the order of their starts.
 */
#ifndef QUERY_QUERY_STORE_H
#define QUERY_QUERY_STORE_H

#include "query/queries.h"

enum { QUERY_KEPT_DAYS = 7 };

struct query_started {
    struct str id, text, principal;
    int64_t created_ms;
    const struct json *groups;
};

/* Makes room for it by deleting the oldest when there are very many, or when they are too old. */
void query_started_put(struct work *work, struct ns ns, const struct query_start *start, struct str id);
bool query_started_exists(struct store_reader *reader, struct ns ns, struct str id);
/* ERR_OK, ERR_NOTFOUND, ERR_CORRUPT */
enum err query_started_get(struct store_reader *reader, struct arena *arena, struct ns ns, struct str id,
                           struct query_started *ret) MUST_USE;
/* Newest first, those before the id (empty: all). Each returns false to end. */
typedef bool query_started_f(void *self, const struct query_started *started);
enum err query_started_walk(struct store_reader *reader, struct arena *arena, struct ns ns, struct str before,
                            query_started_f *each, void *self) MUST_USE;

bool query_bad_store(struct fault *reterr, struct arena *arena, enum err err);

#endif
