/* tags.h - tags of resources of any service, kept by ARN. Written in the command's batch.
 *
 *   | 'g' u8 | partition u16 | 'r' | ARN ... |  ->  a JSON object {"key":"value",...} in the order tagged
 */
#ifndef STORE_TAGS_H
#define STORE_TAGS_H

#include "base/fault.h"
#include "json/json.h"
#include "store/writer.h"

enum { TAGS_MAX = 50 };

/* tags: a JSON object of strings. Adds or replaces. False with FAULT_TOO_MANY_TAGS over
 * TAGS_MAX, nothing written. The caller has checked that the resource exists. */
bool tags_put(struct work *work, struct str arn, const struct json *tags, struct fault *reterr);
/* keys: a JSON array of strings; absent ones are no error. */
void tags_remove(struct work *work, struct str arn, const struct json *keys);
/* An object, empty when the resource has none. */
struct json tags_get(struct store_reader *reader, struct arena *arena, uint16_t partition, struct str arn);
/* With the resource. */
void tags_drop(struct work *work, struct str arn);

#endif
