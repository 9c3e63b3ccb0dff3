/* api_query.h - the query protocol: a form in, XML out. As far as STS and CloudWatch need it: no maps, no blobs.
 * Pure. */
#ifndef API_API_QUERY_H
#define API_API_QUERY_H

#include "api/api_shape.h"
#include "api/service.h"
#include "io/http.h"

/* Where the parameters stand: in the body; of a presigned request or a GET in the query. */
struct str api_query_form(const struct http_request *request);

/* The named parameter of a form or a query string, decoded; false when it is absent or not well encoded. */
bool api_query_parameter(struct arena *arena, struct str form, struct str name, struct str *ret);
/* Decodes %XX, and '+' as a space where plus is set. False when a '%' is not followed by two digits. */
bool api_query_decode(struct arena *arena, struct str text, bool plus, struct str *ret);
/* The parameters but Action and Version as an object of the shape: A.member.1.B=x is {"A":[{"B":"x"}]}, numbers and
 * booleans are such where the shape has them and the text is one. What the shape does not have is left out. False when
 * one is not well encoded. */
bool api_query_input(struct arena *arena, struct str form, const struct shape *shape, struct json *ret);

/* <NameResponse><NameResult>members of the JSON object</NameResult><ResponseMetadata>... */
void api_query_write(const struct service *service, const struct operation *operation,
                     const struct json *output, struct str request_id, struct buf *out);
void api_query_write_error(const struct service *service, struct str name, struct str text,
                           bool senders_fault, struct str request_id, struct buf *out);

#endif
