/* Commands that wait in memory for their time: a heap by due time, on the writer's thread alone. */
#include "store/writer_impl.h"

#include "io/clock.h"

#include <assert.h>
#include <stdlib.h>

static void place(struct laters *laters, size_t at, struct command *command)
{
    laters->at[at] = command;
    command->later = at + 1;
}

static void rise(struct laters *laters, size_t at)
{
    struct command *command = laters->at[at];
    while (at > 0 && laters->at[(at - 1) / 2]->due_ms > command->due_ms) {
        place(laters, at, laters->at[(at - 1) / 2]);
        at = (at - 1) / 2;
    }
    place(laters, at, command);
}

static void sink(struct laters *laters, size_t at)
{
    struct command *command = laters->at[at];
    for (size_t child; (child = 2 * at + 1) < laters->len; at = child) {
        if (child + 1 < laters->len && laters->at[child + 1]->due_ms < laters->at[child]->due_ms)
            child++;
        if (laters->at[child]->due_ms >= command->due_ms)
            break;
        place(laters, at, laters->at[child]);
    }
    place(laters, at, command);
}

void writer_later(struct writer *writer, struct command *command, int64_t due_ms)
{
    struct laters *laters = &writer->laters;
    assert(command->later == 0);
    if (laters->len == laters->cap) {
        laters->cap = laters->cap ? 2 * laters->cap : 64;
        laters->at = realloc(laters->at, laters->cap * sizeof(struct command *));
        assert(laters->at);
    }
    command->due_ms = due_ms;
    laters->at[laters->len++] = command;
    rise(laters, laters->len - 1);
}

bool writer_recall(struct writer *writer, struct command *command)
{
    struct laters *laters = &writer->laters;
    if (command->later == 0)
        return false;
    size_t at = command->later - 1;
    assert(at < laters->len && laters->at[at] == command);
    struct command *last = laters->at[--laters->len];
    command->later = 0;
    if (last != command) {
        place(laters, at, last);
        rise(laters, at);
        sink(laters, last->later - 1);
    }
    return true;
}

int64_t laters_next_ms(const struct writer *writer)
{
    return writer->laters.len > 0 ? writer->laters.at[0]->due_ms : INT64_MAX;
}

void laters_take(struct writer *writer, int64_t now_ms)
{
    unsigned count = 0;
    while (laters_next_ms(writer) <= now_ms && count < writer->settings.group_max) {
        struct command *command = writer->laters.at[0];
        (void)writer_recall(writer, command);
        command->next = NULL;
        if (writer->taken)
            writer->taken_last->next = command;
        else
            writer->taken = command;
        writer->taken_last = command;
        count++;
    }
    if (count == 0)
        return;
    mutex_lock(writer->mutex);
    writer->queued += count;
    mutex_unlock(writer->mutex);
}

void laters_close(struct writer *writer)
{
    while (writer->laters.len > 0) {
        struct command *command = writer->laters.at[0];
        (void)writer_recall(writer, command);
        command->done(command, ERR_CLOSED);
    }
    free(writer->laters.at);
}
