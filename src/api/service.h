/* service.h - the services and their operations, as generated from ops/ and the public models. */
#ifndef API_SERVICE_H
#define API_SERVICE_H

#include "api/operation.h"

enum service_protocol {
    PROTOCOL_JSON,  /* X-Amz-Target names the operation, JSON both ways */
    PROTOCOL_QUERY, /* a form with Action and Version, XML back */
    PROTOCOL_CBOR,  /* Smithy's RPC v2: the path names service and operation, CBOR both ways */
};

struct service {
    const char *name; /* "events" */
    enum service_protocol protocol;
    struct str target_prefix;           /* JSON: "AWSEvents"; CBOR: the path's name of it; query: empty */
    struct str json_version;            /* "1.0" or "1.1" */
    struct str api_version;             /* "2015-10-07" */
    struct str xml_namespace;           /* query */
    uint32_t body_bytes_max;            /* of an operation that names none */
    const struct operation *operations; /* sorted by name */
    size_t operation_count;
    const struct service
        *as_query; /* of JSON: the same for clients that speak the query protocol; NULL: none */
    const struct service *as_cbor; /* of JSON: the same for those that speak CBOR; NULL: none */
    struct str error_space;        /* CBOR: before the names of errors, "com.amazonaws.cloudwatch#" */
};

extern const struct service services[];
extern const size_t services_count;

/* NULL when there is none. */
const struct service *service_find(struct str name);
const struct operation *service_operation(const struct service *service, struct str name);

#endif
