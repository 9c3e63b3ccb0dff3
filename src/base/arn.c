#include "base/arn.h"

bool arn_parse(struct str text, struct arn *ret)
{
    struct str head, rest;
    if (!str_cut(text, ':', &head, &rest) || !str_eq(head, STR("arn")))
        return false;
    if (!str_cut(rest, ':', &ret->partition, &rest) || !str_cut(rest, ':', &ret->service, &rest) ||
        !str_cut(rest, ':', &ret->region, &rest) || !str_cut(rest, ':', &ret->account, &rest))
        return false;
    ret->resource = rest;
    return true;
}

struct str arn_make(struct arena *arena, struct ns ns, struct str service, struct str resource)
{
    return arena_printf(arena, "arn:aws:%.*s:%.*s:%.*s:%.*s", STR_ARG(service), STR_ARG(ns.region),
                        STR_ARG(ns.account), STR_ARG(resource));
}

bool arn_in(const struct arn *arn, struct ns ns)
{
    return str_eq(arn->partition, STR("aws")) && str_eq(arn->region, ns.region) &&
           str_eq(arn->account, ns.account);
}
