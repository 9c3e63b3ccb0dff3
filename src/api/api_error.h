/* api_error.h - what AWS calls a fault, at each service. The only place that knows. Pure. */
#ifndef API_API_ERROR_H
#define API_API_ERROR_H

#include "api/service.h"
#include "base/buf.h"

struct api_error {
    struct str name; /* "ResourceNotFoundException" */
    struct str
        type; /* as "__type" has it: with a name space before it at DynamoDB and in CBOR, else the same */
    struct str code; /* in the query protocol */
    int status;
};

/* service: NULL when the request named none. */
struct api_error api_error_of(struct arena *arena, const struct service *service, enum fault_code code);

/* The body of an error answer: {"__type":"...","message":"..."} and further members, the same in CBOR without, or
 * the query protocol's XML. */
void api_error_write(const struct service *service, const struct api_error *error, struct str text,
                     struct str members, struct str request_id, struct buf *out);

#endif
