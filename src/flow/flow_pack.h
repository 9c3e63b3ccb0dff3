/* flow_pack.h - the little encoding of flow's values in the store: bytes, variable-length integers, texts.
 *
 * A value begins with a version byte of its own. Integers are LEB128; a text is its length, then its bytes.
 * Reading never goes past the end: what is not there latches `bad` and gives zeros.
 */
#ifndef FLOW_FLOW_PACK_H
#define FLOW_FLOW_PACK_H

#include "base/buf.h"

void pack_u8(struct buf *out, uint8_t value);
void pack_u64(struct buf *out, uint64_t value);
void pack_i64(struct buf *out, int64_t value); /* zigzag: small ones of either sign are short */
void pack_str(struct buf *out, struct str text);
void pack_fixed(struct buf *out, const void *bytes, size_t len); /* no length in front */

struct unpack {
    const char *at, *end;
    bool bad;
};

struct unpack unpack_of(struct str bytes);
bool unpack_done(const struct unpack *in); /* all of it was read, and it was whole */
uint8_t unpack_u8(struct unpack *in);
uint64_t unpack_u64(struct unpack *in);
uint32_t unpack_u32(struct unpack *in); /* bad when it does not fit */
int64_t unpack_i64(struct unpack *in);
struct str unpack_str(struct unpack *in); /* a slice of what is read */
void unpack_fixed(struct unpack *in, void *bytes, size_t len);

#endif
