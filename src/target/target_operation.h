/* target_operation.h - tasks of workflows that call an operation of this server: the resources of the form
 *
 *   arn:aws:states:::<service>:<operation>[.<pattern>]                   optimized integrations
 *   arn:aws:states:::aws-sdk:<service>:<operation>[.waitForTaskToken]    any operation, as the SDKs have it
 *
 * What flow puts into the delivery (kind "operation"; "waiting-operation" for one that answers only later):
 *   resource    the task's resource, as above
 *   payload     the task's parameters, a JSON object
 *   source_arn  the ARN of the execution
 *   hops        of the execution; the events that it puts carry them on
 * What it gets: delivered with the task's result, a JSON object (with .waitForTaskToken: the output of
 * TaskSubmitted); or rejected with error and cause as the workflow sees them. It is never tried again by
 * deliver: that is the workflow's business. But a call that takes time is begun anew when the disk was full, and when
 * the server has died meanwhile: what it does is done at least once.
 */
#ifndef TARGET_TARGET_OPERATION_H
#define TARGET_TARGET_OPERATION_H

#include "target/operation_caller.h"

/* self: struct operation_caller. Whether tasks of the resource can be run here. False: *ret_why says why not
 * (static text), or is left empty when the ARN is none of these. Any thread. */
bool operation_task_known(void *self, struct str resource, struct str *ret_why);

#endif
