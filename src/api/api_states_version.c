/* Versions and aliases of state machines. */
#include "api/api_states.h"
#include "api/operations.h"
#include "flow/flow.h"
#include "store/key.h"

/* ---- versions ---- */

void op_states_publish_state_machine_version(struct op_call *call)
{
    struct flow_version version;
    const struct json *revision = json_get(call->input, STR("revisionId"));
    if (!states_done(call,
                     flow_version_publish(call->rooms->flow, call->work, call->ns,
                                          states_str(call, STR("stateMachineArn")),
                                          revision ? revision->text : STR_EMPTY,
                                          states_str(call, STR("description")), &version, &call->fault)))
        return;
    json_begin_object(call->out);
    json_put_member_time(call->out, STR("creationDate"), version.created_ms);
    json_put_member_str(call->out, STR("stateMachineVersionArn"), version.arn);
    json_end_object(call->out);
}

void op_states_delete_state_machine_version(struct op_call *call)
{
    (void)states_done(call,
                      flow_version_delete(call->rooms->flow, call->work, call->ns,
                                          states_str(call, STR("stateMachineVersionArn")), &call->fault));
}

void op_states_list_state_machine_versions(struct op_call *call)
{
    struct str arn = states_str(call, STR("stateMachineArn")), position;
    struct str list = arena_concat(call->arena, STR("versions "), arn);
    size_t max = states_page(call), count = 0;
    struct flow_version *versions = ARENA_ARRAY(call->arena, struct flow_version, max);
    uint32_t at = 0;
    if (!states_token_in(call, list, &position))
        return;
    if (!str_empty(position) && !key_read_u32(&position, &at)) {
        fault_set(&call->fault, call->arena, FAULT_INVALID_TOKEN, "Invalid Token: 'Invalid token'");
        return;
    }
    if (!flow_version_list(call->reader, call->arena, call->ns, arn, &at, max, versions, &count,
                           &call->fault))
        return;
    struct json_writer *out = call->out;
    json_begin_object(out);
    json_key(out, STR("stateMachineVersions"));
    json_begin_array(out);
    for (size_t i = 0; i < count; i++) {
        json_begin_object(out);
        json_put_member_str(out, STR("stateMachineVersionArn"), versions[i].arn);
        json_put_member_time(out, STR("creationDate"), versions[i].created_ms);
        json_end_object(out);
    }
    json_end_array(out);
    if (at != 0) {
        struct key bytes = { 0 };
        key_u32(&bytes, at);
        states_token_out(call, list, key_str(&bytes));
    }
    json_end_object(out);
}

/* ---- aliases ---- */

/* NULL when the input has no routes; their number and weights are checked by the shape. */
static const struct flow_alias *in_routes(struct op_call *call, struct flow_alias *alias)
{
    const struct json *routes = json_get_typed(call->input, STR("routingConfiguration"), JSON_ARRAY);
    for (uint32_t i = 0; routes && i < routes->count && i < FLOW_ROUTES_MAX; i++) {
        const struct json *weight = json_get_typed(&routes->items[i], STR("weight"), JSON_NUMBER);
        int64_t number = 0;
        if (weight)
            (void)json_number_i64(weight->text, &number);
        alias->routes[i] =
            (struct flow_route){ json_get_str(&routes->items[i], STR("stateMachineVersionArn")),
                                 (uint32_t)number };
        alias->route_count = i + 1;
    }
    return routes ? alias : NULL;
}

void op_states_create_state_machine_alias(struct op_call *call)
{
    struct flow_alias alias = { .name = states_str(call, STR("name")),
                                .description = states_str(call, STR("description")) };
    (void)in_routes(call, &alias);
    if (!states_done(call, flow_alias_create(call->rooms->flow, call->work, call->ns, &alias, &call->fault)))
        return;
    json_begin_object(call->out);
    json_put_member_str(call->out, STR("stateMachineAliasArn"), alias.arn);
    json_put_member_time(call->out, STR("creationDate"), alias.created_ms);
    json_end_object(call->out);
}

void op_states_update_state_machine_alias(struct op_call *call)
{
    struct flow_alias alias = { 0 };
    const struct json *description = json_get(call->input, STR("description"));
    const struct flow_alias *routes = in_routes(call, &alias);
    int64_t updated_ms;
    if (!description && !routes) {
        states_refuse(call, "Either the description or the routing configuration must be specified");
        return;
    }
    if (!states_done(call, flow_alias_update(call->rooms->flow, call->work, call->ns,
                                             states_str(call, STR("stateMachineAliasArn")),
                                             description ? &description->text : NULL, routes, &updated_ms,
                                             &call->fault)))
        return;
    json_begin_object(call->out);
    json_put_member_time(call->out, STR("updateDate"), updated_ms);
    json_end_object(call->out);
}

void op_states_delete_state_machine_alias(struct op_call *call)
{
    (void)states_done(call, flow_alias_delete(call->work, call->ns,
                                              states_str(call, STR("stateMachineAliasArn")), &call->fault));
}

void op_states_describe_state_machine_alias(struct op_call *call)
{
    struct flow_alias alias;
    if (!flow_alias_describe(call->reader, call->arena, call->ns,
                             states_str(call, STR("stateMachineAliasArn")), &alias, &call->fault))
        return;
    struct json_writer *out = call->out;
    json_begin_object(out);
    json_put_member_str(out, STR("stateMachineAliasArn"), alias.arn);
    json_put_member_str(out, STR("name"), alias.name);
    if (!str_empty(alias.description))
        json_put_member_str(out, STR("description"), alias.description);
    json_key(out, STR("routingConfiguration"));
    json_begin_array(out);
    for (size_t i = 0; i < alias.route_count; i++) {
        json_begin_object(out);
        json_put_member_str(out, STR("stateMachineVersionArn"), alias.routes[i].version_arn);
        json_put_member_i64(out, STR("weight"), alias.routes[i].weight);
        json_end_object(out);
    }
    json_end_array(out);
    json_put_member_time(out, STR("creationDate"), alias.created_ms);
    json_put_member_time(out, STR("updateDate"), alias.updated_ms);
    json_end_object(out);
}

void op_states_list_state_machine_aliases(struct op_call *call)
{
    struct str arn = states_str(call, STR("stateMachineArn")), after;
    struct str list = arena_concat(call->arena, STR("aliases "), arn);
    size_t max = states_page(call), count = 0;
    struct flow_alias *aliases = ARENA_ARRAY(call->arena, struct flow_alias, max);
    bool more;
    if (!states_token_in(call, list, &after) ||
        !flow_alias_list(call->reader, call->arena, call->ns, arn, after, max, aliases, &count, &more,
                         &call->fault))
        return;
    struct json_writer *out = call->out;
    json_begin_object(out);
    json_key(out, STR("stateMachineAliases"));
    json_begin_array(out);
    for (size_t i = 0; i < count; i++) {
        json_begin_object(out);
        json_put_member_str(out, STR("stateMachineAliasArn"), aliases[i].arn);
        json_put_member_time(out, STR("creationDate"), aliases[i].created_ms);
        json_end_object(out);
    }
    json_end_array(out);
    if (more)
        states_token_out(call, list, aliases[count - 1].name);
    json_end_object(out);
}
