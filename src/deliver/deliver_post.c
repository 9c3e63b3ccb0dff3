/* Attempts that take time: those that go outside the server, and those of kinds that lie inside, which take no place.
 *
 *   carried --> a place is free: record 'p' --commit--> post --ends--> a command: settled, record gone
 *               none is:         record 'q' --an attempt ends--> carried
 *
 * Truths: 1. The record is there before the attempt begins, and goes with the batch that settles it: after a
 *            crash all 'p' are carried again, and count as an attempt more.
 *         2. Places are taken and freed on the writer's thread. A place whose batch came to nothing is freed
 *            at the next commit, when its record is not found.
 *         3. What ended is kept until the writer has taken it.
 *         4. However many are under way, a commit, a beginning and an end cost the same.
 */
#include "deliver/deliver_impl.h"
#include "deliver/deliver_key.h"

#include <assert.h>
#include <limits.h>
#include <stdlib.h>

enum { RESULT_BYTES = 1024 }; /* what most results take */

struct post {
    struct delivery_post out; /* what the target has */
    struct command command;   /* settles it */
    struct deliver *deliver;
    struct post *next; /* of the starting, of the undone */
    unsigned at;       /* where it stands in posts */
    struct arena arena;
    const struct target *target;
    struct str record; /* as it is stored, to be told from another of the same id */
    struct delivery_result result;
    uint16_t partition;
    bool settling; /* its place is free already, if the batch comes true */
};

/* ---- life ---- */

static void post_free(struct post *post)
{
    arena_fini(&post->arena);
    free(post);
}

void deliver_post_close(struct deliver *deliver)
{
    for (unsigned i = 0; i < deliver->post_count; i++)
        post_free(deliver->posts[i]);
    free(deliver->posts);
}

void deliver_pause(struct deliver *deliver)
{
    atomic_store(&deliver->paused, true);
}

/* ---- places ---- */

static unsigned places_free(const struct deliver *deliver)
{
    unsigned taken = atomic_load(&deliver->places);
    return taken < deliver->settings.posts_max ? deliver->settings.posts_max - taken : 0;
}

static bool takes_place(const struct target *target)
{
    return !target->kind->inside;
}

static void place_take(struct post *post)
{
    if (takes_place(post->target))
        atomic_fetch_add(&post->deliver->places, 1);
}

static void place_leave(struct post *post)
{
    if (takes_place(post->target))
        atomic_fetch_sub(&post->deliver->places, 1);
}

static void post_add(struct deliver *deliver, struct post *post)
{
    if (deliver->post_count == deliver->post_cap) {
        deliver->post_cap = deliver->post_cap ? deliver->post_cap * 2 : 16;
        deliver->posts = realloc(deliver->posts, deliver->post_cap * sizeof(*deliver->posts));
        if (!deliver->posts)
            abort();
    }
    post->at = deliver->post_count;
    deliver->posts[deliver->post_count++] = post;
    *(deliver->starting ? &deliver->starting_last->next : &deliver->starting) = post;
    deliver->starting_last = post;
    place_take(post);
}

static void post_remove(struct deliver *deliver, struct post *post)
{
    struct post *last = deliver->posts[--deliver->post_count];
    assert(post->at <= deliver->post_count && (last == post || deliver->posts[post->at] == post));
    deliver->posts[post->at] = last;
    last->at = post->at;
    post_free(post);
}

static bool post_has(const struct deliver *deliver, uint64_t id)
{
    for (unsigned i = 0; i < deliver->post_count; i++) {
        if (deliver->posts[i]->out.delivery.id == id)
            return true;
    }
    return false;
}

/* Takes at most max deliveries with an id of at least *low out of the place, to be carried. *ret_more: there are
 * more. ERR_IO: nothing was taken. */
static enum err place_empty(struct deliver *deliver, struct work *work, enum deliver_place place,
                            uint64_t *low, unsigned max, bool *ret_more)
{
    struct key from, prefix, end;
    deliver_key(&from, work->partition, place, *low);
    deliver_key_prefix(&prefix, work->partition, place);
    key_after_prefix(key_str(&prefix), &end);
    struct store_cursor *cursor = store_scan(work->reader, key_str(&from), key_str(&end), STORE_UP);
    struct str key, value;
    VEC(struct delivery) taken = { 0 };
    uint64_t id;
    *ret_more = false;
    while (store_cursor_next(cursor, &key, &value)) {
        struct delivery d = { 0 };
        if (taken.len == max) {
            *ret_more = true;
            break;
        }
        if (!deliver_key_read(key, &id) || !deliver_record_read(arena_copy(work->arena, value), &d)) {
            atomic_fetch_add_explicit(&deliver->damaged, 1, memory_order_relaxed); /* it stays */
            continue;
        }
        d.id = id;
        if (place == DELIVER_QUEUED || !post_has(deliver, id))
            VEC_PUSH(work->arena, &taken, d);
    }
    enum err err = store_cursor_close(&cursor);
    for (size_t i = 0; i < taken.len && !err; i++) {
        struct key old;
        deliver_key(&old, work->partition, place, taken.at[i].id);
        store_delete(work->batch, key_str(&old));
        deliver_due_push(deliver, work, &taken.at[i]);
        *low = taken.at[i].id + 1;
    }
    return err;
}

/* Carries those that wait for a place, as far as there are places. */
static void queue_take(struct deliver *deliver, struct work *work, unsigned places)
{
    bool more;
    if (deliver->queue_empty || places == 0)
        return;
    if (place_empty(deliver, work, DELIVER_QUEUED, &deliver->queue_low, places, &more) == ERR_OK)
        deliver->queue_empty = !more;
}

/* ---- out ---- */

static void post_end(struct delivery_post *out, const struct delivery_result *result);
static bool post_settle(struct command *command, struct work *work);
static void post_settled(struct command *command, enum err committed);

void deliver_post_carry(struct deliver *deliver, struct work *work, const struct due *due)
{
    struct delivery d = due->delivery;
    struct key key;
    if (d.owner < DELIVERY_OWNERS && deliver->owners[d.owner].wanted &&
        !deliver->owners[d.owner].wanted(deliver->owners[d.owner].wanted_self, work, &d)) {
        queue_take(deliver, work, places_free(deliver) > 0 ? 1 : 0); /* the place is for the next */
        return;
    }
    bool place = !takes_place(due->target) || places_free(deliver) > 0;
    if (d.id == 0)
        d.id = store_next_id(work->batch, work->partition, STR("delivery"));
    if (place)
        d.attempts++;
    struct str record = deliver_record_write(work->arena, &d);
    deliver_key(&key, work->partition, place ? DELIVER_UNDER_WAY : DELIVER_QUEUED, d.id);
    store_put(work->batch, key_str(&key), record);
    if (!place) {
        deliver->queue_empty = false;
        if (d.id < deliver->queue_low)
            deliver->queue_low = d.id;
        deliver->now.stored++;
        return;
    }
    struct post *post = calloc(1, sizeof(*post));
    if (!post)
        abort();
    post->deliver = deliver;
    post->partition = work->partition;
    post->target = due->target;
    arena_init_sized(&post->arena, record.len + RESULT_BYTES);
    post->record = arena_copy(&post->arena, record);
    bool read = deliver_record_read(post->record, &post->out.delivery);
    assert(read);
    post->out.delivery.id = d.id;
    post->out.end = post_end;
    post->command = (struct command){ .run = post_settle, .done = post_settled };
    post_add(deliver, post);
}

/* It ended, and the writer has no room: after the next commit it may have. */
static void post_keep(struct post *post)
{
    struct deliver *deliver = post->deliver;
    post->next = atomic_load(&deliver->undone);
    while (!atomic_compare_exchange_weak(&deliver->undone, &post->next, post)) {
    }
}

static void post_submit(struct post *post)
{
    /* Closed: the record is what the next process finds. */
    if (writer_submit(post->deliver->writer, &post->command) == ERR_AGAIN)
        post_keep(post);
}

void deliver_after_commit(void *self)
{
    struct deliver *deliver = self;
    if (deliver->resume_again && writer_submit(deliver->writer, &deliver->resume) == ERR_OK)
        deliver->resume_again = false;
    for (struct post *post = atomic_exchange(&deliver->undone, NULL); post;) {
        struct post *next = post->next;
        post_submit(post);
        post = next;
    }
    if (!deliver->starting || atomic_load(&deliver->paused))
        return;
    struct store_reader *reader = store_snapshot(deliver->store);
    struct arena arena = { 0 };
    struct post *post = deliver->starting;
    deliver->starting = NULL; /* what a beginning leads to waits for a commit of its own */
    for (struct post *next; post; post = next) {
        struct key key;
        struct str record = STR_EMPTY;
        next = post->next;
        deliver_key(&key, post->partition, DELIVER_UNDER_WAY, post->out.delivery.id);
        if (store_get(reader, &arena, key_str(&key), &record) == ERR_OK && str_eq(record, post->record)) {
            post->target->kind->post(post->target->self, &post->out);
        } else {
            place_leave(post); /* its batch came to nothing */
            post_remove(deliver, post);
        }
    }
    arena_fini(&arena);
    store_snapshot_release(&reader);
}

/* ---- back ---- */

static void post_end(struct delivery_post *out, const struct delivery_result *result)
{
    struct post *post = (struct post *)out;
    if (!result)
        return; /* its place is freed with all others, when deliver is closed */
    post->result = (struct delivery_result){ .outcome = result->outcome,
                                             .stage = result->stage,
                                             .result = arena_copy(&post->arena, result->result),
                                             .error = arena_copy(&post->arena, result->error),
                                             .cause = arena_copy(&post->arena, result->cause) };
    if (post->target->kind->inside)
        writer_later(post->deliver->writer, &post->command, 0); /* before time goes on, where it is virtual */
    else
        post_submit(post);
}

static bool post_settle(struct command *command, struct work *work)
{
    struct post *post = (struct post *)((char *)command - offsetof(struct post, command));
    struct deliver *deliver = post->deliver;
    struct delivery d = post->out.delivery;
    struct delivery_result result = post->result;
    struct key key;
    deliver_due_begin(deliver, work);
    deliver_key(&key, work->partition, DELIVER_UNDER_WAY, d.id);
    store_delete(work->batch, key_str(&key));
    post->settling = true;
    place_leave(post);
    deliver_settle(deliver, work, &d, &result);
    queue_take(deliver, work, places_free(deliver));
    return true;
}

static void post_settled(struct command *command, enum err committed)
{
    struct post *post = (struct post *)((char *)command - offsetof(struct post, command));
    struct deliver *deliver = post->deliver;
    if (committed == ERR_OK) {
        post_remove(deliver, post);
    } else if (committed == ERR_NOSPACE) {
        if (post->settling)
            place_take(post);
        post->settling = false;
        post_keep(post);
    }
}

/* ---- start ---- */

/* What was under way in the process before is carried again, then what waited for a place. */
static bool resume_run(struct command *command, struct work *work)
{
    struct deliver *deliver = (struct deliver *)((char *)command - offsetof(struct deliver, resume));
    uint64_t low = 0;
    bool more;
    deliver_due_begin(deliver, work);
    if (place_empty(deliver, work, DELIVER_UNDER_WAY, &low, UINT_MAX, &more) != ERR_OK) {
        deliver->resume_again = true;
        return true;
    }
    unsigned free = places_free(deliver), wanted = 0;
    for (size_t i = 0; i < deliver->due.len; i++)
        wanted += deliver->due.at[i].target && takes_place(deliver->due.at[i].target);
    queue_take(deliver, work, wanted < free ? free - wanted : 0);
    return true;
}

static void resume_done(struct command *command, enum err committed)
{
    struct deliver *deliver = (struct deliver *)((char *)command - offsetof(struct deliver, resume));
    if (committed == ERR_NOSPACE)
        deliver->resume_again = true;
}

void deliver_resume(struct deliver *deliver, struct store *store, struct writer *writer)
{
    deliver->store = store;
    deliver->writer = writer;
    deliver->resume = (struct command){ .run = resume_run, .done = resume_done };
    enum err err = writer_submit(writer, &deliver->resume);
    assert(err == ERR_OK);
}
