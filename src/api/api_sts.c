#include "api/operations.h"

/* Crema keeps no users: whoever holds an account's key is its root, unless the key has a name of its own. */
void op_sts_get_caller_identity(struct op_call *call)
{
    bool named = !str_empty(call->principal) && !str_eq(call->principal, call->ns.account);
    struct str arn = named ? arena_printf(call->arena, "arn:aws:iam::%.*s:user/%.*s",
                                          STR_ARG(call->ns.account), STR_ARG(call->principal))
                           : arena_printf(call->arena, "arn:aws:iam::%.*s:root", STR_ARG(call->ns.account));
    json_begin_object(call->out);
    json_put_member_str(call->out, STR("UserId"), named ? call->principal : call->ns.account);
    json_put_member_str(call->out, STR("Account"), call->ns.account);
    json_put_member_str(call->out, STR("Arn"), arn);
    json_end_object(call->out);
}
