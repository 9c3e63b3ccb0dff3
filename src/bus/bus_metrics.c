/* bus_metrics.c - what a bus and its rules count of themselves: CloudWatch's AWS/Events. */
#include "bus/bus_impl.h"

void bus_count_event(struct bus *bus, struct work *work, struct ns ns, struct str bus_name,
                     struct route *route, const struct route_rule *const *rules, size_t rule_count)
{
    struct metrics *metrics = bus->settings.metrics;
    struct metrics_subject of_bus = { METRICS_OF_BUS, ns, { bus_name } };
    const struct metrics_amount of_rules = { EVENTS_RULE_MATCHED | EVENTS_TRIGGERED_RULES, 1 };
    size_t targets = 0;
    if (!metrics || rule_count == 0)
        return;
    for (size_t i = 0; i < rule_count; i++) {
        struct metrics_subject of_rule = { METRICS_OF_RULE, ns, { bus_name, rules[i]->name } };
        metrics_count(metrics, work, &of_rule, rules[i]->meter, &of_rules, 1);
        targets += rules[i]->target_count;
    }
    const struct metrics_amount amounts[] = { { EVENTS_MATCHED, 1 },
                                              { EVENTS_INVOCATIONS_CREATED, (double)targets } };
    metrics_count(metrics, work, &of_bus, &route->meter, amounts, 2);
}

/* arn:aws:events:R:A:rule/NAME of the default bus, rule/BUS/NAME of another. */
static bool subject_of(struct str rule_arn, struct metrics_subject *ret)
{
    struct arn arn;
    struct str name, rest;
    if (!arn_parse(rule_arn, &arn) || !str_starts(arn.resource, STR("rule/")))
        return false;
    bool other = str_cut(str_from_offset(arn.resource, strlen("rule/")), '/', &name, &rest);
    *ret = (struct metrics_subject){ METRICS_OF_RULE,
                                     { arn.account, arn.region },
                                     { other ? name : STR("default"), other ? rest : name } };
    return true;
}

void bus_count_attempt(struct bus *bus, struct work *work, const struct delivery *delivery, bool delivered,
                       bool ended)
{
    struct metrics *metrics = bus->settings.metrics;
    struct metrics_subject rule;
    if (!metrics || !subject_of(delivery->source_arn, &rule))
        return;
    uint32_t once = delivered ? EVENTS_INVOCATIONS | EVENTS_SUCCESSFUL_ATTEMPTS
                    : ended   ? EVENTS_INVOCATIONS | EVENTS_FAILED_INVOCATIONS
                              : 0;
    uint32_t latency = delivered ? EVENTS_SUCCESS_LATENCY : 0;
    if (delivery->attempts > 0) /* else it did not come so far */
        once |= EVENTS_ATTEMPTS;
    if (delivery->attempts > 1)
        once |= EVENTS_RETRY_ATTEMPTS;
    if (delivery->attempts == 1) /* rules have targets inside the server alone: to try is to have tried */
        latency |= EVENTS_START_LATENCY | EVENTS_COMPLETE_LATENCY;
    const struct metrics_amount amounts[] = { { once, 1 },
                                              { latency, (double)(work->now_ms - delivery->created_ms) } };
    metrics_count(metrics, work, &rule, NULL, amounts, 2);
}
