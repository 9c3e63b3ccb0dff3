/* bus_target.c - what a rule may send to. */
#include "bus/bus_impl.h"

/* The services whose ARNs are targets, and the kind each is. */
static const struct {
    struct str service, resource, kind;
} target_arns[] = {
    { { "logs", 4 }, { "log-group:", 10 }, { "log-group", 9 } },
    { { "states", 6 }, { "stateMachine:", 13 }, { "state-machine", 13 } },
    { { "events", 6 }, { "event-bus/", 10 }, { "event-bus", 9 } },
    { { "null", 4 }, { "", 0 }, { "null", 4 } },
};

/* Blocks of parameters for kinds of target that are not built. (SqsParameters the
 * service accepts with any.) */
static const char *const other_parameters[] = {
    "KinesisParameters",
    "RunCommandParameters",
    "EcsParameters",
    "BatchParameters",
    "HttpParameters",
    "RedshiftDataParameters",
    "SageMakerPipelineParameters",
    "AppSyncParameters",
};

bool bus_target_kind(struct str text, struct str *ret_kind, struct ns *ret_ns)
{
    struct arn arn;
    if (!arn_parse(text, &arn))
        return false;
    for (size_t i = 0; i < sizeof(target_arns) / sizeof(target_arns[0]); i++) {
        if (!str_eq(arn.service, target_arns[i].service) ||
            !str_starts(arn.resource, target_arns[i].resource) ||
            arn.resource.len == target_arns[i].resource.len)
            continue;
        *ret_kind = target_arns[i].kind;
        *ret_ns = (struct ns){ arn.account, arn.region };
        return true;
    }
    return false;
}

static bool refuse(struct arena *arena, struct str arn, const char *why, struct fault *reterr)
{
    return fault_set(reterr, arena, FAULT_VALIDATION, "Parameter %.*s is not valid. Reason: %s", STR_ARG(arn),
                     why);
}

static bool arn_check(const struct bus *bus, struct arena *arena, struct ns ns, struct str text,
                      struct str *ret_kind, struct fault *reterr)
{
    struct arn arn;
    struct ns target_ns;
    if (!arn_parse(text, &arn) || !arn.partition.len || !arn.service.len || !arn.resource.len)
        return refuse(arena, text, "Provided Arn is not in correct format.", reterr);
    if (!bus_target_kind(text, ret_kind, &target_ns) || !deliver_knows(bus->deliver, *ret_kind))
        return fault_set(
            reterr, arena, FAULT_VALIDATION,
            "Parameter %.*s is not valid. Reason: Crema has no targets of the service %.*s of this kind "
            "yet; it has log groups, state machines and event buses.",
            STR_ARG(text), STR_ARG(arn.service));
    if (!str_eq(arn.partition, STR("aws")))
        return refuse(arena, text, "Targets in another partition are not supported.", reterr);
    if (!str_eq(target_ns.account, ns.account))
        return refuse(arena, text, "Targets in another account are not supported.", reterr);
    bool other_region = !str_eq(target_ns.region, ns.region);
    if (other_region && !str_eq(*ret_kind, STR("event-bus")))
        return refuse(arena, text, "Provided Arn is in another region; only event buses may be.", reterr);
    if (str_eq(*ret_kind, STR("state-machine")) &&
        str_find_char(str_from_offset(arn.resource, strlen("stateMachine:")), ':') != STR_NOT_FOUND)
        return refuse(arena, text, "Versions and aliases of state machines are not supported yet.", reterr);
    return true;
}

bool bus_target_check(const struct bus *bus, struct arena *arena, struct ns ns, const struct json *target,
                      struct fault *reterr)
{
    struct str id = json_get_str(target, STR("Id")), arn = json_get_str(target, STR("Arn")), kind;
    if (!arn_check(bus, arena, ns, arn, &kind, reterr))
        return false;
    for (size_t i = 0; i < sizeof(other_parameters) / sizeof(other_parameters[0]); i++)
        if (json_get(target, str_from(other_parameters[i])))
            return fault_set(reterr, arena, FAULT_VALIDATION,
                             "Parameter(s) %s not supported for target: %.*s.", other_parameters[i],
                             STR_ARG(id));
    if (json_get(target, STR("DeadLetterConfig")))
        return fault_set(reterr, arena, FAULT_UNKNOWN_OPERATION,
                         "DeadLetterConfig for target %.*s is not supported by Crema yet.", STR_ARG(id));
    const struct bus_input *ignored;
    return bus_input_compile(arena, target, kind, &ignored, reterr);
}

static int64_t number_of(const struct json *object, struct str key, int64_t otherwise)
{
    const struct json *number = json_get_typed(object, key, JSON_NUMBER);
    int64_t value;
    return number && json_number_i64(number->text, &value) ? value : otherwise;
}

bool bus_target_compile(struct arena *arena, const struct json *target, struct route_target *ret)
{
    struct route_target t = {
        .arn = arena_copy(arena, json_get_str(target, STR("Arn"))),
        .id = arena_copy(arena, json_get_str(target, STR("Id"))),
    };
    if (!bus_target_kind(t.arn, &t.kind, &t.ns))
        return false;
    struct fault ignored = { 0 };
    if (!bus_input_compile(arena, target, t.kind, &t.input, &ignored))
        return false;
    const struct json *policy = json_get(target, STR("RetryPolicy"));
    int64_t retries = number_of(policy, STR("MaximumRetryAttempts"), -1);
    if (retries >= 0)
        t.attempts_max = (uint32_t)retries + 1; /* the first is no retry */
    t.age_max_ms = number_of(policy, STR("MaximumEventAgeInSeconds"), 0) * 1000;
    *ret = t;
    return true;
}
