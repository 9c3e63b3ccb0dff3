/* Packing changes nothing that a caller can see: random writes, late ones, deletes, retention and packing at random
 * moments, and every way to read against a plain model. CREMA_PACK_ROUNDS=N for longer runs. */
#include "logs/logs_test.h"

#include "io/thread.h"
#include "logs/logs_check.h"

#include <stdatomic.h>

enum { STREAMS = 12, MODEL_MAX = 20000, DAY_MS = 86400000 };

struct model_event {
    int64_t timestamp_ms;
    unsigned stream;
    bool gone; /* its stream was deleted */
    char message[48];
};

struct model {
    struct room *room;
    struct model_event events[MODEL_MAX]; /* in order of arrival */
    size_t count;
    bool exists[STREAMS];
    uint64_t random;
    int64_t days; /* of retention; 0: none */
    unsigned late_days;
};

static uint64_t random_below(struct model *model, uint64_t below)
{
    model->random ^= model->random << 13;
    model->random ^= model->random >> 7;
    model->random ^= model->random << 17;
    return model->random % below;
}

static const char *stream_name(unsigned stream)
{
    static char name[16];
    (void)snprintf(name, sizeof(name), "%s/%02u", stream % 3 ? "app" : "own", stream);
    return name;
}

static int64_t kept_since(const struct model *model)
{
    return model->days ? model->room->work.now_ms - model->days * DAY_MS : INT64_MIN;
}

static bool is_shown(const struct model *model, const struct model_event *event)
{
    return !event->gone && event->timestamp_ms >= kept_since(model);
}

/* ---- writes ---- */

static void model_put(struct model *model)
{
    struct room *room = model->room;
    unsigned stream = (unsigned)random_below(model, STREAMS);
    size_t count = random_below(model, 3) ? 1 : 1 + random_below(model, 30);
    if (model->count + count > MODEL_MAX)
        return;
    int64_t time_ms = room->work.now_ms;
    if (random_below(model, 4) == 0)
        time_ms -= (int64_t)random_below(model, (uint64_t)model->late_days * DAY_MS);
    struct logs_input inputs[32];
    for (size_t i = 0; i < count; i++) {
        struct model_event *event = &model->events[model->count++];
        /* Most are of the same time; some requests cover many hours. */
        time_ms +=
            random_below(model, 3) ? 0 : (int64_t)random_below(model, random_below(model, 8) ? 50 : 2000000);
        *event = (struct model_event){ .timestamp_ms = time_ms, .stream = stream };
        (void)snprintf(event->message, sizeof(event->message), "n%zu w%u %s", model->count,
                       (unsigned)random_below(model, 40), random_below(model, 50) ? "plain" : "rare needle");
        inputs[i] = (struct logs_input){ time_ms, str_from(event->message) };
    }
    struct str name = arena_copy(&room->arena, str_from(stream_name(stream)));
    if (stream % 3) {
        if (!model->exists[stream])
            room_create_stream(room, stream_name(stream));
        assert_true(
            logs_append_shared(room->logs, &room->work, room->ns, GROUP, name, inputs, count, &room->fault));
        model->exists[stream] = true;
    } else {
        for (size_t i = 0; i < count; i++)
            assert_true(logs_append(room->logs, &room->work, room->ns, GROUP, name, inputs[i].timestamp_ms,
                                    inputs[i].message, &room->fault));
        model->exists[stream] = true;
    }
}

static void model_delete(struct model *model)
{
    struct room *room = model->room;
    unsigned stream = (unsigned)random_below(model, STREAMS);
    if (!model->exists[stream])
        return;
    bool done = logs_stream_delete(room->logs, &room->work, room->ns, GROUP, str_from(stream_name(stream)),
                                   &room->fault);
    if (!done) /* it went with its last event */
        assert_int_equal(room->fault.code, FAULT_NOT_FOUND);
    room->fault = (struct fault){ 0 };
    model->exists[stream] = false;
    for (size_t i = 0; i < model->count; i++)
        if (model->events[i].stream == stream)
            model->events[i].gone = true;
}

/* What is due, as the writer does it; a few at a time. */
static void model_timers(struct model *model, unsigned most)
{
    struct room *room = model->room;
    while (most--) {
        struct key first, end;
        key_begin(&first, KEY_TIMER, PARTITION_ONLY, 'd');
        end = first;
        key_time(&end, room->work.now_ms + 1);
        struct str key, value, ref = STR_EMPTY;
        int64_t due_ms = 0;
        uint8_t kind;
        struct store_cursor *cursor = store_scan(room_reader(room), key_str(&first), key_str(&end), STORE_UP);
        if (store_cursor_next(cursor, &key, &value)) {
            key = str_from_offset(key, KEY_HEAD_BYTES);
            assert_true(key_read_time(&key, &due_ms) && key_read_u8(&key, &kind));
            ref = arena_copy(&room->arena, key);
        }
        assert_int_equal(store_cursor_close(&cursor), ERR_OK);
        if (str_empty(ref))
            return;
        timer_remove(&room->work, due_ms, TIMER_LOGS, ref);
        assert_true(logs_due(room->logs, &room->work, ref));
        room_commit(room);
    }
}

/* ---- reads ---- */

static const struct model *sorting;
static int model_compare(const void *a, const void *b)
{
    size_t x = *(const size_t *)a, y = *(const size_t *)b;
    const struct model_event *p = &sorting->events[x], *q = &sorting->events[y];
    if (p->timestamp_ms != q->timestamp_ms)
        return p->timestamp_ms < q->timestamp_ms ? -1 : 1;
    return x < y ? -1 : x > y;
}

/* Shown events by place; stream STREAMS: of all. */
static size_t model_list(const struct model *model, unsigned stream, int64_t first_ms, int64_t end_ms,
                         const char *needle, size_t *ret)
{
    size_t count = 0;
    for (size_t i = 0; i < model->count; i++) {
        const struct model_event *event = &model->events[i];
        if (is_shown(model, event) && (stream == STREAMS || event->stream == stream) &&
            event->timestamp_ms >= first_ms && event->timestamp_ms < end_ms &&
            (!needle || strstr(event->message, needle)))
            ret[count++] = i;
    }
    sorting = model;
    qsort(ret, count, sizeof(*ret), model_compare);
    return count;
}

static size_t listed[MODEL_MAX];

static void check_scan(struct model *model, unsigned stream, const char *needle,
                       enum store_direction direction, struct logs_scanner *scanner)
{
    struct room *room = model->room;
    struct logs_group group = room_group(room);
    int64_t first_ms = room->work.now_ms - (int64_t)random_below(model, 20 * (uint64_t)DAY_MS);
    int64_t end_ms = first_ms + (int64_t)random_below(model, 25 * (uint64_t)DAY_MS);
    if (random_below(model, 2)) {
        first_ms = INT64_MIN;
        end_ms = INT64_MAX;
    }
    struct str needles[] = { str_from(needle ? needle : "") }, name = str_from(stream_name(stream));
    struct logs_scan_query query = { .first = { first_ms, 0 },
                                     .end = { end_ms, 0 },
                                     .direction = direction,
                                     .streams = &name,
                                     .stream_count = stream < STREAMS,
                                     .needles = needles,
                                     .needle_count = needle ? 1 : 0,
                                     .now_ms = room->work.now_ms,
                                     .scanner = scanner };
    struct logs_scan *scan;
    size_t count = model_list(model, stream, first_ms, end_ms, needle, listed), at = 0;
    if (!logs_scan_open(room->snapshot, &room->arena, &group, &query, &scan, &room->fault)) {
        assert_int_equal(room->fault.code, FAULT_NOT_FOUND);
        assert_true(stream < STREAMS && count == 0);
        room->fault = (struct fault){ 0 };
        return;
    }
    struct logs_scanned scanned;
    while (logs_scan_next(scan, &scanned)) {
        if (needle && str_find(scanned.message, needles[0]) == STR_NOT_FOUND)
            continue;
        assert_true(at < count);
        const struct model_event *event = &model->events[listed[direction == STORE_UP ? at : count - 1 - at]];
        assert_int_equal(scanned.at.timestamp_ms, event->timestamp_ms);
        assert_str(scanned.message, event->message);
        assert_str(scanned.stream, stream_name(event->stream));
        at++;
    }
    assert_int_equal(logs_scan_close(&scan), ERR_OK);
    assert_int_equal(at, count);
}

/* Pages of both directions, of random sizes. */
static void check_get(struct model *model, unsigned stream, bool from_head)
{
    struct room *room = model->room;
    struct logs_group group = room_group(room);
    size_t count = model_list(model, stream, INT64_MIN, INT64_MAX, NULL, listed), at = 0;
    struct str token = STR_EMPTY;
    for (;;) {
        struct logs_get_query query = { .stream = str_from(stream_name(stream)),
                                        .from_head = from_head,
                                        .token = token,
                                        .limit = 1 + random_below(model, 20) };
        struct logs_get_page page;
        if (!logs_get(room->snapshot, &room->arena, &group, room->work.now_ms, &query, &page, &room->fault)) {
            assert_int_equal(room->fault.code, FAULT_NOT_FOUND);
            assert_int_equal(count, 0);
            room->fault = (struct fault){ 0 };
            return;
        }
        for (size_t i = 0; i < page.count; i++) {
            size_t n = from_head ? at + i : count - at - page.count + i;
            assert_true(n < count);
            assert_int_equal(page.events[i].timestamp_ms, model->events[listed[n]].timestamp_ms);
            assert_str(page.events[i].message, model->events[listed[n]].message);
        }
        at += page.count;
        token = from_head ? page.forward : page.backward;
        if (page.count == 0)
            break;
    }
    assert_int_equal(at, count);
}

static void check_filter(struct model *model, const char *pattern, const char *needle)
{
    struct room *room = model->room;
    struct logs_group group = room_group(room);
    size_t count = model_list(model, STREAMS, INT64_MIN, INT64_MAX, needle, listed), at = 0;
    struct logs_filter_query query = { .pattern = str_from(pattern) };
    for (bool more = true; more;) {
        struct logs_filter_page page;
        query.limit = 1 + random_below(model, 300);
        assert_true(logs_filter(room->snapshot, &room->arena, &group, room->work.now_ms, &query, &page,
                                &room->fault));
        for (size_t i = 0; i < page.count; i++, at++) {
            assert_true(at < count);
            assert_str(page.events[i].message, model->events[listed[at]].message);
        }
        more = page.more;
        query.after = page.after;
    }
    assert_int_equal(at, count);
}

/* Parts put together are the whole. */
static void check_cuts(struct model *model)
{
    struct room *room = model->room;
    struct logs_group group = room_group(room);
    struct logs_position cuts[8], from = logs_position_first;
    size_t parts = 2 + random_below(model, 6);
    size_t cut_count = logs_scan_cut(room->snapshot, &room->arena, &group, logs_position_first,
                                     logs_position_last, parts, cuts);
    assert_true(cut_count < parts);
    size_t count = model_list(model, STREAMS, INT64_MIN, INT64_MAX, NULL, listed), at = 0;
    for (size_t i = 0; i <= cut_count; i++) {
        struct logs_scan_query query = { .first = from,
                                         .end = i < cut_count ? cuts[i] : logs_position_last,
                                         .now_ms = room->work.now_ms };
        struct logs_scan *scan;
        struct logs_scanned scanned;
        assert_true(logs_position_compare(query.first, query.end) < 0);
        assert_true(logs_scan_open(room->snapshot, &room->arena, &group, &query, &scan, &room->fault));
        for (; logs_scan_next(scan, &scanned); at++)
            assert_str(scanned.message, model->events[listed[at]].message);
        assert_int_equal(logs_scan_close(&scan), ERR_OK);
        from = query.end;
    }
    assert_int_equal(at, count);
}

/* Each stream of which an event is shown is listed once, and in order; no deleted one is. */
static void check_list(struct model *model, bool by_last_event, bool descending)
{
    struct room *room = model->room;
    struct logs_group group = room_group(room);
    bool seen[STREAMS] = { false };
    struct logs_stream_query query = { .by_last_event = by_last_event, .descending = descending };
    int64_t before = descending ? INT64_MAX : INT64_MIN;
    for (bool more = true; more;) {
        struct logs_stream_page page;
        query.limit = 1 + random_below(model, 4);
        assert_true(logs_stream_list(room->snapshot, &room->arena, &group, &query, &page, &room->fault));
        for (size_t i = 0; i < page.count; i++) {
            unsigned stream = (unsigned)(page.streams[i].name.ptr[4] - '0') * 10 +
                              (unsigned)(page.streams[i].name.ptr[5] - '0');
            assert_true(stream < STREAMS && !seen[stream] && model->exists[stream]);
            seen[stream] = true;
            int64_t last_ms = page.streams[i].has_events ? page.streams[i].last_ms : INT64_MIN;
            if (by_last_event)
                assert_true(descending ? last_ms <= before : last_ms >= before);
            before = last_ms;
            size_t count = model_list(model, stream, INT64_MIN, INT64_MAX, NULL, listed);
            if (count) {
                assert_true(page.streams[i].has_events);
                assert_true(page.streams[i].first_ms <= model->events[listed[0]].timestamp_ms);
                assert_true(last_ms >= model->events[listed[count - 1]].timestamp_ms);
            }
        }
        more = page.more;
        query.after = page.after;
    }
    for (unsigned stream = 0; stream < STREAMS; stream++)
        assert_true(seen[stream] || model_list(model, stream, INT64_MIN, INT64_MAX, NULL, listed) == 0);
}

static void check_bytes(struct model *model)
{
    struct room *room = model->room;
    struct logs_group_query query = { .prefix = GROUP };
    struct logs_group_page page;
    assert_true(logs_group_list(room->snapshot, &room->arena, room->ns, &query, &page, &room->fault));
    uint64_t bytes = 0;
    for (size_t i = 0; i < model->count; i++)
        if (is_shown(model, &model->events[i]))
            bytes += strlen(model->events[i].message) + LOGS_EVENT_OVERHEAD_BYTES;
    /* What is past and not swept yet still counts; nothing else does when no stream is being deleted. */
    assert_true(page.groups[0].stored_bytes >= bytes || room_count_keys(room, LOGS_DELETED));
    if (!model->days && !room_count_keys(room, LOGS_DELETED))
        assert_int_equal(page.groups[0].stored_bytes, bytes);
}

static void no_finding(void *self, const char *text)
{
    (void)self;
    fail_msg("%s", text);
}

static void check(struct model *model, struct logs_scanner *scanner)
{
    logs_check(room_reader(model->room), no_finding, NULL);
    static const char *const needles[] = { NULL, "rare needle", "w17", "n1", "absent", "w3 plain" };
    for (size_t i = 0; i < sizeof(needles) / sizeof(needles[0]); i++) {
        check_scan(model, STREAMS, needles[i], STORE_UP, random_below(model, 2) ? scanner : NULL);
        check_scan(model, STREAMS, needles[i], STORE_DOWN, random_below(model, 2) ? scanner : NULL);
    }
    for (unsigned stream = 0; stream < STREAMS; stream++) {
        check_scan(model, stream, random_below(model, 2) ? "w1" : NULL, STORE_UP, NULL);
        check_scan(model, stream, random_below(model, 2) ? "w1" : NULL, STORE_DOWN, NULL);
        check_get(model, stream, random_below(model, 2));
    }
    check_filter(model, "", NULL);
    check_filter(model, "\"rare needle\"", "rare needle");
    check_cuts(model);
    for (int by = 0; by < 4; by++)
        check_list(model, by & 1, by & 2);
    check_bytes(model);
    arena_reset(&model->room->arena);
}

static void run_model(struct room *room, uint64_t seed, struct logs_scanner *scanner)
{
    struct model *model = calloc(1, sizeof(*model));
    assert_non_null(model);
    model->room = room;
    model->random = seed * 2654435761u + 88172645463325252u;
    model->late_days = 1 + (unsigned)random_below(model, 12);
    for (int step = 0; step < 220; step++) {
        uint64_t what = random_below(model, 100);
        if (what < 70)
            model_put(model);
        else if (what < 72)
            model_delete(model);
        else if (what < 82)
            (void)room_pack(room, LOGS_PACK_RUNS, 100 + random_below(model, 6000), false);
        else if (what < 86)
            (void)room_pack(room, LOGS_PACK_BLOCKS, 0, random_below(model, 2));
        else if (what < 92)
            model_timers(model, 1 + (unsigned)random_below(model, 4));
        else if (what < 97)
            room->work.now_ms += (int64_t)random_below(model, 6 * 3600000);
        room_commit(room);
        if (step == 120 && seed % 2) {
            model->days = 5;
            assert_true(logs_retention_put(room->logs, &room->work, room->ns, GROUP, 5, &room->fault));
            room_commit(room);
        }
        if (step % 20 == 19)
            check(model, scanner);
    }
    /* To its end: all swept, packed, and written anew. */
    while (room_pack(room, LOGS_PACK_RUNS, 1 << 20, false)) {
    }
    assert_int_equal(room_count_events(room, true) + room_count_events(room, false), 0);
    check(model, scanner);
    model_timers(model, 500);
    while (room_pack(room, LOGS_PACK_BLOCKS, 0, true) || room_pack(room, LOGS_PACK_BLOCKS, 0, false)) {
    }
    check(model, scanner);
    free(model);
}

static void test_model(void **state)
{
    (void)state;
    const char *text = getenv("CREMA_PACK_ROUNDS");
    unsigned rounds = text ? (unsigned)atoi(text) : 6;
    struct logs_scanner *scanner;
    struct diag diag;
    assert_int_equal(logs_scanner_open(&(struct logs_scanner_settings){ .threads = 2 }, &scanner, &diag),
                     ERR_OK);
    for (unsigned round = 0; round < rounds; round++) {
        void *room = NULL;
        assert_int_equal(room_open(&room), 0);
        run_model(room, round + 1, scanner);
        (void)room_close(&room);
    }
    logs_scanner_close(&scanner);
}

/* ---- blocks of many chunks ---- */

static void put_many(struct room *room, unsigned count)
{
    char message[600], name[32];
    memset(message, 'x', sizeof(message));
    for (unsigned i = 0; i < count; i++) {
        (void)snprintf(name, sizeof(name), "own/%u", i);
        (void)snprintf(message, 40, "event %08u of many", i);
        message[strlen(message)] = ' ';
        assert_true(logs_append_new(room->logs, &room->work, room->ns, GROUP, str_from(name), START_MS + i,
                                    str_of(message, sizeof(message)), &room->fault));
        if (i % 500 == 499)
            room_commit(room);
    }
    room_commit(room);
}

static size_t scan_count(struct room *room, const char *needle, bool *ret_corrupt)
{
    struct logs_group group = room_group(room);
    struct str needles[] = { str_from(needle) };
    struct logs_scan_query query = { .first = logs_position_first,
                                     .end = logs_position_last,
                                     .needles = needles,
                                     .needle_count = needle[0] != 0,
                                     .now_ms = room->work.now_ms };
    struct logs_scan *scan;
    struct logs_scanned scanned;
    size_t count = 0;
    assert_true(logs_scan_open(room->snapshot, &room->arena, &group, &query, &scan, &room->fault));
    while (logs_scan_next(scan, &scanned))
        count += str_find(scanned.message, needles[0]) != STR_NOT_FOUND;
    enum err err = logs_scan_close(&scan);
    assert_true(err == ERR_OK || err == ERR_CORRUPT);
    *ret_corrupt = err == ERR_CORRUPT;
    return count;
}

enum { MANY = 6000 };

static void test_many_chunks(void **state)
{
    struct room *room = *state;
    bool corrupt;
    put_many(room, MANY);
    while (room_pack(room, LOGS_PACK_RUNS, 2 << 20, false)) {
    }
    size_t blocks = room_count_keys(room, LOGS_HEAD);
    assert_true(blocks >= 4 && blocks <= 6);
    assert_int_equal(scan_count(room, "", &corrupt), MANY);
    assert_int_equal(scan_count(room, "event 00004321", &corrupt), 1);
    /* A needle that ends one message and begins the next stands in none. */
    assert_int_equal(scan_count(room, "xevent", &corrupt), 0);
    struct logs_group group = room_group(room);
    for (unsigned i = 0; i < MANY; i += 97) {
        char name[32];
        struct logs_get_page page;
        (void)snprintf(name, sizeof(name), "own/%u", i);
        assert_true(logs_get(room->snapshot, &room->arena, &group, room->work.now_ms,
                             &(struct logs_get_query){ .stream = str_from(name) }, &page, &room->fault));
        assert_int_equal(page.count, 1);
        assert_int_equal(page.events[0].timestamp_ms, START_MS + i);
    }
    /* Expired by half: blocks go whole, a chunk's streams a batch, and what is left is as it was. */
    assert_true(logs_retention_put(room->logs, &room->work, room->ns, GROUP, 1, &room->fault));
    room_commit(room);
    room->work.now_ms = START_MS + DAY_MS + MANY / 2;
    assert_int_equal(scan_count(room, "", &corrupt), MANY / 2);
    for (int slices = 0; slices < 100; slices++) {
        assert_true(
            logs_due(room->logs, &room->work, logs_ref(&(struct key){ 0 }, LOGS_REF_GROUP, group.id)));
        room_commit(room);
        assert_int_equal(scan_count(room, "", &corrupt), MANY / 2);
        logs_check(room_reader(room), no_finding, NULL);
    }
    size_t left = room_count_keys(room, LOGS_HEAD);
    assert_true(left < blocks && left >= blocks / 2);
    assert_true(room_count_keys(room, LOGS_STREAM) < MANY - 1500);
    assert_int_equal(room_count_keys(room, LOGS_HEAD), room_count_keys(room, LOGS_BODY));
}

static unsigned findings;
static void count_finding(void *self, const char *text)
{
    (void)self;
    (void)text;
    findings++;
}

/* One byte of a value changed: said by check, and by whoever reads it; never another answer. */
static void test_damage(void **state)
{
    struct room *room = *state;
    static const enum logs_part parts[] = { LOGS_HEAD, LOGS_GRAMS, LOGS_BODY, LOGS_RUN };
    bool corrupt;
    put_many(room, 3000);
    assert_true(room_pack(room, LOGS_PACK_RUNS, 1 << 20, false));
    for (unsigned i = 0; i < 40; i++) {
        struct logs_group group = room_group(room);
        struct key first, end;
        struct str key, value;
        enum logs_part part = parts[i % 4];
        logs_key_part(&first, &group, part);
        key_after_prefix(key_str(&first), &end);
        struct store_cursor *cursor = store_scan(room->snapshot, key_str(&first), key_str(&end), STORE_UP);
        assert_true(store_cursor_next(cursor, &key, &value));
        key = arena_copy(&room->arena, key);
        struct str sound = arena_copy(&room->arena, value), damaged = arena_copy(&room->arena, value);
        assert_int_equal(store_cursor_close(&cursor), ERR_OK);
        size_t at =
            part == LOGS_RUN ? 18 : (size_t)i * 7919 % damaged.len; /* a message has no sum of its own */
        ((char *)(uintptr_t)damaged.ptr)[at] ^= (char)(1 + i % 255);
        store_put(room->work.batch, key, damaged);
        room_commit(room);
        findings = 0;
        logs_check(room_reader(room), count_finding, NULL);
        assert_true(findings > 0);
        size_t count = scan_count(room, part == LOGS_GRAMS ? "event 0000" : "", &corrupt);
        assert_true(corrupt && count < 3000);
        store_put(room->work.batch, key, sound);
        room_commit(room);
        assert_int_equal(scan_count(room, "", &corrupt), 3000);
    }
}

/* ---- what changes between reading and swapping ---- */

static struct logs_pack *pack_read(struct room *room, enum logs_pack_kind kind)
{
    struct logs_pack *pack = calloc(1, sizeof(*pack));
    assert_non_null(pack);
    pack->kind = kind;
    pack->group = room_group(room);
    pack->bytes_max = UINT64_MAX;
    pack->region = (struct logs_span){ logs_position_first, { INT64_MAX, UINT64_MAX - 1 } };
    logs_pack_read(pack, room->snapshot);
    assert_int_equal(pack->err, ERR_OK);
    assert_true(pack->sources.len > 0);
    return pack;
}

/* Whether it was swapped. */
static bool pack_apply(struct room *room, struct logs_pack *pack)
{
    struct logs_held *held;
    assert_true(logs_hold(room->logs, &room->work, room->ns, GROUP, &held, &room->fault));
    size_t mark = store_batch_mark(room->work.batch);
    bool applied = logs_pack_apply(pack, room->logs, &room->work, held);
    if (!applied)
        assert_int_equal(store_batch_mark(room->work.batch), mark); /* it wrote nothing */
    room_commit(room);
    logs_pack_fini(pack);
    free(pack);
    logs_check(room_reader(room), no_finding, NULL);
    return applied;
}

static void test_changed_meanwhile(void **state)
{
    struct room *room = *state;
    bool corrupt;
    room_append(room, "one", START_MS, "one");
    room_append(room, "two", START_MS + 10, "two");
    room_append(room, "two", START_MS + 20, "two again");
    room_commit(room);
    /* A run that was read is deleted: nothing is swapped, and it does not come back. */
    struct logs_pack *pack = pack_read(room, LOGS_PACK_RUNS);
    assert_true(logs_stream_delete(room->logs, &room->work, room->ns, GROUP, STR("one"), &room->fault));
    room_commit(room);
    pack->removed = true;
    assert_false(pack_apply(room, pack));
    assert_int_equal(scan_count(room, "", &corrupt), 2);
    /* Something else was deleted: what was read is looked for, and packed. */
    pack = pack_read(room, LOGS_PACK_RUNS);
    pack->removed = true;
    assert_true(pack_apply(room, pack));
    assert_int_equal(room_count_keys(room, LOGS_RUN), 0);
    assert_int_equal(scan_count(room, "", &corrupt), 2);
    /* A run comes among those that were read, and stays. */
    room_append(room, "three", START_MS + 5, "three");
    room_append(room, "four", START_MS + 15, "four");
    room_commit(room);
    pack = pack_read(room, LOGS_PACK_RUNS);
    room_append(room, "late", START_MS + 7, "late");
    room_commit(room);
    pack->came[0] = true;
    pack->low[0] = (struct logs_position){ START_MS + 7, 1 };
    assert_true(pack_apply(room, pack));
    assert_int_equal(room_count_keys(room, LOGS_RUN), 1);
    assert_int_equal(scan_count(room, "", &corrupt), 5);
    /* Of a block that was read an event is deleted: it is not written anew as it was. */
    for (int i = 0; i < LOGS_MERGE_BLOCKS; i++) {
        char name[16];
        (void)snprintf(name, sizeof(name), "small%d", i);
        room_append(room, name, START_MS + 1000 * (i + 1), "small");
        room_commit(room);
        assert_true(room_pack(room, LOGS_PACK_RUNS, UINT64_MAX, false));
    }
    pack = pack_read(room, LOGS_PACK_BLOCKS);
    assert_int_equal(pack->sources.len, LOGS_MERGE_BLOCKS);
    assert_true(logs_stream_delete(room->logs, &room->work, room->ns, GROUP, STR("small3"), &room->fault));
    room_commit(room);
    assert_false(pack_apply(room, pack));
    assert_int_equal(scan_count(room, "", &corrupt), 5 + LOGS_MERGE_BLOCKS - 1);
    /* The group goes, and is made again: what was read of the old one is nobody's. */
    pack = pack_read(room, LOGS_PACK_BLOCKS);
    assert_true(logs_group_delete(room->logs, &room->work, room->ns, GROUP, &room->fault));
    room_commit(room);
    assert_true(
        logs_group_create(room->logs, &room->work, room->ns, GROUP, LOGS_CLASS_STANDARD, &room->fault));
    room_commit(room);
    assert_false(pack_apply(room, pack));
    assert_int_equal(scan_count(room, "", &corrupt), 0);
}

#define ROOM_TEST(test) cmocka_unit_test_setup_teardown(test, room_open, room_close)

/* ---- what the writer notes while one is under way ---- */

/* Keeps the scanner's only thread until the scanner is closed; one task may wait meanwhile. */
struct gate {
    struct logs_task task; /* first */
    struct logs_task another;
    struct logs_scanner *scanner;
    atomic_bool begun, full;
};

static void gate_run(struct logs_task *task)
{
    struct gate *gate = (struct gate *)task;
    atomic_store(&gate->begun, true);
    while (!atomic_load(&gate->full) || logs_scanner_submit(gate->scanner, &gate->another) != ERR_CLOSED)
        thread_sleep_ms(1);
}

static void gate_dropped(struct logs_task *task)
{
    (void)task;
}

static void test_writer_notes(void **state)
{
    struct room *room = *state;
    struct logs_scanner *scanner;
    struct diag diag;
    struct gate gate = { .task = { .urgent = true, .run = gate_run, .dropped = gate_dropped } };
    struct logs_scanner_settings settings = { .threads = 1, .tasks_max = 1 };
    gate.another = gate.task;
    assert_int_equal(logs_scanner_open(&settings, &scanner, &diag), ERR_OK);
    gate.scanner = scanner;
    assert_int_equal(logs_scanner_submit(scanner, &gate.task), ERR_OK);
    while (!atomic_load(&gate.begun))
        thread_sleep_ms(1);
    logs_pack_start(room->logs, &(struct logs_pack_settings){ .scanner = scanner });
    room_append(room, "one", START_MS, "one");
    room_append(room, "two", START_MS + 1, "two");
    uint64_t id = room_group(room).id;
    logs_pack_due(room->logs, &room->work, id);
    room_commit(room);
    logs_after_commit(room->logs);
    const struct logs_pack *pack = logs_pack_under_way(room->logs, id);
    assert_non_null(pack);
    assert_false(pack->removed);
    assert_false(pack->came[0]);
    room_append(room, "late", START_MS - 5, "late");
    assert_true(pack->came[0]);
    assert_int_equal(pack->low[0].timestamp_ms, START_MS - 5);
    assert_false(pack->removed);
    assert_true(logs_stream_delete(room->logs, &room->work, room->ns, GROUP, STR("one"), &room->fault));
    assert_true(pack->removed);
    room_commit(room);
    atomic_store(&gate.full, true);
    logs_scanner_close(&scanner); /* the pack is dropped, unread */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_model),      ROOM_TEST(test_many_chunks),  ROOM_TEST(test_damage),
        ROOM_TEST(test_changed_meanwhile), ROOM_TEST(test_writer_notes),
    };
    return cmocka_run_group_tests_name("logs-pack", tests, NULL, NULL);
}
