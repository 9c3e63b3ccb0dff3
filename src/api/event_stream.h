/* event_stream.h - the frames of application/vnd.amazon.eventstream: written for answers, read by the command line.
 *
 *   | length u32 | length of headers u32 | CRC-32 of these two u32 | headers | payload | CRC-32 of all before u32 |
 *   a header: | length u8 | name | type u8 | value |; of type 7 the value is | length u16 | text |
 *
 * All integers big-endian. Threads: any. Pure.
 */
#ifndef API_EVENT_STREAM_H
#define API_EVENT_STREAM_H

#include "base/buf.h"

enum { EVENT_STREAM_FRAME_BYTES_MAX = 24 << 20 }; /* over it a frame is not read */

/* ---- write ---- */

/* A frame is begun: what is added to out is its payload, until it is finished. Returns where it begins. kind is
 * "event" or "exception", type the name of either, payload to be JSON. */
size_t event_stream_begin(struct buf *out, struct str kind, struct str type);
void event_stream_finish(struct buf *out, size_t at);

/* ---- read ---- */

struct event_stream_frame {
    struct str kind, type; /* "event", "exception", "error"; slices of what was read */
    struct str payload;
};
enum event_stream_state { EVENT_STREAM_WHOLE, EVENT_STREAM_PART, EVENT_STREAM_DAMAGED };

/* The frame that bytes begin with, and its length. PART: more must come first. DAMAGED: *ret_why says how. */
enum event_stream_state event_stream_read(struct str bytes, struct event_stream_frame *ret, size_t *ret_len,
                                          const char **ret_why);

#endif
