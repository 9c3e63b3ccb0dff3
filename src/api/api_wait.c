/* Calls that wait for something to happen: long polls.
 *
 * A call is put off by its own run, waits in memory, and is run again when its topic is woken or its time is over.
 * Everything here is on the writer's thread.
 *
 * Truths: 1. A call that waits holds neither the writer nor a loop: it is an exchange without an answer.
 *         2. One wake runs one call whose client is still there, the one that waits longest.
 *         3. When the server stops, all are run, and find their time over.
 */
#include "api/api_impl.h"

#include "store/writer.h"

#include <assert.h>
#include <stdlib.h>

struct api_waits {
    struct api_wait *first, *last;
};

static void waits_leave(struct api *api, struct api_wait *wait)
{
    struct api_waits *waits = map_get(&api->waits, wait->topic);
    assert(waits);
    *(wait->previous ? &wait->previous->next : &waits->first) = wait->next;
    *(wait->next ? &wait->next->previous : &waits->last) = wait->previous;
    wait->waits = false;
    if (!waits->first)
        free(map_remove(&api->waits, wait->topic));
}

void api_wait_begin(struct api *api, struct api_wait *wait, struct str topic, int64_t until_ms)
{
    struct api_waits *waits = map_get(&api->waits, topic);
    if (!waits) {
        waits = calloc(1, sizeof(*waits));
        assert(waits);
        map_put(&api->waits, topic, waits);
    }
    wait->topic = topic;
    wait->waits = true;
    wait->woken = false;
    wait->next = NULL;
    wait->previous = waits->last;
    *(waits->last ? &waits->last->next : &waits->first) = wait;
    waits->last = wait;
    writer_later(api->rooms->writer, wait->command, api->draining ? 1 : until_ms);
}

void api_wait_end(struct api *api, struct api_wait *wait)
{
    if (!wait->waits)
        return;
    (void)writer_recall(api->rooms->writer, wait->command);
    waits_leave(api, wait);
}

void api_wake(void *self, struct str topic)
{
    struct api *api = self;
    struct api_waits *waits;
    while ((waits = map_get(&api->waits, topic))) {
        struct api_wait *wait = waits->first;
        bool gone = wait->exchange && http_gone(wait->exchange);
        (void)writer_recall(api->rooms->writer, wait->command);
        waits_leave(api, wait);
        wait->woken = true;
        writer_later(api->rooms->writer, wait->command, 0);
        if (!gone)
            return;
    }
}

/* ---- the stop ---- */

static bool drain_run(struct command *command, struct work *work)
{
    (void)command;
    (void)work;
    return true;
}

static void drain_done(struct command *command, enum err committed)
{
    struct api *api = (struct api *)((char *)command - offsetof(struct api, drain));
    struct str topic;
    void *value;
    (void)committed;
    api->draining = true;
    for (size_t i = 0; map_next(&api->waits, &i, &topic, &value);) {
        for (struct api_wait *wait = ((struct api_waits *)value)->first, *next; wait; wait = next) {
            next = wait->next;
            (void)writer_recall(api->rooms->writer, wait->command);
            waits_leave(api, wait); /* with the last one its topic goes */
            writer_later(api->rooms->writer, wait->command, 0);
        }
    }
}

void api_drain(struct api *api)
{
    api->drain = (struct command){ .run = drain_run, .done = drain_done };
    if (writer_submit(api->rooms->writer, &api->drain) != ERR_OK)
        api->drain.done =
            NULL; /* nobody is asked for: they wait for their time, or for the end of the grace */
}
