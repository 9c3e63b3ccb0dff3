/* operation_result.h - how a workflow sees the answer of an operation that its task called. Pure. */
#ifndef TARGET_OPERATION_RESULT_H
#define TARGET_OPERATION_RESULT_H

#include "target/operation_caller.h"

struct operation_naming {
    const char *resource;     /* in the task's resource: "cloudwatchlogs" */
    const char *service;      /* in the operation table: "logs" */
    const char *error;        /* before the dot of an error's name: "CloudWatchLogs" */
    const char *cause;        /* in the cause: "(Service: CloudWatchLogs, ..." */
    const char *content_type; /* optimized: of the answer's headers */
    const char *unnamed;      /* optimized: the error's name when the service's model does not name it */
};

/* The result of an optimized integration: the answer's members, then SdkHttpMetadata
 * and SdkResponseMetadata. */
struct str operation_result(struct arena *arena, const struct operation_naming *naming,
                            const struct operation_answer *answer, int64_t now_ms);
/* "DynamoDB.ConditionalCheckFailedException", "Sfn.TaskTimedOutException". What the service's model does not
 * name is what the SDKs make of it: "DynamoDB.AmazonDynamoDBException", "Sfn.SfnException". */
struct str operation_error(struct arena *arena, const struct operation_naming *naming, bool sdk,
                           const struct operation_answer *answer);
/* The message, and in parentheses the service, the status and the request. */
struct str operation_cause(struct arena *arena, const struct operation_naming *naming, bool sdk,
                           const struct operation_answer *answer);

#endif
