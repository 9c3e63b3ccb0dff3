/* queries.c - the queries of this process: those that wait for their record, those that run, those that are over and
 * whose results are kept.
 *
 * All of these lie in one list, newest first, and in a map by id.
 */
#include "query/queries.h"

#include "base/map.h"
#include "io/clock.h"
#include "io/rand.h"
#include "query/query_job.h"
#include "query/query_store.h"

#include <assert.h>
#include <stdlib.h>

enum { RUNNING_MAX = 100, KEPT_MAX = 1000, PAGE_BYTES_MAX = 24 << 20 };
static const size_t BYTES_MAX = 256 << 20;
static const int64_t RUN_MS_MAX = 60 * 60 * 1000, KEPT_MS = (int64_t)QUERY_KEPT_DAYS * 86400000;

struct queries {
    struct query_job_settings job;
    unsigned running_max;
    size_t results_bytes_max;
    int64_t id_ms; /* the writer's: of the last id */
    unsigned id_number;
    struct query *pending; /* the writer's: of commands whose batch is not durable yet */
    struct mutex *mutex;
    struct query *list; /* under the mutex, as all below */
    struct map by_id;
    size_t count, results_bytes;
    unsigned running;
    bool stopping;
    struct queries_stats stats;
};

const char *query_status_text(enum query_status status)
{
    static const char *const texts[] = {
#define X(name, text) [QUERY_STATUS_##name] = #text,
        QUERY_STATUS_LIST(X)
#undef X
    };
    return texts[status];
}

/* ---- life ---- */

enum err queries_open(const struct queries_settings *settings, struct queries **ret)
{
    struct queries *queries = calloc(1, sizeof(*queries));
    assert(queries);
    queries->results_bytes_max = settings->results_bytes_max ? settings->results_bytes_max : BYTES_MAX;
    queries->running_max = settings->running_max ? settings->running_max : RUNNING_MAX;
    queries->job = (struct query_job_settings){
        .store = settings->store,
        .scanner = settings->scanner,
        .threads = settings->threads ? settings->threads : thread_cores(),
        .bytes_max = settings->bytes_max ? settings->bytes_max : BYTES_MAX,
        .results_bytes_max = queries->results_bytes_max / 4,
        .run_ns_max = (settings->run_ms_max ? settings->run_ms_max : RUN_MS_MAX) * 1000000,
    };
    queries->mutex = mutex_new();
    map_init(&queries->by_id, rand_u64());
    *ret = queries;
    return ERR_OK;
}

void queries_stop(struct queries *queries)
{
    if (!queries)
        return;
    mutex_lock(queries->mutex);
    queries->stopping = true;
    for (struct query *query = queries->list; query; query = query->next)
        atomic_store(&query->closing, true);
    mutex_unlock(queries->mutex);
}

static void free_list(struct query *list)
{
    while (list) {
        struct query *next = list->next;
        query_unref(&list);
        list = next;
    }
}

void queries_close(struct queries **queries)
{
    struct queries *closed = *queries;
    if (!closed)
        return;
    free_list(closed->pending);
    free_list(closed->list);
    map_fini(&closed->by_id);
    mutex_free(&closed->mutex);
    free(closed);
    *queries = NULL;
}

/* ---- what is kept ---- */

static bool is_over(struct query *query)
{
    mutex_lock(query->mutex);
    bool over = query_is_over(query->status);
    mutex_unlock(query->mutex);
    return over;
}

/* The oldest that is over goes; false: there is none. */
static bool drop_oldest(struct queries *queries)
{
    struct query **last = NULL;
    for (struct query **at = &queries->list; *at; at = &(*at)->next)
        if ((*at)->is_counted)
            last = at;
    if (!last)
        return false;
    struct query *gone = *last;
    *last = gone->next;
    queries->count--;
    queries->results_bytes -= gone->counted_bytes;
    (void)map_remove(&queries->by_id, gone->id);
    query_unref(&gone);
    return true;
}

static void make_room(struct queries *queries, int64_t now_ms)
{
    while ((queries->count > KEPT_MAX || queries->results_bytes > queries->results_bytes_max) &&
           drop_oldest(queries))
        ;
    /* The list is in the order of starts: the oldest is the last. */
    for (;;) {
        struct query *last = queries->list;
        while (last && last->next)
            last = last->next;
        if (!last || now_ms - last->created_ms <= KEPT_MS || !drop_oldest(queries))
            return;
    }
}

static void over(void *self, struct query *query, size_t results_bytes)
{
    struct queries *queries = self;
    mutex_lock(queries->mutex);
    queries->running--;
    query->is_counted = true;
    query->counted_bytes = results_bytes;
    queries->results_bytes += results_bytes;
    queries->stats.failed += query->status == QUERY_STATUS_FAILED || query->status == QUERY_STATUS_TIMEOUT;
    queries->stats.scanned_events += atomic_load(&query->scanned);
    queries->stats.scanned_bytes += atomic_load(&query->bytes);
    make_room(queries, query->created_ms);
    mutex_unlock(queries->mutex);
}

/* ---- start ---- */

/* A UUID of version 7: begins with the time and the number within it, so that later ones sort behind. */
static struct str new_id(struct queries *queries, struct arena *arena, int64_t now_ms)
{
    queries->id_number = queries->id_ms == now_ms ? queries->id_number + 1 : 0;
    queries->id_ms = now_ms;
    uint64_t high = (uint64_t)now_ms << 16 | UINT64_C(0x7000) | (queries->id_number & 0xFFF);
    uint64_t low = (rand_u64() & (UINT64_MAX >> 2)) | UINT64_C(1) << 63;
    return arena_printf(arena, "%08llx-%04llx-%04llx-%04llx-%012llx", (unsigned long long)(high >> 32),
                        (unsigned long long)(high >> 16 & 0xFFFF), (unsigned long long)(high & 0xFFFF),
                        (unsigned long long)(low >> 48),
                        (unsigned long long)(low & UINT64_C(0xFFFFFFFFFFFF)));
}

static struct query *query_new(struct queries *queries, struct ns ns, const struct query_start *start,
                               struct str id, int64_t now_ms)
{
    struct query *query = calloc(1, sizeof(*query));
    assert(query);
    struct arena *arena = &query->arena;
    atomic_init(&query->refs, 1);
    query->queries = queries;
    query->mutex = mutex_new();
    query->id = arena_copy(arena, id);
    query->text = arena_copy(arena, start->text);
    query->principal = arena_copy(arena, start->principal);
    query->ns = (struct ns){ arena_copy(arena, ns.account), arena_copy(arena, ns.region) };
    query->limit = start->limit;
    query->first_ms = start->first_ms;
    query->last_ms = start->last_ms;
    query->created_ms = now_ms;
    query->group_count = start->group_count;
    query->groups = ARENA_ARRAY(arena, struct logs_group, start->group_count);
    query->logs = ARENA_ARRAY(arena, struct query_group, start->group_count);
    return query;
}

/* In the recorded words: the service hands on what another part of it said. */
static bool group_missing(struct arena *arena, struct ns ns, struct str name, struct fault *reterr)
{
    char id[UUID_TEXT_BYTES];
    uuid_random(id);
    return fault_set(
        reterr, arena, FAULT_NOT_FOUND,
        "Log group '%.*s' does not exist for account ID '%.*s' (Service: AWSLogs; Status Code: 400; "
        "Error Code: ResourceNotFoundException; Request ID: %.*s; Proxy: null)",
        STR_ARG(name), STR_ARG(ns.account), UUID_TEXT_BYTES, id);
}

static bool find_groups(struct query *query, struct work *work, const struct query_start *start,
                        struct fault *reterr)
{
    for (size_t i = 0; i < start->group_count; i++) {
        struct fault fault = { 0 };
        if (!logs_group_get(work->reader, work->arena, query->ns, start->groups[i], &query->groups[i],
                            &fault)) {
            if (fault.code == FAULT_NOT_FOUND)
                return group_missing(work->arena, query->ns, start->groups[i], reterr);
            *reterr = fault;
            return false;
        }
        query->groups[i].name = arena_copy(&query->arena, start->groups[i]);
        query->logs[i].log = arena_printf(&query->arena, "%.*s:%.*s", STR_ARG(query->ns.account),
                                          STR_ARG(query->groups[i].name));
    }
    return true;
}

bool queries_start(struct queries *queries, struct work *work, struct ns ns, const struct query_start *start,
                   struct str *ret_id, struct fault *reterr)
{
    unsigned waiting = 0;
    for (const struct query *query = queries->pending; query; query = query->next)
        waiting++;
    mutex_lock(queries->mutex);
    bool full = queries->running + waiting >= queries->running_max, stopping = queries->stopping;
    mutex_unlock(queries->mutex);
    if (stopping)
        return fault_set(reterr, work->arena, FAULT_UNAVAILABLE, "The server is being stopped.");
    if (full)
        return fault_set(reterr, work->arena, FAULT_LIMIT_EXCEEDED,
                         "%u queries run already, which is as many as may.", queries->running_max);
    *ret_id = new_id(queries, work->arena, work->now_ms);
    struct query *query = query_new(queries, ns, start, *ret_id, work->now_ms);
    if (!find_groups(query, work, start, reterr)) {
        query_unref(&query);
        return false;
    }
    query_started_put(work, ns, start, *ret_id);
    query->next = queries->pending;
    queries->pending = query;
    return true;
}

static void begin(struct queries *queries, struct query *query)
{
    mutex_lock(queries->mutex);
    query->next = queries->list;
    queries->list = query;
    (void)map_put(&queries->by_id, query->id, query);
    queries->count++;
    queries->running++;
    queries->stats.started++;
    make_room(queries, query->created_ms);
    mutex_unlock(queries->mutex);
    (void)query_job_begin(query, &queries->job, over, queries);
}

/* A command that was rolled back left its query here, but no record. */
void queries_after_commit(void *self)
{
    struct queries *queries = self;
    struct query *oldest_first = NULL;
    if (!queries->pending)
        return;
    while (queries->pending) {
        struct query *query = queries->pending;
        queries->pending = query->next;
        query->next = oldest_first;
        oldest_first = query;
    }
    struct store_reader *reader = store_snapshot(queries->job.store);
    while (oldest_first) {
        struct query *query = oldest_first;
        oldest_first = query->next;
        if (query_started_exists(reader, query->ns, query->id))
            begin(queries, query);
        else
            query_unref(&query);
    }
    store_snapshot_release(&reader);
}

/* ---- looking ---- */

/* A reference, or NULL. */
static struct query *find(struct queries *queries, struct ns ns, struct str id)
{
    mutex_lock(queries->mutex);
    struct query *query = map_get(&queries->by_id, id);
    if (query && (!str_eq(query->ns.account, ns.account) || !str_eq(query->ns.region, ns.region)))
        query = NULL;
    if (query)
        (void)query_ref(query);
    mutex_unlock(queries->mutex);
    return query;
}

static bool no_query(struct fault *reterr, struct arena *arena)
{
    return fault_set(reterr, arena, FAULT_NOT_FOUND, "The specified query does not exist.");
}

static void describe(struct query *query, struct arena *arena, struct query_info *ret,
                     struct query_shown **ret_shown)
{
    *ret = (struct query_info){
        .id = arena_copy(arena, query->id),
        .text = arena_copy(arena, query->text),
        .principal = arena_copy(arena, query->principal),
        .created_ms = query->created_ms,
        .counts = { .matched = atomic_load(&query->matched),
                    .scanned = atomic_load(&query->scanned),
                    .bytes = atomic_load(&query->bytes),
                    .skipped = atomic_load(&query->skipped),
                    .skipped_bytes = atomic_load(&query->skipped_bytes),
                    .groups = query->group_count },
        .group = query->group_count == 1 ? arena_copy(arena, query->groups[0].name) : STR_EMPTY,
    };
    mutex_lock(query->mutex);
    ret->status = query->status;
    ret->reason = arena_copy(arena, query->reason);
    int64_t end_ns = query_is_over(query->status) ? query->ended_ns : clock_monotonic_ns();
    ret->duration_ms = query->began_ns ? (end_ns - query->began_ns) / 1000000 : 0;
    if (ret_shown)
        *ret_shown = query_shown_ref(query->shown);
    mutex_unlock(query->mutex);
}

static void describe_gone(const struct query_started *started, struct query_info *ret)
{
    *ret = (struct query_info){
        .id = started->id,
        .text = started->text,
        .principal = started->principal,
        .status = QUERY_STATUS_UNKNOWN,
        .reason = STR("Its results are gone: the server was restarted since, or made room for those of later "
                      "queries. Start it again."),
        .created_ms = started->created_ms,
        .counts = { .groups = started->groups->count },
        .group = started->groups->count == 1 ? started->groups->items[0].text : STR_EMPTY,
    };
}

static void page_of(const struct query_shown *shown, struct arena *arena, size_t first, size_t rows_max,
                    struct query_page_of_results *ret)
{
    VEC(struct str) rows = { 0 };
    size_t bytes = 0, at = first;
    const struct query_results *results = &shown->results;
    for (; at < results->count && rows.len < rows_max; at++) {
        size_t begin_at = at ? results->ends[at - 1] : 0, len = results->ends[at] - begin_at;
        if (rows.len && bytes + len > PAGE_BYTES_MAX)
            break;
        bytes += len;
        struct str row = arena_copy(arena, str_slice(buf_str(&results->text), begin_at, len));
        VEC_PUSH(arena, &rows, row);
    }
    ret->rows = rows.at;
    ret->count = rows.len;
    ret->more = at < results->count;
    ret->after = at;
}

bool queries_results(struct queries *queries, struct store_reader *reader, struct arena *arena, struct ns ns,
                     struct str id, size_t first, size_t rows_max, struct query_page_of_results *ret,
                     struct fault *reterr)
{
    *ret = (struct query_page_of_results){ 0 };
    struct query *query = find(queries, ns, id);
    if (!query) {
        struct query_started started;
        enum err err = query_started_get(reader, arena, ns, id, &started);
        if (err == ERR_NOTFOUND)
            return no_query(reterr, arena);
        if (err != ERR_OK)
            return query_bad_store(reterr, arena, err);
        describe_gone(&started, &ret->info);
        return true;
    }
    struct query_shown *shown;
    describe(query, arena, &ret->info, &shown);
    if (shown)
        page_of(shown, arena, first, rows_max, ret);
    query_shown_unref(&shown);
    query_unref(&query);
    return true;
}

bool queries_cancel(struct queries *queries, struct store_reader *reader, struct arena *arena, struct ns ns,
                    struct str id, struct fault *reterr)
{
    struct query *query = find(queries, ns, id);
    if (!query && !query_started_exists(reader, ns, id))
        return no_query(reterr, arena);
    bool runs = query && !is_over(query);
    if (runs)
        atomic_store(&query->cancelled, true);
    query_unref(&query);
    return runs || fault_set(reterr, arena, FAULT_INVALID_PARAMETER, "The specified query is not running.");
}

/* ---- lists ---- */

struct listing {
    struct queries *queries;
    struct arena *arena;
    struct ns ns;
    const struct query_list_query *query;
    VEC(struct query_info) list;
    bool more;
};

static bool has_group(const struct query_started *started, struct str group)
{
    for (size_t i = 0; i < started->groups->count; i++)
        if (str_eq(started->groups->items[i].text, group))
            return true;
    return str_empty(group);
}

static bool list_one(void *self, const struct query_started *started)
{
    struct listing *listing = self;
    struct query_info info;
    struct query *query = find(listing->queries, listing->ns, started->id);
    if (query)
        describe(query, listing->arena, &info, NULL);
    else
        describe_gone(started, &info);
    query_unref(&query);
    if ((listing->query->has_status && info.status != listing->query->status) ||
        !has_group(started, listing->query->group))
        return true;
    if (listing->list.len == listing->query->limit) {
        listing->more = true;
        return false;
    }
    VEC_PUSH(listing->arena, &listing->list, info);
    return true;
}

bool queries_list(struct queries *queries, struct store_reader *reader, struct arena *arena, struct ns ns,
                  const struct query_list_query *query, struct query_list_page *ret, struct fault *reterr)
{
    struct listing listing = { .queries = queries, .arena = arena, .ns = ns, .query = query };
    enum err err = query_started_walk(reader, arena, ns, query->after, list_one, &listing);
    if (err != ERR_OK)
        return query_bad_store(reterr, arena, err);
    *ret = (struct query_list_page){ .queries = listing.list.at,
                                     .count = listing.list.len,
                                     .more = listing.more };
    if (listing.more)
        ret->after = listing.list.at[listing.list.len - 1].id;
    return true;
}

void queries_stats(struct queries *queries, struct queries_stats *ret)
{
    mutex_lock(queries->mutex);
    *ret = queries->stats;
    ret->running = queries->running;
    ret->results_bytes = queries->results_bytes;
    mutex_unlock(queries->mutex);
}
