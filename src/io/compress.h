/* compress.h - bytes made smaller (Zstandard), each frame with a checksum of what it holds.
 *
 * Threads: any; what a thread works with it keeps until it ends.
 */
#ifndef IO_COMPRESS_H
#define IO_COMPRESS_H

#include "base/buf.h"

/* Adds one frame of all of s to out; returns its bytes. */
size_t compress_add(struct buf *out, struct str s);
/* Writes exactly len bytes to at. ERR_CORRUPT: the frame is damaged, or holds more or less. */
enum err decompress(struct str frame, char *at, size_t len) MUST_USE;

#endif
