/* logs_merge.c - which blocks are to be written anew.
 *
 * 1. One of which a good part is of deleted streams.
 * 2. Where more than LOGS_MERGE_BLOCKS overlap: those of them that cover the most time. They become a row that does not
 *    overlap, so what covers much is merged first, and each event a logarithm of times.
 * 3. LOGS_MERGE_BLOCKS small ones side by side of about the same size: each event of a quiet group is written anew once
 *    for each eightfold of its block's size.
 */
#include "logs/logs_pack.h"

#include "logs/logs_read.h"

#include <stdlib.h>

struct headed {
    struct logs_pack_source source;
    uint64_t bytes, width_ms;
};
typedef VEC(struct headed) headed_vec;

static int first_compare(const void *a, const void *b)
{
    return logs_position_compare(((const struct headed *)a)->source.span.first,
                                 ((const struct headed *)b)->source.span.first);
}

static int width_compare(const void *a, const void *b)
{
    const struct headed *x = *(const struct headed *const *)a, *y = *(const struct headed *const *)b;
    return x->width_ms > y->width_ms ? -1 : x->width_ms < y->width_ms;
}

static enum err read_heads(struct logs_pack *pack, struct store_reader *reader, headed_vec *heads)
{
    struct arena scratch = { 0 };
    struct logs_position end = logs_place_after(pack->region.last);
    struct logs_spans *spans =
        pack->rewrite
            ? logs_group_spans(reader, &pack->group, LOGS_HEAD, logs_position_first, logs_position_last,
                               STORE_UP)
            : logs_group_spans(reader, &pack->group, LOGS_HEAD, logs_position_first, end, STORE_DOWN);
    struct logs_span span;
    struct str value;
    enum err err = ERR_OK;
    while (err == ERR_OK && logs_spans_next(spans, &span, &value)) {
        struct logs_block_head head;
        arena_reset(&scratch);
        if (!logs_block_head_read(&scratch, &span, value, &head)) {
            err = ERR_CORRUPT;
            break;
        }
        struct headed one = { { span, head.id, head.dead_bytes },
                              head.bytes,
                              (uint64_t)span.last.timestamp_ms - (uint64_t)span.first.timestamp_ms };
        VEC_PUSH(&pack->arena, heads, one);
        if (pack->rewrite && head.dead_bytes >= head.bytes / LOGS_DEAD_SHARE && head.dead_bytes)
            break; /* the last is the one */
        if (!pack->rewrite && heads->len == LOGS_MERGE_HEADS_MAX)
            break;
    }
    enum err closed = logs_spans_close(&spans);
    arena_fini(&scratch);
    return err == ERR_OK ? closed : err;
}

static bool plan_rewrite(struct logs_pack *pack, const headed_vec *heads)
{
    for (size_t i = 0; i < heads->len; i++) {
        const struct headed *head = &heads->at[i];
        if (head->source.dead_bytes && head->source.dead_bytes >= head->bytes / LOGS_DEAD_SHARE) {
            VEC_PUSH(&pack->arena, &pack->sources, head->source);
            return true;
        }
    }
    return false;
}

static bool plan_overlap(struct logs_pack *pack, const headed_vec *heads)
{
    VEC(const struct headed *) active = { 0 };
    for (size_t i = 0; i < heads->len; i++) {
        const struct headed *head = &heads->at[i];
        size_t kept = 0;
        for (size_t j = 0; j < active.len; j++)
            if (logs_position_compare(active.at[j]->source.span.last, head->source.span.first) >= 0)
                active.at[kept++] = active.at[j];
        active.len = kept;
        VEC_PUSH(&pack->arena, &active, head);
        if (active.len <= LOGS_MERGE_BLOCKS)
            continue;
        qsort(active.at, active.len, sizeof(active.at[0]), width_compare);
        for (size_t j = 0; j < LOGS_MERGE_BLOCKS; j++)
            VEC_PUSH(&pack->arena, &pack->sources, active.at[j]->source);
        return true;
    }
    return false;
}

/* By eightfolds. */
static unsigned size_tier(uint64_t bytes)
{
    unsigned tier = 0;
    for (; bytes >= 4096; bytes /= 8)
        tier++;
    return tier;
}

static bool plan_small(struct logs_pack *pack, const headed_vec *heads)
{
    size_t row = 0;
    for (size_t i = 0; i < heads->len; i++) {
        const struct headed *head = &heads->at[i];
        if (head->bytes >= LOGS_BLOCK_BYTES / 4) {
            row = 0;
            continue;
        }
        row = row && size_tier(heads->at[i - 1].bytes) == size_tier(head->bytes) ? row + 1 : 1;
        if (row < LOGS_MERGE_BLOCKS)
            continue;
        for (size_t j = i + 1 - row; j <= i; j++)
            VEC_PUSH(&pack->arena, &pack->sources, heads->at[j].source);
        return true;
    }
    return false;
}

enum err logs_merge_plan(struct logs_pack *pack, struct store_reader *reader)
{
    headed_vec heads = { 0 };
    enum err err = read_heads(pack, reader, &heads);
    if (err != ERR_OK || heads.len == 0)
        return err;
    if (pack->rewrite) {
        pack->more = plan_rewrite(pack, &heads);
        return ERR_OK;
    }
    qsort(heads.at, heads.len, sizeof(heads.at[0]), first_compare);
    pack->more = plan_overlap(pack, &heads) || plan_small(pack, &heads);
    return ERR_OK;
}
