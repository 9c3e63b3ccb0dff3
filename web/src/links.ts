// Links from one section's pages to another's.
import { href } from "./route";

// The machine of a Map Run's children has the label of the state behind its name; it has no page of its own.
export const machineLink = (arn: string) => href("/machines/:arn", { arn: arn.replace(/\/.*$/, "") });
export const executionLink = (arn: string) => href("/machines/executions/:arn", { arn });
export const groupLink = (group: string) => href("/logs/:group", { group });
export const streamLink = (group: string, stream: string, query?: Record<string, string | undefined>) =>
  href("/logs/:group/streams/:stream", { group, stream }, query);
export const liveLink = (group: string | undefined) => href("/live", {}, { groups: group });
export const insightsLink = (group: string | undefined) => href("/insights", {}, { groups: group });
export const busLink = (bus: string) => href("/buses/:bus", { bus });
export const sendLink = (bus: string) => href("/send", {}, { bus });
export const ruleLink = (bus: string, rule: string, query?: Record<string, string | undefined>) =>
  href("/rules/:bus/:rule", { bus, rule }, query);
export const createRuleLink = (bus: string) => href("/create-rule", {}, { bus });
export const editRuleLink = (bus: string, rule: string) => href("/rules/:bus/:rule/edit", { bus, rule });
export const recentLink = (query?: Record<string, string | undefined>) => href("/recent", {}, query);
export const eventLink = (id: string) => href("/recent/:id", { id });

// "arn:aws:logs:us-east-1:000000000000:log-group:/a/b:*" -> "/a/b"; "arn:...:stateMachine:name" -> "name".
export const lastOfArn = (arn: string): string => arn.split(":").slice(6).join(":") || arn;

// "arn:...:rule/orders/logAll" -> bus and rule; those of the default bus have no bus in it.
export function ruleOfArn(arn: string): { bus: string; rule: string } {
  const parts = arn.split(":rule/").slice(1).join(":rule/").split("/");
  return { bus: parts.slice(0, -1).join("/") || "default", rule: parts[parts.length - 1] || arn };
}

export type TargetKind = "log group" | "state machine" | "event bus" | "other";

// What a target is, what it is called, and its page.
export function targetOfArn(arn: string): { kind: TargetKind; name: string; link: string | undefined } {
  const service = arn.split(":")[2];
  const rest = arn.split(":").slice(5).join(":");
  if (service === "logs" && rest.startsWith("log-group:")) {
    const name = rest.slice("log-group:".length).replace(/:\*$/, "");
    return { kind: "log group", name, link: groupLink(name) };
  }
  if (service === "states" && rest.startsWith("stateMachine:")) return { kind: "state machine", name: rest.slice("stateMachine:".length), link: machineLink(arn) };
  if (service === "events" && rest.startsWith("event-bus/")) {
    const name = rest.slice("event-bus/".length);
    return { kind: "event bus", name, link: busLink(name) };
  }
  return { kind: "other", name: arn, link: undefined };
}
