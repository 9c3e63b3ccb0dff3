#include "io/http_impl.h"

#include <assert.h>
#include <stdlib.h>

struct http_block *http_block_new(struct http_loop *loop, size_t cap)
{
    struct http_block *block;
    if (cap <= HTTP_BLOCK_BYTES && loop->blocks) {
        block = loop->blocks;
        loop->blocks = block->next;
        loop->block_count--;
    } else {
        if (cap < HTTP_BLOCK_BYTES)
            cap = HTTP_BLOCK_BYTES;
        block = malloc(sizeof(*block) + cap);
        if (!block)
            abort();
        block->cap = cap;
    }
    block->next = NULL;
    block->refs = 1;
    block->len = 0;
    return block;
}

void http_block_release(struct http_loop *loop, struct http_block *block)
{
    if (!block || --block->refs)
        return;
    if (block->cap != HTTP_BLOCK_BYTES || loop->block_count == HTTP_BLOCKS_KEPT) {
        free(block);
        return;
    }
    block->next = loop->blocks;
    loop->blocks = block;
    loop->block_count++;
}

struct http_exchange *http_exchange_new(struct http_connection *connection)
{
    struct http_loop *loop = connection->loop;
    struct http_exchange *exchange = loop->exchanges;
    struct arena arena = { 0 };
    if (exchange) {
        loop->exchanges = exchange->next;
        loop->exchange_count--;
        arena = exchange->arena;
    } else {
        exchange = malloc(sizeof(*exchange));
        if (!exchange)
            abort();
    }
    *exchange = (struct http_exchange){ .connection = connection, .arena = arena };
    atomic_flag_clear(&exchange->given);
    buf_init(&exchange->answer_body, 0);
    loop->exchanges_out++;
    return exchange;
}

void http_exchange_release(struct http_exchange *exchange)
{
    struct http_loop *loop = exchange->connection->loop;
    http_block_release(loop, exchange->head_block);
    http_block_release(loop, exchange->body_block);
    buf_fini(&exchange->answer_body);
    assert(loop->exchanges_out > 0);
    loop->exchanges_out--;
    if (loop->exchange_count == HTTP_EXCHANGES_KEPT) {
        arena_fini(&exchange->arena);
        free(exchange);
        return;
    }
    arena_reset(&exchange->arena);
    exchange->next = loop->exchanges;
    loop->exchanges = exchange;
    loop->exchange_count++;
}

void http_memory_fini(struct http_loop *loop)
{
    while (loop->blocks) {
        struct http_block *block = loop->blocks;
        loop->blocks = block->next;
        free(block);
    }
    while (loop->exchanges) {
        struct http_exchange *exchange = loop->exchanges;
        loop->exchanges = exchange->next;
        arena_fini(&exchange->arena);
        free(exchange);
    }
}
