/* api_cbor.h - CBOR bodies of Smithy's RPC v2 protocol, as the JSON that handlers take and give. Over libcbor. Pure.
 *
 *   CBOR                             JSON
 *   map with text keys               object; members that come twice stay
 *   array, text, boolean, null       the same; undefined is null
 *   integer, float                   number; what is not finite: "NaN", "Infinity", "-Infinity", as AWS' JSON has them
 *   byte string                      base64
 *   tag 1 over a number              number: seconds since 1970
 *
 * Items of indefinite length are read, and not written. Other tags are refused.
 */
#ifndef API_API_CBOR_H
#define API_API_CBOR_H

#include "api/api_shape.h"

enum { API_CBOR_DEPTH_MAX = 64, API_CBOR_ITEMS_MAX = 500000 };

/* One item and nothing behind it, of so many in all; an empty body is an empty object. shape: whether byte strings and
 * timestamps stand where they may, which the JSON does not show; NULL: they may anywhere. False: *ret_why says what is
 * wrong. */
bool api_cbor_read(struct arena *arena, const struct shape *shape, struct str body, struct json *ret,
                   const char **ret_why);

/* A value of the shape: numbers of timestamps with their tag, of doubles as such, blobs as bytes. Members that are null
 * are left out. shape: NULL writes what the JSON says. */
void api_cbor_write(const struct shape *shape, const struct json *value, struct buf *out);

#endif
