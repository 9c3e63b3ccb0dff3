/* From bytes to requests: where they are read to, when a request is whole, what is refused. */
#include "io/http_impl.h"

#include <assert.h>
#include <stdlib.h>

enum { BODY_BYTES_FIRST = 64 * 1024 }; /* what is set aside on a mere announcement */

bool http_input_paused(const struct http_connection *connection)
{
    const struct http_settings *settings = &connection->loop->server->settings;
    return connection->write_busy || connection->exchange_count >= settings->pipeline_max ||
           connection->held_bytes > settings->body_bytes_max;
}

size_t http_input_left(const struct http_connection *connection)
{
    return connection->block ? connection->block->len - connection->at : 0;
}

static void input_block_drop(struct http_connection *connection)
{
    http_block_release(connection->loop, connection->block);
    connection->block = NULL;
    connection->at = 0;
}

void http_input_end(struct http_connection *connection)
{
    connection->input = INPUT_DISCARD;
    connection->continue_due = false;
    input_block_drop(connection);
    if (connection->receiving)
        http_exchange_release(connection->receiving);
    connection->receiving = NULL;
}

/* Room for more of a body that stands apart from its head. */
static void body_grow(struct http_exchange *exchange, size_t more, uint64_t len_max)
{
    struct http_block *block = exchange->body_block;
    if (block->cap - block->len >= more)
        return;
    size_t cap = block->cap * 2 > block->len + more ? block->cap * 2 : block->len + more;
    if (cap > len_max && block->len + more <= len_max)
        cap = (size_t)len_max;
    assert(block->refs == 1);
    block = realloc(block, sizeof(*block) + cap);
    if (!block)
        abort();
    block->cap = cap;
    exchange->body_block = block;
}

/* Where the next bytes of the client are to be put. */
void http_input_room(struct http_connection *connection, uv_buf_t *ret)
{
    struct http_loop *loop = connection->loop;
    if (connection->input == INPUT_DISCARD) {
        *ret = uv_buf_init(loop->discard, sizeof(loop->discard));
        return;
    }
    struct http_exchange *receiving = connection->receiving;
    if (connection->input == INPUT_BODY && receiving->body_block) {
        uint64_t length = receiving->head.content_length;
        body_grow(receiving, 1, length);
        struct http_block *body = receiving->body_block;
        size_t room = body->cap < length ? body->cap - body->len : (size_t)(length - body->len);
        *ret = uv_buf_init(body->bytes + body->len, (unsigned)room);
        return;
    }
    struct http_block *block = connection->block;
    if (!block) {
        block = connection->block = http_block_new(loop, HTTP_BLOCK_BYTES);
    } else if (connection->at == block->len && block->refs == 1) {
        connection->at = block->len = 0;
    } else if (block->len == block->cap) {
        /* Others may point into it: what is not yet taken moves to a block where more has room. */
        size_t left = http_input_left(connection);
        struct http_block *bigger = http_block_new(loop, left * 2);
        memcpy(bigger->bytes, block->bytes + connection->at, left);
        bigger->len = left;
        input_block_drop(connection);
        block = connection->block = bigger;
    }
    *ret = uv_buf_init(block->bytes + block->len, (unsigned)(block->cap - block->len));
}

/* len bytes were put there. */
void http_input_read(struct http_connection *connection, size_t len)
{
    if (connection->input == INPUT_DISCARD)
        connection->discarded_bytes += len;
    else if (connection->input == INPUT_BODY && connection->receiving->body_block)
        connection->receiving->body_block->len += len;
    else
        connection->block->len += len;
}

static void input_enqueue(struct http_connection *connection, struct http_exchange *exchange)
{
    *connection->last = exchange;
    connection->last = &exchange->next;
    connection->exchange_count++;
    connection->held_bytes += exchange->head.request.body.len;
}

/* The server's own answer, behind those to the requests before; then the connection ends. */
void http_refuse(struct http_connection *connection, const struct http_head *head, int status,
                 const char *why)
{
    const struct http_handler *handler = &connection->loop->server->handler;
    struct http_exchange *exchange = connection->receiving;
    if (!exchange)
        exchange = http_exchange_new(connection);
    connection->receiving = NULL;
    if (!head) /* what was read of it before the fault has no meaning */
        exchange->head = (struct http_head){ 0 };
    exchange->head.request.peer = str_of(connection->peer, connection->peer_len);
    exchange->head.request.body = STR_EMPTY;
    struct str content_type = STR("text/plain; charset=utf-8");
    struct buf body;
    buf_init(&body, 0);
    if (handler->refuse)
        handler->refuse(handler->self, &exchange->head.request, status, why, &content_type, &body);
    else
        buf_printf(&body, "%s\n", why);
    struct http_header header = { STR("Content-Type"), content_type };
    atomic_flag_test_and_set(&exchange->given);
    http_answer_keep(exchange, status, &header, 1, &body);
    exchange->answered = true;
    exchange->close = true;
    input_enqueue(connection, exchange);
    http_input_end(connection);
    connection->linger = true;
    http_count(&connection->loop->counters.refused, 1);
}

/* The request is whole: the handler has it from here. */
static void input_hand_over(struct http_connection *connection)
{
    struct http_exchange *exchange = connection->receiving;
    const struct http_handler *handler = &connection->loop->server->handler;
    connection->receiving = NULL;
    connection->continue_due = false;
    connection->input = exchange->head.keep_alive ? INPUT_HEAD : INPUT_DISCARD;
    exchange->close = !exchange->head.keep_alive;
    http_wait_set(connection, WAIT_NONE);
    input_enqueue(connection, exchange);
    http_count(&connection->loop->counters.requests, 1);
    handler->handle(handler->self, exchange);
}

static void input_head_done(struct http_connection *connection)
{
    struct http_loop *loop = connection->loop;
    const struct http_handler *handler = &loop->server->handler;
    struct http_exchange *exchange = connection->receiving;
    struct http_head *head = &exchange->head;
    struct http_block *block = connection->block;
    exchange->head_block = block;
    block->refs++;
    head->request.peer = str_of(connection->peer, connection->peer_len);
    http_wait_set(connection, WAIT_NONE);
    if (!head->chunked && !head->content_length) {
        input_hand_over(connection);
        return;
    }
    connection->body_max = loop->server->settings.body_bytes_max;
    if (handler->body_max) {
        size_t body_max = handler->body_max(handler->self, &head->request);
        if (body_max < connection->body_max)
            connection->body_max = body_max;
    }
    if (head->content_length > connection->body_max) {
        http_refuse(connection, head, 413, "the request's body is too large");
        return;
    }
    size_t here = block->len - connection->at;
    connection->continue_due = head->expect_continue && !here;
    if (head->chunked) {
        connection->input = INPUT_CHUNKED;
        connection->chunked = (struct http_chunked){ 0 };
        exchange->body_block = http_block_new(loop, HTTP_BLOCK_BYTES);
        return;
    }
    connection->input = INPUT_BODY;
    exchange->body_at = connection->at;
    if (head->content_length <= block->cap - connection->at)
        return; /* it stays where it is read */
    uint64_t first = head->content_length < BODY_BYTES_FIRST ? head->content_length : BODY_BYTES_FIRST;
    exchange->body_block = http_block_new(loop, first > here ? (size_t)first : here);
    memcpy(exchange->body_block->bytes, block->bytes + connection->at, here);
    exchange->body_block->len = here;
    connection->at = block->len;
}

/* These three take what they can and say whether to go on. */
static bool input_take_head(struct http_connection *connection)
{
    struct http_server *server = connection->loop->server;
    size_t left = http_input_left(connection), head_len = 0;
    const char *why = "";
    if (!left)
        return false;
    if (!connection->receiving)
        connection->receiving = http_exchange_new(connection);
    struct http_exchange *exchange = connection->receiving;
    int status = http_head_parse(&connection->scan, str_of(connection->block->bytes + connection->at, left),
                                 &server->limits, &exchange->arena, &exchange->head, &head_len, &why);
    if (status == HTTP_HEAD_MORE)
        return false;
    connection->scan = (struct http_head_scan){ 0 };
    if (status != HTTP_HEAD_WHOLE) {
        http_refuse(connection, NULL, status, why);
        return false;
    }
    connection->at += head_len;
    input_head_done(connection);
    return true;
}

static bool input_take_body(struct http_connection *connection)
{
    struct http_exchange *exchange = connection->receiving;
    size_t length = (size_t)exchange->head.content_length;
    if (exchange->body_block) {
        if (exchange->body_block->len < length)
            return false;
        exchange->head.request.body = str_of(exchange->body_block->bytes, length);
    } else {
        if (connection->block->len - exchange->body_at < length)
            return false;
        exchange->head.request.body = str_of(connection->block->bytes + exchange->body_at, length);
        connection->at = exchange->body_at + length;
    }
    input_hand_over(connection);
    return true;
}

static bool input_take_chunks(struct http_connection *connection)
{
    struct http_exchange *exchange = connection->receiving;
    size_t left = http_input_left(connection);
    if (!left)
        return false;
    struct str bytes = str_of(connection->block->bytes + connection->at, left), data;
    const char *why = "";
    for (;;) {
        enum http_chunk chunk = http_chunked_next(&connection->chunked, &bytes, &data, &why);
        connection->at = connection->block->len - bytes.len;
        if (chunk == HTTP_CHUNK_MORE)
            return false;
        if (chunk == HTTP_CHUNK_BAD) {
            http_refuse(connection, &exchange->head, 400, why);
            return false;
        }
        if (chunk == HTTP_CHUNK_END)
            break;
        if (data.len > connection->body_max - exchange->body_block->len) {
            http_refuse(connection, &exchange->head, 413, "the request's body is too large");
            return false;
        }
        body_grow(exchange, data.len, connection->body_max);
        memcpy(exchange->body_block->bytes + exchange->body_block->len, data.ptr, data.len);
        exchange->body_block->len += data.len;
    }
    exchange->head.request.body = str_of(exchange->body_block->bytes, exchange->body_block->len);
    input_hand_over(connection);
    return true;
}

void http_input_take(struct http_connection *connection)
{
    for (bool more = true; more && !connection->closing;) {
        switch (connection->input) {
        case INPUT_HEAD:
            more = !http_input_paused(connection) && input_take_head(connection);
            break;
        case INPUT_BODY:
            more = input_take_body(connection);
            break;
        case INPUT_CHUNKED:
            more = input_take_chunks(connection);
            break;
        case INPUT_DISCARD:
            connection->discarded_bytes += http_input_left(connection);
            input_block_drop(connection);
            more = false;
            break;
        }
    }
    /* Between requests a connection holds no memory but its own. */
    if (connection->input == INPUT_HEAD && connection->block && !http_input_left(connection))
        input_block_drop(connection);
}
