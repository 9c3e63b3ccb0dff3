import type { CallOptions } from "../../api/client";
import { describeRule, listTags, listTargets } from "../../api/events";
import type { Stored } from "./draft";

export async function storedRule(bus: string, name: string, options: CallOptions): Promise<Stored> {
  const [rule, targets] = await Promise.all([describeRule(bus, name, options), listTargets(bus, name, options)]);
  return { rule: { ...rule, EventBusName: bus }, targets: targets.items, tags: await listTags(rule.Arn, options) };
}
