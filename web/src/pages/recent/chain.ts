// The chain of an event as a tree: who put it, the buses it went over, the rules that matched, where each delivery
// arrived, and the events that the executions it started have put.
import type { EventLink, EventTrace, ExecutionTrace, TracedDelivery } from "../../api/crema";

export type ChainNode =
  | { kind: "event"; event: EventLink; here: boolean; next: ChainNode[] }
  | { kind: "rule"; arn: string; bus: string; next: ChainNode[] }
  | { kind: "log" | "execution" | "bus" | "target"; delivery: TracedDelivery; next: ChainNode[] }
  | { kind: "emitter"; arn: string; state: string | undefined; next: ChainNode[] };

const MADE_OF_ONE_MAX = 20; // deliveries below one rule that are drawn

function nodeOf(delivery: TracedDelivery, hops: EventTrace["Hops"], hop: number): ChainNode {
  if (delivery.ExecutionArn)
    return { kind: "execution", delivery, next: (delivery.Emitted ?? []).map((event) => ({ kind: "event", event, here: false, next: [] })) };
  if (delivery.LogGroupName) return { kind: "log", delivery, next: [] };
  if (delivery.EventBusName) {
    const next = hops.findIndex((one, at) => at > hop && one.EventBusName === delivery.EventBusName);
    return { kind: "bus", delivery, next: next < 0 ? [] : rulesOf(hops, next) };
  }
  return { kind: "target", delivery, next: [] };
}

function rulesOf(hops: EventTrace["Hops"], hop: number): ChainNode[] {
  const byRule = new Map<string, TracedDelivery[]>();
  for (const delivery of hops[hop]?.Deliveries ?? []) byRule.set(delivery.RuleArn, [...(byRule.get(delivery.RuleArn) ?? []), delivery]);
  return [...byRule].map(([arn, deliveries]) => ({
    kind: "rule",
    arn,
    bus: hops[hop]?.EventBusName ?? "",
    next: deliveries.slice(0, MADE_OF_ONE_MAX).map((delivery) => nodeOf(delivery, hops, hop)),
  }));
}

// `before`: what is known of the execution that put the event.
export function chainOf(trace: EventTrace, before: ExecutionTrace | undefined): ChainNode[] {
  const first = trace.Hops[0];
  if (!first) return [];
  const event: ChainNode = { kind: "event", event: first, here: true, next: rulesOf(trace.Hops, 0) };
  if (!trace.EmittedBy) return [event];
  const emitter: ChainNode = { kind: "emitter", arn: trace.EmittedBy, state: trace.StateName, next: [event] };
  const origin = before?.StartedBy;
  if (!origin) return [emitter];
  const rule: ChainNode = { kind: "rule", arn: origin.RuleArn, bus: origin.EventBusName, next: [emitter] };
  return [{ kind: "event", event: origin, here: false, next: [rule] }];
}
