/* Activities: workers poll for the tasks of workflows, and answer with their tokens.
 *
 * A poll that finds no task waits, for 60 seconds at most, without an answer (operation.h: wait_for). A task is handed
 * to a client that is still there. When the client has gone by the time of the answer, the task goes back to the front
 * of its queue; its history then has two ActivityStarted. What is handed to the system for sending counts as received:
 * who loses a task after that is told by its heartbeat or its timeout. */
#include "api/api_states.h"
#include "api/operations.h"
#include "flow/flow.h"
#include "io/http.h"

enum { POLL_TIME_MAX_MS = 60000 };

void op_states_create_activity(struct op_call *call)
{
    struct flow_activity activity;
    struct json tags = states_tags(call, json_get_typed(call->input, STR("tags"), JSON_ARRAY));
    if (!states_encryption_check(call) ||
        !states_done(call,
                     flow_activity_create(call->rooms->flow, call->work, call->ns,
                                          states_str(call, STR("name")), &tags, &activity, &call->fault)))
        return;
    json_begin_object(call->out);
    json_put_member_str(call->out, STR("activityArn"), activity.arn);
    json_put_member_time(call->out, STR("creationDate"), activity.created_ms);
    json_end_object(call->out);
}

void op_states_delete_activity(struct op_call *call)
{
    (void)states_done(
        call, flow_activity_delete(call->work, call->ns, states_str(call, STR("activityArn")), &call->fault));
}

void op_states_describe_activity(struct op_call *call)
{
    struct flow_activity activity;
    if (!flow_activity_describe(call->reader, call->arena, call->ns, states_str(call, STR("activityArn")),
                                &activity, &call->fault))
        return;
    struct json_writer *out = call->out;
    json_begin_object(out);
    json_put_member_str(out, STR("activityArn"), activity.arn);
    json_put_member_str(out, STR("name"), activity.name);
    json_put_member_time(out, STR("creationDate"), activity.created_ms);
    json_key(out, STR("encryptionConfiguration"));
    json_begin_object(out);
    json_put_member_str(out, STR("type"), STR("AWS_OWNED_KEY"));
    json_end_object(out);
    json_end_object(out);
}

void op_states_list_activities(struct op_call *call)
{
    size_t max = states_page(call), count;
    struct flow_activity *activities = ARENA_ARRAY(call->arena, struct flow_activity, max);
    struct str after;
    bool more;
    if (!states_token_in(call, STR("activities"), &after))
        return;
    count = flow_activity_list(call->reader, call->arena, call->ns, after, max, activities, &more);
    struct json_writer *out = call->out;
    json_begin_object(out);
    json_key(out, STR("activities"));
    json_begin_array(out);
    for (size_t i = 0; i < count; i++) {
        json_begin_object(out);
        json_put_member_str(out, STR("activityArn"), activities[i].arn);
        json_put_member_str(out, STR("name"), activities[i].name);
        json_put_member_time(out, STR("creationDate"), activities[i].created_ms);
        json_end_object(out);
    }
    json_end_array(out);
    if (more)
        states_token_out(call, STR("activities"), activities[count - 1].name);
    json_end_object(out);
}

static void task_lost(struct op_call *call)
{
    flow_activity_return(call->rooms->flow, call->work, call->ns, states_str(call, STR("activityArn")),
                         call->lost_with);
}

/* Whether to wait for a task rather than to say that there is none. */
static bool poll_waits(struct op_call *call)
{
    if (!call->client || http_gone(call->client))
        return false;
    if (call->wait_until_ms == 0)
        call->wait_until_ms = call->now_ms + POLL_TIME_MAX_MS;
    return call->now_ms < call->wait_until_ms;
}

void op_states_get_activity_task(struct op_call *call)
{
    struct str arn = states_str(call, STR("activityArn"));
    struct flow_activity activity;
    struct flow_activity_task *task = ARENA_NEW(call->arena, struct flow_activity_task);
    if (call->client && http_gone(call->client))
        return; /* nobody is there to take a task */
    if (!states_done(call, flow_activity_take(call->rooms->flow, call->work, call->ns, arn,
                                              states_str(call, STR("workerName")), task, &call->fault)))
        return;
    if (str_empty(task->token)) {
        if (poll_waits(call) &&
            flow_activity_describe(call->reader, call->arena, call->ns, arn, &activity, &call->fault))
            call->wait_for = flow_activity_topic(call->arena, call->ns, activity.name);
        return;
    }
    *task = (struct flow_activity_task){ arena_copy(call->arena, task->token),
                                         arena_copy(call->arena, task->input) };
    call->lost = task_lost;
    call->lost_with = task;
    json_begin_object(call->out);
    json_put_member_str(call->out, STR("taskToken"), task->token);
    json_put_member_str(call->out, STR("input"), task->input);
    json_end_object(call->out);
}
