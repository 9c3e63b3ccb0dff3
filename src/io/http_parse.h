/* http_parse.h - reads the head of an HTTP/1 request and a chunked body; strict.
 *
 * Pure: no memory but the arena's, no input but the bytes given. What is ambiguous is refused, never guessed.
 * Incremental: call again with the same bytes and more behind them; what was scanned is not scanned again.
 */
#ifndef IO_HTTP_PARSE_H
#define IO_HTTP_PARSE_H

#include "io/http.h"

struct http_parse_limits {
    size_t header_bytes_max; /* the whole head */
    unsigned header_count_max;
};

struct http_head {
    struct http_request request; /* slices of the bytes given; body and peer are not set */
    unsigned version_minor;      /* 0 or 1 */
    bool keep_alive;
    bool expect_continue;
    bool chunked;
    bool has_length;
    uint64_t content_length; /* 0 without has_length */
};

/* Zeroed before the first bytes of each request. */
struct http_head_scan {
    size_t scanned;    /* bytes looked at */
    size_t line_start; /* of the line not yet ended */
    size_t skipped;    /* an empty line before the request line, which is forgiven once */
    unsigned lines;
};

enum { HTTP_HEAD_MORE = 0, HTTP_HEAD_WHOLE = 1 }; /* anything else: the status of the refusal */

/* The head at the start of bytes. When whole: *ret is filled, *ret_len is its length.
 * When refused: *why says it. */
int http_head_parse(struct http_head_scan *scan, struct str bytes, const struct http_parse_limits *limits,
                    struct arena *arena, struct http_head *ret, size_t *ret_len, const char **why);

enum {
    HTTP_CHUNK_LINE_BYTES_MAX = 256,        /* a size with its extension */
    HTTP_CHUNK_EXTENSION_BYTES_MAX = 16384, /* all extensions of one body */
    HTTP_TRAILER_BYTES_MAX = 8192,
};

/* Zeroed before each body. */
struct http_chunked {
    int state;
    uint64_t left;   /* of the chunk's data */
    unsigned digits; /* of its size */
    size_t line_bytes, extension_bytes, trailer_bytes;
};

enum http_chunk { HTTP_CHUNK_MORE, HTTP_CHUNK_DATA, HTTP_CHUNK_END, HTTP_CHUNK_BAD };

/* Cuts what it read off the front of *bytes. DATA: *data is a piece of the body, call again. END: the body is
 * whole and *bytes begins with what follows it. BAD: *why says it. */
enum http_chunk http_chunked_next(struct http_chunked *chunked, struct str *bytes, struct str *data,
                                  const char **why);

#endif
