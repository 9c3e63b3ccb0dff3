/* The journal that keeps batches in memory: for --ephemeral and tests. Nothing of it outlives the process. */
#include "store/store_impl.h"

#include <assert.h>
#include <stdlib.h>

struct record {
    struct record *next;
    uint64_t sequence, epoch;
    size_t len;
    char payload[];
};

struct journal {
    struct record *oldest, *newest;
    uint64_t next, epoch, bytes, syncs;
};

static enum err memory_open(const struct journal_settings *settings, struct journal **ret,
                            struct diag *reterr)
{
    (void)reterr;
    struct journal *journal = calloc(1, sizeof(*journal));
    if (!journal)
        abort();
    journal->next = settings->sequence_next;
    *ret = journal;
    return ERR_OK;
}

static enum err memory_start(struct journal *journal, uint64_t epoch, struct diag *reterr)
{
    (void)reterr;
    journal->epoch = epoch;
    return ERR_OK;
}

static enum err memory_append(struct journal *journal, uint64_t sequence, struct str payload,
                              struct diag *reterr)
{
    (void)reterr;
    assert(sequence == journal->next);
    struct record *record = malloc(sizeof(*record) + payload.len);
    if (!record)
        abort();
    *record = (struct record){ .sequence = sequence, .epoch = journal->epoch, .len = payload.len };
    if (payload.len)
        memcpy(record->payload, payload.ptr, payload.len);
    if (journal->newest)
        journal->newest->next = record;
    else
        journal->oldest = record;
    journal->newest = record;
    journal->bytes += payload.len;
    journal->next++;
    journal->syncs++;
    return ERR_OK;
}

static enum err memory_replay(struct journal *journal, uint64_t from, journal_replay_f *f, void *self,
                              struct diag *reterr)
{
    (void)reterr;
    for (const struct record *record = journal->oldest; record; record = record->next)
        if (record->sequence >= from &&
            !f(self, record->sequence, record->epoch, str_of(record->payload, record->len)))
            break;
    return ERR_OK;
}

static void memory_drop(struct journal *journal, uint64_t below)
{
    while (journal->oldest && journal->oldest->sequence < below) {
        struct record *record = journal->oldest;
        journal->oldest = record->next;
        if (!record->next)
            journal->newest = NULL;
        journal->bytes -= record->len;
        free(record);
    }
}

static enum err memory_room(struct journal *journal, size_t bytes)
{
    (void)journal;
    (void)bytes;
    return ERR_OK;
}

static void memory_look(const struct journal *journal, struct journal_look *ret)
{
    *ret = (struct journal_look){
        .first = journal->oldest ? journal->oldest->sequence : journal->next,
        .next = journal->next,
        .epoch = journal->epoch,
        .bytes = journal->bytes,
        .segments = 1,
        .rolled_at = 1,
        .syncs = journal->syncs,
    };
}

static void memory_close(struct journal **journal)
{
    if (!*journal)
        return;
    memory_drop(*journal, UINT64_MAX);
    free(*journal);
    *journal = NULL;
}

const struct journal_kind journal_memory = {
    .name = "memory",
    .open = memory_open,
    .start = memory_start,
    .append = memory_append,
    .replay = memory_replay,
    .drop = memory_drop,
    .room = memory_room,
    .look = memory_look,
    .close = memory_close,
};
