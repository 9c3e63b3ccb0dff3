#include "api/api_error.h"

#include "api/api_cbor.h"
#include "api/api_query.h"
#include "json/json.h"

#include <assert.h>

struct row {
    const char *service; /* NULL: wherever no row above says otherwise */
    enum fault_code code;
    const char *name;
    int status;
};

/* The first that fits. Names of states have no "Exception" where the model has none. */
static const struct row rows[] = {
    { "events", FAULT_INVALID_PARAMETER, "ValidationException", 400 },
    { "events", FAULT_INVALID_ARN, "ValidationException", 400 },
    { "events", FAULT_INVALID_NAME, "ValidationException", 400 },
    { "events", FAULT_INVALID_TOKEN, "ValidationException", 400 },
    { "events", FAULT_IN_USE, "ConcurrentModificationException", 400 },
    { "events", FAULT_TOO_MANY_TAGS, "LimitExceededException", 400 },
    { "events", FAULT_INTERNAL, "InternalException", 500 },

    { "logs", FAULT_INVALID_ARN, "InvalidParameterException", 400 },
    { "logs", FAULT_INVALID_NAME, "InvalidParameterException", 400 },
    { "logs", FAULT_INVALID_TOKEN, "InvalidParameterException", 400 },
    { "logs", FAULT_IN_USE, "OperationAbortedException", 400 },
    { "logs", FAULT_CONCURRENT_MODIFICATION, "OperationAbortedException", 400 },
    { "logs", FAULT_UNAVAILABLE, "ServiceUnavailableException", 503 },
    { "logs", FAULT_INTERNAL, "InternalServerException", 500 },

    { "states", FAULT_INVALID_PARAMETER, "ValidationException", 400 },
    { "states", FAULT_NOT_FOUND, "ResourceNotFound", 400 },
    { "states", FAULT_ALREADY_EXISTS, "StateMachineAlreadyExists", 400 },
    { "states", FAULT_IN_USE, "ConflictException", 400 },
    { "states", FAULT_CONCURRENT_MODIFICATION, "ConflictException", 400 },
    { "states", FAULT_LIMIT_EXCEEDED, "ServiceQuotaExceededException", 400 },
    { "states", FAULT_INVALID_ARN, "InvalidArn", 400 },
    { "states", FAULT_INVALID_NAME, "InvalidName", 400 },
    { "states", FAULT_INVALID_TOKEN, "InvalidToken", 400 },
    { "states", FAULT_TOO_MANY_TAGS, "TooManyTags", 400 },

    { "dynamodb", FAULT_INVALID_PARAMETER, "ValidationException", 400 },
    { "dynamodb", FAULT_INVALID_ARN, "ValidationException", 400 },
    { "dynamodb", FAULT_INVALID_NAME, "ValidationException", 400 },
    { "dynamodb", FAULT_INVALID_TOKEN, "ValidationException", 400 },
    { "dynamodb", FAULT_TOO_MANY_TAGS, "ValidationException", 400 },
    { "dynamodb", FAULT_ALREADY_EXISTS, "ResourceInUseException", 400 },
    { "dynamodb", FAULT_IN_USE, "ResourceInUseException", 400 },
    { "dynamodb", FAULT_INTERNAL, "InternalServerError", 500 },

    { "monitoring", FAULT_VALIDATION, "ValidationError", 400 },
    { "monitoring", FAULT_INVALID_PARAMETER, "InvalidParameterValueException", 400 },
    { "monitoring", FAULT_CONFLICT, "InvalidParameterCombinationException", 400 },
    { "monitoring", FAULT_MISSING_PARAMETER, "MissingRequiredParameterException", 400 },
    { "monitoring", FAULT_INVALID_TOKEN, "InvalidNextToken", 400 },
    { "monitoring", FAULT_LIMIT_EXCEEDED, "LimitExceededFault", 400 },
    { "monitoring", FAULT_INTERNAL, "InternalServiceFault", 500 },

    { "sts", FAULT_VALIDATION, "ValidationError", 400 },
    { "sts", FAULT_NOT_SIGNED, "MissingAuthenticationToken", 403 },
    { "sts", FAULT_SIGNATURE_INCOMPLETE, "IncompleteSignature", 400 },
    { "sts", FAULT_SIGNATURE_WRONG, "SignatureDoesNotMatch", 403 },
    { "sts", FAULT_KEY_UNKNOWN, "InvalidClientTokenId", 403 },

    { NULL, FAULT_VALIDATION, "ValidationException", 400 },
    { NULL, FAULT_INVALID_PARAMETER, "InvalidParameterException", 400 },
    { NULL, FAULT_NOT_FOUND, "ResourceNotFoundException", 400 },
    { NULL, FAULT_ALREADY_EXISTS, "ResourceAlreadyExistsException", 400 },
    { NULL, FAULT_IN_USE, "ResourceInUseException", 400 },
    { NULL, FAULT_LIMIT_EXCEEDED, "LimitExceededException", 400 },
    { NULL, FAULT_UNKNOWN_OPERATION, "UnknownOperationException", 400 },
    { NULL, FAULT_ACCESS_DENIED, "AccessDeniedException", 400 },
    { NULL, FAULT_INVALID_EVENT_PATTERN, "InvalidEventPatternException", 400 },
    { NULL, FAULT_MALFORMED_QUERY, "MalformedQueryException", 400 },
    { NULL, FAULT_CONCURRENT_MODIFICATION, "ConcurrentModificationException", 400 },
    { NULL, FAULT_INVALID_OPERATION, "InvalidOperationException", 400 },
    { NULL, FAULT_CONDITION_FAILED, "ConditionalCheckFailedException", 400 },
    { NULL, FAULT_SERIALIZATION, "SerializationException", 400 },
    { NULL, FAULT_INVALID_ARN, "ValidationException", 400 },
    { NULL, FAULT_INVALID_NAME, "ValidationException", 400 },
    { NULL, FAULT_INVALID_DEFINITION, "InvalidDefinition", 400 },
    { NULL, FAULT_INVALID_EXECUTION_INPUT, "InvalidExecutionInput", 400 },
    { NULL, FAULT_INVALID_OUTPUT, "InvalidOutput", 400 },
    { NULL, FAULT_INVALID_TOKEN, "ValidationException", 400 },
    { NULL, FAULT_INVALID_LOGGING_CONFIGURATION, "InvalidLoggingConfiguration", 400 },
    { NULL, FAULT_MISSING_PARAMETER, "MissingRequiredParameter", 400 },
    { NULL, FAULT_CONFLICT, "ConflictException", 400 },
    { NULL, FAULT_MACHINE_NOT_FOUND, "StateMachineDoesNotExist", 400 },
    { NULL, FAULT_MACHINE_EXISTS, "StateMachineAlreadyExists", 400 },
    { NULL, FAULT_MACHINE_DELETING, "StateMachineDeleting", 400 },
    { NULL, FAULT_MACHINE_TYPE_NOT_SUPPORTED, "StateMachineTypeNotSupported", 400 },
    { NULL, FAULT_ACTIVITY_NOT_FOUND, "ActivityDoesNotExist", 400 },
    { NULL, FAULT_NOT_REDRIVABLE, "ExecutionNotRedrivable", 400 },
    { NULL, FAULT_EXECUTION_LIMIT, "ExecutionLimitExceeded", 400 },
    { NULL, FAULT_ACTIVITY_LIMIT, "ActivityLimitExceeded", 400 },
    { NULL, FAULT_EXECUTION_NOT_FOUND, "ExecutionDoesNotExist", 400 },
    { NULL, FAULT_EXECUTION_EXISTS, "ExecutionAlreadyExists", 400 },
    { NULL, FAULT_TASK_NOT_FOUND, "TaskDoesNotExist", 400 },
    { NULL, FAULT_TASK_TIMED_OUT, "TaskTimedOut", 400 },
    { NULL, FAULT_TOO_MANY_TAGS, "TooManyTagsException", 400 },
    { NULL, FAULT_NOT_SIGNED, "MissingAuthenticationTokenException", 400 },
    { NULL, FAULT_SIGNATURE_INCOMPLETE, "IncompleteSignatureException", 400 },
    { NULL, FAULT_SIGNATURE_WRONG, "InvalidSignatureException", 400 },
    { NULL, FAULT_KEY_UNKNOWN, "UnrecognizedClientException", 400 },
    { NULL, FAULT_TOO_LARGE, "RequestEntityTooLargeException", 413 },
    { NULL, FAULT_BAD_REQUEST, "BadRequestException", 400 },
    { NULL, FAULT_UNAVAILABLE, "ServiceUnavailable", 503 },
    { NULL, FAULT_INTERNAL, "InternalFailure", 500 },
};

/* What the query protocol calls otherwise. */
static const char *const query_codes[][2] = {
    { "InvalidParameterValueException", "InvalidParameterValue" },
    { "InvalidParameterCombinationException", "InvalidParameterCombination" },
    { "MissingRequiredParameterException", "MissingParameter" },
    { "LimitExceededFault", "LimitExceeded" },
    { "InternalServiceFault", "InternalServiceError" },
};

static struct str query_code(const char *name)
{
    for (size_t i = 0; i < sizeof(query_codes) / sizeof(query_codes[0]); i++)
        if (strcmp(query_codes[i][0], name) == 0)
            return str_from(query_codes[i][1]);
    return str_from(name);
}

enum { ROWS = sizeof(rows) / sizeof(rows[0]) };

/* DynamoDB says where an exception's name comes from; clients cut it off at the '#'. */
static struct str dynamodb_space(enum fault_code code)
{
    switch (code) {
    case FAULT_VALIDATION:
    case FAULT_INVALID_PARAMETER:
    case FAULT_INVALID_ARN:
    case FAULT_INVALID_NAME:
    case FAULT_INVALID_TOKEN:
    case FAULT_TOO_MANY_TAGS:
        return STR("com.amazon.coral.validate#");
    case FAULT_SERIALIZATION:
    case FAULT_UNKNOWN_OPERATION:
    case FAULT_ACCESS_DENIED:
    case FAULT_NOT_SIGNED:
    case FAULT_SIGNATURE_INCOMPLETE:
    case FAULT_SIGNATURE_WRONG:
    case FAULT_KEY_UNKNOWN:
    case FAULT_UNAVAILABLE:
        return STR("com.amazon.coral.service#");
    default:
        return STR("com.amazonaws.dynamodb.v20120810#");
    }
}

struct api_error api_error_of(struct arena *arena, const struct service *service, enum fault_code code)
{
    const struct row *row = &rows[ROWS - 1];
    for (size_t i = 0; i < ROWS; i++) {
        if (rows[i].code == code &&
            (!rows[i].service || (service && strcmp(rows[i].service, service->name) == 0))) {
            row = &rows[i];
            break;
        }
    }
    struct str query = query_code(row->name);
    struct str name = service && service->protocol == PROTOCOL_QUERY ? query : str_from(row->name);
    struct api_error error = { .name = name, .type = name, .code = query, .status = row->status };
    if (service && strcmp(service->name, "dynamodb") == 0)
        error.type = arena_concat(arena, dynamodb_space(code), error.name);
    if (service && service->protocol == PROTOCOL_CBOR)
        error.type = arena_concat(arena, service->error_space, error.name);
    return error;
}

void api_error_write(const struct service *service, const struct api_error *error, struct str text,
                     struct str members, struct str request_id, struct buf *out)
{
    if (service && service->protocol == PROTOCOL_QUERY) {
        api_query_write_error(service, error->name, text, error->status < 500, request_id, out);
        return;
    }
    if (service && service->protocol == PROTOCOL_CBOR) {
        const struct json_member said[] = { { STR("__type"), json_of_str(error->type) },
                                            { STR("message"), json_of_str(text) } };
        struct json body = json_of_object(said, 2);
        assert(str_empty(members)); /* no service that speaks CBOR has errors with more */
        api_cbor_write(NULL, &body, out);
        return;
    }
    struct json_writer w;
    json_writer_init(&w, out);
    json_begin_object(&w);
    json_put_member_str(&w, STR("__type"), error->type);
    json_put_member_str(&w, STR("message"), text);
    if (!str_empty(members)) {
        buf_add_char(out, ',');
        buf_add(out, members);
    }
    json_end_object(&w);
}
