/* Answers that come in pieces: the head and each piece go out as they are handed over, one after the other.
 *
 * Truths: 1. At most one piece is here at a time: whoever hands them over bounds what waits.
 *         2. The exchange is kept until http_stream_end, whatever becomes of its connection.
 *         3. moved is told gone once, and nothing after it.
 */
#include "io/http_impl.h"

/* A piece that is not due may be being put there by its owner. */
static void stream_piece_drop(struct http_stream *stream)
{
    if (!stream->piece_due)
        return;
    buf_fini(&stream->piece);
    buf_init(&stream->piece, 0);
    stream->piece_due = false;
}

static unsigned stream_add(uv_buf_t *bufs, const struct buf *piece, char head[24], bool chunked)
{
    static char line_end[] = "\r\n";
    unsigned count = 0;
    if (!piece->len)
        return 0;
    if (chunked)
        bufs[count++] = (uv_buf_t){ head, (size_t)snprintf(head, 24, "%zx\r\n", piece->len) };
    bufs[count++] = (uv_buf_t){ piece->ptr, piece->len };
    if (chunked)
        bufs[count++] = (uv_buf_t){ line_end, 2 };
    return count;
}

bool http_stream_flush(struct http_connection *connection)
{
    static char end[] = "0\r\n\r\n";
    struct http_exchange *exchange = connection->first;
    struct http_stream *stream = exchange->stream;
    bool chunked = exchange->head.version_minor > 0;
    uv_buf_t bufs[8];
    unsigned count = 0;
    if (!stream->head_sent) {
        exchange->close = exchange->close || !chunked;
        chunked = chunked && !exchange->close;
        http_answer_render_head(connection, exchange);
        bufs[count++] = (uv_buf_t){ (char *)(uintptr_t)exchange->answer_head.ptr, exchange->answer_head.len };
        stream->head_sent = true;
    }
    chunked = chunked && !exchange->close;
    if (stream->piece_due)
        count += stream_add(bufs + count, &stream->piece, stream->piece_head, chunked);
    if (stream->over) {
        count += stream_add(bufs + count, &stream->last, stream->last_head, chunked);
        if (chunked)
            bufs[count++] = (uv_buf_t){ end, sizeof(end) - 1 };
        if (!exchange->close && http_answer_is_last(connection, exchange)) {
            exchange->close = true;
            connection->linger = true;
            http_input_end(connection);
        }
    }
    if (!count && !stream->over)
        return false;
    if (count) {
        connection->writing = stream->over ? 1 : 0;
        stream->writing = true;
        if (!http_answer_write(connection, bufs, count)) {
            if (!connection->write_busy) {
                connection->writing = 0;
                stream->writing = false;
            }
            return false;
        }
        connection->writing = 0;
    }
    bool over = stream->over;
    http_stream_written(connection);
    if (over && http_answer_forget(connection, 1))
        http_connection_finish(connection);
    return over;
}

void http_stream_written(struct http_connection *connection)
{
    struct http_stream *stream = connection->first->stream;
    bool piece = stream->piece_due;
    stream->writing = false;
    stream_piece_drop(stream);
    if (piece && !stream->over && !stream->gone_told)
        stream->moved(stream->self, false);
}

void http_stream_gone(struct http_exchange *exchange)
{
    struct http_stream *stream = exchange->stream;
    if (stream->gone_told || stream->over)
        return;
    stream->gone_told = true;
    if (!stream->writing)
        stream_piece_drop(stream);
    stream->moved(stream->self, true);
}

void http_stream_release(struct http_exchange *exchange)
{
    if (!exchange->stream)
        return;
    buf_fini(&exchange->stream->piece);
    buf_fini(&exchange->stream->last);
    exchange->stream = NULL;
}

/* ---- from any thread ---- */

void http_stream_begin(struct http_exchange *exchange, int status, const struct http_header *headers,
                       size_t header_count, struct buf *first, http_stream_f *moved, void *self)
{
    struct http_stream *stream = ARENA_NEW(&exchange->arena, struct http_stream);
    struct buf none;
    buf_init(&none, 0);
    buf_init(&stream->last, 0);
    http_answer_keep(exchange, status, headers, header_count, &none);
    stream->exchange = exchange;
    stream->moved = moved;
    stream->self = self;
    stream->piece = *first;
    buf_init(first, first->max);
    stream->piece_due = true;
    exchange->stream = stream;
    http_answer_hand_over(exchange);
}

static void stream_piece_arrived(struct loop_job *job)
{
    struct http_stream *stream =
        (struct http_stream *)((char *)job - offsetof(struct http_stream, piece_job));
    stream->piece_due = true;
    if (stream->gone_told)
        stream_piece_drop(stream);
    else
        http_answer_touch(stream->exchange->connection);
}

void http_stream_send(struct http_exchange *exchange, struct buf *piece)
{
    struct http_stream *stream = exchange->stream;
    stream->piece = *piece;
    buf_init(piece, piece->max);
    stream->piece_job.run = stream_piece_arrived;
    /* A loop that has ended has closed its connections, and has said so. */
    (void)loop_post(exchange->connection->loop->loop, &stream->piece_job);
}

static void stream_end_arrived(struct loop_job *job)
{
    struct http_stream *stream = (struct http_stream *)((char *)job - offsetof(struct http_stream, end_job));
    stream->over = true;
    http_answer_touch(stream->exchange->connection);
}

void http_stream_end(struct http_exchange *exchange, struct buf *last)
{
    struct http_stream *stream = exchange->stream;
    stream->last = *last;
    buf_init(last, last->max);
    stream->end_job.run = stream_end_arrived;
    if (!loop_post(exchange->connection->loop->loop, &stream->end_job))
        http_answer_too_late(exchange);
}
