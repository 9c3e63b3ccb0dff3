#include "deliver/deliver_impl.h"
#include "deliver/deliver_key.h"
#include "deliver/deliver_retry.h"
#include "io/rand.h"

#include <assert.h>
#include <stdlib.h>

enum { ATTEMPTS_ALL_MAX = 1000000 };

/* ---- life ---- */

enum err deliver_open(const struct deliver_settings *settings, struct deliver **ret)
{
    struct deliver_settings s = settings ? *settings : (struct deliver_settings){ 0 };
    s.command_max = s.command_max ? s.command_max : 1000;
    s.attempts_max = s.attempts_max ? s.attempts_max : 186;
    s.age_max_ms = s.age_max_ms ? s.age_max_ms : 24 * 60 * 60 * (int64_t)1000;
    s.retry_first_ms = s.retry_first_ms ? s.retry_first_ms : 1000;
    s.retry_most_ms = s.retry_most_ms ? s.retry_most_ms : 300000;
    s.posts_max = s.posts_max ? s.posts_max : 256;
    if (s.age_max_ms < 0 || s.retry_first_ms < 0 || s.retry_most_ms < s.retry_first_ms ||
        s.attempts_max > ATTEMPTS_ALL_MAX)
        return ERR_INVALID;
    struct deliver *deliver = calloc(1, sizeof(*deliver));
    if (!deliver)
        abort();
    deliver->settings = s;
    *ret = deliver;
    return ERR_OK;
}

void deliver_close(struct deliver **deliver)
{
    if (!*deliver)
        return;
    deliver_post_close(*deliver);
    free(*deliver);
    *deliver = NULL;
}

static const struct target *target_find(const struct deliver *deliver, struct str kind)
{
    for (size_t i = 0; i < deliver->target_count; i++)
        if (str_eq(str_from(deliver->targets[i].kind->name), kind))
            return &deliver->targets[i];
    return NULL;
}

void deliver_add_target(struct deliver *deliver, const struct target_kind *kind, void *self)
{
    assert(deliver->target_count < TARGETS_MAX && !target_find(deliver, str_from(kind->name)));
    assert(!kind->send != !kind->post);
    deliver->targets[deliver->target_count++] = (struct target){ kind, self };
}

void deliver_on_done(struct deliver *deliver, enum delivery_owner owner, delivery_done_f *done, void *self)
{
    assert(owner > 0 && owner < DELIVERY_OWNERS && !deliver->owners[owner].done);
    deliver->owners[owner].done = done;
    deliver->owners[owner].self = self;
}

void deliver_on_retry(struct deliver *deliver, enum delivery_owner owner, delivery_done_f *retry, void *self)
{
    assert(owner > 0 && owner < DELIVERY_OWNERS && !deliver->owners[owner].retry);
    deliver->owners[owner].retry = retry;
    deliver->owners[owner].retry_self = self;
}

void deliver_on_wanted(struct deliver *deliver, enum delivery_owner owner, delivery_wanted_f *wanted,
                       void *self)
{
    assert(owner > 0 && owner < DELIVERY_OWNERS && !deliver->owners[owner].wanted);
    deliver->owners[owner].wanted = wanted;
    deliver->owners[owner].wanted_self = self;
}

void deliver_on_rollback(struct deliver *deliver, deliver_rolled_back_f *rolled_back, void *self)
{
    assert(deliver->room_count < ROLLED_BACK_MAX);
    deliver->rooms[deliver->room_count].rolled_back = rolled_back;
    deliver->rooms[deliver->room_count++].self = self;
}

bool deliver_knows(const struct deliver *deliver, struct str kind)
{
    return target_find(deliver, kind) != NULL;
}

/* ---- the due list ---- */

/* Copies all texts in one piece: this is done for every delivery of every event. */
void delivery_copy(struct arena *arena, struct delivery *d)
{
    struct str *texts[] = { &d->owner_ref, &d->ns.account, &d->ns.region, &d->resource,
                            &d->payload,   &d->event_id,   &d->source_arn };
    enum { TEXTS = sizeof(texts) / sizeof(texts[0]) };
    size_t len = 0;
    for (size_t i = 0; i < TEXTS; i++)
        len += texts[i]->len;
    char *at = arena_bytes(arena, len);
    for (size_t i = 0; i < TEXTS; i++) {
        if (texts[i]->len)
            memcpy(at, texts[i]->ptr, texts[i]->len);
        texts[i]->ptr = at;
        at += texts[i]->len;
    }
}

static void due_clear(struct deliver *deliver)
{
    deliver->due.at = NULL;
    deliver->due.len = deliver->due.cap = 0;
    deliver->next = 0;
    deliver->now = (struct deliver_stats){ 0 };
}

void deliver_due_begin(struct deliver *deliver, const struct work *work)
{
    if (deliver->command == work->number)
        return;
    due_clear(deliver);
    deliver->command = work->number;
}

void deliver_add(struct deliver *deliver, struct work *work, const struct delivery *delivery)
{
    assert(delivery->owner > 0 && delivery->owner < DELIVERY_OWNERS);
    deliver_due_begin(deliver, work);
    struct due due = { .delivery = *delivery, .target = target_find(deliver, delivery->kind) };
    assert(due.target); /* rooms ask deliver_knows before they accept a target */
    due.delivery.kind = str_from(due.target->kind->name);
    due.delivery.id = 0;
    due.delivery.attempts = 0;
    due.delivery.created_ms = work->now_ms;
    delivery_copy(work->arena, &due.delivery);
    VEC_PUSH(work->arena, &deliver->due, due);
}

void deliver_due_push(struct deliver *deliver, struct work *work, const struct delivery *d)
{
    struct due due = { .delivery = *d, .target = target_find(deliver, d->kind) };
    VEC_PUSH(work->arena, &deliver->due, due);
}

/* ---- records ---- */

static void delivery_store(struct deliver *deliver, struct work *work, struct delivery *d, int64_t due_ms)
{
    if (d->id == 0)
        d->id = store_next_id(work->batch, work->partition, STR("delivery"));
    struct key key;
    deliver_key(&key, work->partition, DELIVER_WAITING, d->id);
    store_put(work->batch, key_str(&key), deliver_record_write(work->arena, d));
    char ref[DELIVER_REF_BYTES];
    deliver_ref_write(d->id, ref);
    timer_add(work, due_ms, TIMER_DELIVER, str_of(ref, sizeof(ref)));
    deliver->now.stored++;
}

bool deliver_due(void *self, struct work *work, struct str ref)
{
    struct deliver *deliver = self;
    struct delivery d = { 0 };
    uint64_t id;
    deliver_due_begin(deliver, work);
    if (!deliver_ref_read(ref, &id)) {
        atomic_fetch_add_explicit(&deliver->damaged, 1, memory_order_relaxed);
        return true;
    }
    struct key key;
    deliver_key(&key, work->partition, DELIVER_WAITING, id);
    struct str value;
    enum err err = store_get(work->reader, work->arena, key_str(&key), &value);
    if (err == ERR_NOTFOUND)
        return true;
    if (err == ERR_IO) { /* the record is there; look again when the disk may answer */
        timer_add(work, work->now_ms + deliver->settings.retry_most_ms, TIMER_DELIVER, ref);
        return true;
    }
    if (err || !deliver_record_read(value, &d)) {
        atomic_fetch_add_explicit(&deliver->damaged, 1, memory_order_relaxed);
        return true;
    }
    d.id = id;
    store_delete(work->batch, key_str(&key));
    deliver_due_push(deliver, work, &d);
    return true;
}

/* ---- carrying ---- */

static void send_rollback(struct deliver *deliver, struct work *work, size_t mark, size_t due_len)
{
    deliver->due.len = due_len;
    if (store_batch_mark(work->batch) == mark)
        return;
    store_batch_rollback(work->batch, mark);
    for (size_t i = 0; i < deliver->room_count; i++)
        deliver->rooms[i].rolled_back(deliver->rooms[i].self);
}

static void delivery_end(struct deliver *deliver, struct work *work, const struct delivery *d,
                         const struct delivery_result *result)
{
    if (result->outcome == OUTCOME_DELIVERED)
        deliver->now.delivered++;
    else
        deliver->now.rejected++;
    if (d->owner < DELIVERY_OWNERS && deliver->owners[d->owner].done)
        deliver->owners[d->owner].done(deliver->owners[d->owner].self, work, d, result);
}

void deliver_settle(struct deliver *deliver, struct work *work, struct delivery *d,
                    struct delivery_result *result)
{
    if (result->outcome == OUTCOME_RETRY) {
        int64_t due_ms;
        if (deliver_retry_next(&deliver->settings, d, d->attempts, work->now_ms, rand_u64(), &due_ms)) {
            deliver->now.retried++;
            delivery_store(deliver, work, d, due_ms);
            if (d->owner < DELIVERY_OWNERS && deliver->owners[d->owner].retry)
                deliver->owners[d->owner].retry(deliver->owners[d->owner].retry_self, work, d, result);
            return;
        }
        result->outcome = OUTCOME_REJECTED;
    }
    delivery_end(deliver, work, d, result);
}

static void delivery_carry(struct deliver *deliver, struct work *work, const struct due *due)
{
    struct delivery d = due->delivery;
    struct delivery_result result = { .outcome = OUTCOME_REJECTED };
    if (due->target && due->target->kind->post) {
        deliver_post_carry(deliver, work, due);
        return;
    }
    if (due->target) {
        size_t mark = store_batch_mark(work->batch), due_len = deliver->due.len;
        due->target->kind->send(due->target->self, work, &d, &result);
        if (result.outcome != OUTCOME_DELIVERED)
            send_rollback(deliver, work, mark, due_len);
    } else {
        result.error = STR("UnknownTargetKind");
        result.cause =
            arena_printf(work->arena, "This server has no kind of target named \"%.*s\".", STR_ARG(d.kind));
    }
    d.attempts++;
    deliver_settle(deliver, work, &d, &result);
}

void deliver_after_run(void *self, struct work *work)
{
    struct deliver *deliver = self;
    deliver_due_begin(deliver, work);
    const struct deliver_stats *told = &deliver->now; /* by deliver_settle */
    if (deliver->due.len == 0 && !(told->delivered | told->rejected | told->retried | told->stored))
        return;
    for (unsigned carried = 0; deliver->next < deliver->due.len; carried++) {
        struct due due = deliver->due.at[deliver->next++]; /* a copy: the list may move while it is carried */
        if (carried < deliver->settings.command_max)
            delivery_carry(deliver, work, &due);
        else
            delivery_store(deliver, work, &due.delivery, work->now_ms);
    }
    struct deliver_stats now = deliver->now;
    due_clear(deliver);
    atomic_fetch_add_explicit(&deliver->delivered, now.delivered, memory_order_relaxed);
    atomic_fetch_add_explicit(&deliver->rejected, now.rejected, memory_order_relaxed);
    atomic_fetch_add_explicit(&deliver->retried, now.retried, memory_order_relaxed);
    atomic_fetch_add_explicit(&deliver->stored, now.stored, memory_order_relaxed);
}

void deliver_after_rollback(void *self)
{
    struct deliver *deliver = self;
    due_clear(deliver);
    deliver->queue_empty = false;
    deliver->queue_low = 0;
}

void deliver_stats(const struct deliver *deliver, struct deliver_stats *ret)
{
    *ret = (struct deliver_stats){
        .delivered = atomic_load_explicit(&deliver->delivered, memory_order_relaxed),
        .rejected = atomic_load_explicit(&deliver->rejected, memory_order_relaxed),
        .retried = atomic_load_explicit(&deliver->retried, memory_order_relaxed),
        .stored = atomic_load_explicit(&deliver->stored, memory_order_relaxed),
        .under_way = atomic_load_explicit(&deliver->places, memory_order_relaxed),
        .damaged = atomic_load_explicit(&deliver->damaged, memory_order_relaxed),
    };
}
