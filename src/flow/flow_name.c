/* Names and ARNs of machines and executions. */
#include "base/utf8.h"
#include "flow/flow_impl.h"

bool name_check(struct arena *arena, struct str name, struct fault *reterr)
{
    static const char refused[] = "<>{}[]?*\"#%\\^|~`$&,;:/";
    bool good = !str_empty(name) && utf8_count(name) <= NAME_CHARACTERS_MAX;
    for (size_t i = 0; good && i < name.len;) {
        uint32_t c;
        i += utf8_decode(str_from_offset(name, i), &c);
        bool control = c <= 0x20 || (c >= 0x7F && c <= 0x9F) || c == 0xFFFE || c == 0xFFFF;
        good = !control && !(c < 0x80 && strchr(refused, (int)c));
    }
    if (good)
        return true;
    fault_set(reterr, arena, FAULT_INVALID_NAME, "Invalid Name");
    /* Not by format: the name may hold a NUL, and is told whole. */
    reterr->text = arena_concat(arena, arena_concat(arena, STR("Invalid Name: '"), name), STR("'"));
    return false;
}

bool states_arn_read(struct arena *arena, struct ns ns, struct str text, struct str *ret_type,
                     struct str *ret_rest, bool *ret_here, struct fault *reterr)
{
    struct arn arn;
    if (!arn_parse(text, &arn) || !str_eq(arn.service, STR("states")))
        return fault_set(reterr, arena, FAULT_INVALID_ARN, "Invalid Arn: 'Invalid ARN prefix: %.*s'",
                         STR_ARG(text));
    *ret_here = arn_in(&arn, ns);
    (void)str_cut(arn.resource, ':', ret_type, ret_rest);
    return true;
}

bool states_type_wrong(struct arena *arena, struct str type, struct fault *reterr)
{
    return fault_set(reterr, arena, FAULT_INVALID_ARN,
                     "Invalid Arn: 'Resource type not valid in this context: %.*s'", STR_ARG(type));
}

bool machine_arn_read(struct arena *arena, struct ns ns, struct str arn, struct str *ret_name,
                      struct fault *reterr)
{
    struct str type, name;
    bool here = false;
    if (!states_arn_read(arena, ns, arn, &type, &name, &here, reterr))
        return false;
    if (!str_eq(type, STR("stateMachine")))
        return states_type_wrong(arena, type, reterr);
    if (str_find_char(name, '/') != STR_NOT_FOUND)
        return fault_set(
            reterr, arena, FAULT_VALIDATION,
            "The ARN must be of a state machine, not of a Distributed Map state in it. Received: "
            "%.*s",
            STR_ARG(arn));
    if (!here || str_empty(name) || str_find_char(name, ':') != STR_NOT_FOUND)
        return fault_set(reterr, arena, FAULT_MACHINE_NOT_FOUND, "State Machine Does Not Exist: '%.*s'",
                         STR_ARG(arn));
    *ret_name = name;
    return true;
}

bool execution_arn_read(struct arena *arena, struct ns ns, struct str arn, struct str *ret_machine,
                        struct str *ret_name, struct fault *reterr)
{
    struct str type, rest;
    bool here = false;
    if (!states_arn_read(arena, ns, arn, &type, &rest, &here, reterr))
        return false;
    if (!str_eq(type, STR("execution")))
        return states_type_wrong(arena, type, reterr);
    if (!here || !str_cut(rest, ':', ret_machine, ret_name) || str_empty(*ret_name))
        return fault_set(reterr, arena, FAULT_EXECUTION_NOT_FOUND, "Execution Does Not Exist: '%.*s'",
                         STR_ARG(arn));
    return true;
}

struct str machine_arn_make(struct arena *arena, struct ns ns, struct str name)
{
    return arn_make(arena, ns, STR("states"), arena_concat(arena, STR("stateMachine:"), name));
}

struct str execution_arn_make(struct arena *arena, struct ns ns, struct str machine, struct str name)
{
    return arena_printf(arena, "arn:aws:states:%.*s:%.*s:execution:%.*s:%.*s", STR_ARG(ns.region),
                        STR_ARG(ns.account), STR_ARG(machine), STR_ARG(name));
}

struct str express_arn_make(struct arena *arena, struct ns ns, struct str machine, struct str name,
                            struct str uuid)
{
    return arena_printf(arena, "arn:aws:states:%.*s:%.*s:express:%.*s:%.*s:%.*s", STR_ARG(ns.region),
                        STR_ARG(ns.account), STR_ARG(machine), STR_ARG(name), STR_ARG(uuid));
}
