// Buses, rules and targets, as EventBridge has them.
import { call, type Call, type CallOptions, type Service } from "./client";

export interface Bus {
  Name: string;
  Arn: string;
  Description?: string;
  CreationTime?: number;
  LastModifiedTime?: number;
}

export interface Rule {
  Name: string;
  Arn: string;
  EventBusName: string;
  State: string;
  EventPattern?: string;
  ScheduleExpression?: string;
  Description?: string;
}

export interface InputTransformer {
  InputPathsMap?: Record<string, string>;
  InputTemplate: string;
}

// One of them at most.
export interface TargetInput {
  Input?: string;
  InputPath?: string;
  InputTransformer?: InputTransformer;
}

export interface Target extends TargetInput {
  Id: string;
  Arn: string;
  RoleArn?: string;
}

export interface Tag {
  Key: string;
  Value: string;
}

export interface Entry {
  EventBusName: string;
  Source: string;
  DetailType: string;
  Detail: string;
  Resources?: string[];
}

export interface PutEventsAnswer {
  FailedEntryCount: number;
  Entries: { EventId?: string; ErrorCode?: string; ErrorMessage?: string }[];
}

export interface Found<Item> {
  items: Item[];
  more: boolean; // there are others, which were not asked for
}

const ITEMS_MAX = 2000;

// The items of a list operation, page after page.
export async function listAll<Item>(
  service: Service,
  operation: string,
  input: object,
  member: string,
  options?: CallOptions,
): Promise<Found<Item>> {
  const token = service === "events" ? "NextToken" : "nextToken";
  const items: Item[] = [];
  let next: unknown;
  do {
    const answer = await call<Record<string, unknown>>(service, operation, next ? { ...input, [token]: next } : input, options);
    items.push(...((answer[member] ?? []) as Item[]));
    next = answer[token];
  } while (next && items.length < ITEMS_MAX);
  return { items, more: Boolean(next) };
}

export const listBuses = (options?: CallOptions) => listAll<Bus>("events", "ListEventBuses", {}, "EventBuses", options);
export const listRules = (bus: string, options?: CallOptions) =>
  listAll<Rule>("events", "ListRules", { EventBusName: bus }, "Rules", options);
export const listTargets = (bus: string, rule: string, options?: CallOptions) =>
  listAll<Target>("events", "ListTargetsByRule", { EventBusName: bus, Rule: rule }, "Targets", options);
export const listTags = async (arn: string, options?: CallOptions) =>
  (await call<{ Tags?: Tag[] }>("events", "ListTagsForResource", { ResourceARN: arn }, options)).Tags ?? [];
export const describeRule = (bus: string, rule: string, options?: CallOptions) =>
  call<Rule>("events", "DescribeRule", { EventBusName: bus, Name: rule }, options);
export const putEvents = (entries: readonly Entry[], options?: CallOptions) =>
  call<PutEventsAnswer>("events", "PutEvents", { Entries: entries }, options);

// A bus or a rule goes when nothing hangs on it: its rules, their targets.
export async function callsToDeleteRule(bus: string, rule: string): Promise<Call[]> {
  const { items } = await listTargets(bus, rule);
  const pieces = Array.from({ length: Math.ceil(items.length / 100) }, (_, at) => items.slice(at * 100, (at + 1) * 100));
  return [
    ...pieces.map((piece): Call => ({ service: "events", operation: "RemoveTargets", input: { EventBusName: bus, Rule: rule, Ids: piece.map(({ Id }) => Id) } })),
    { service: "events", operation: "DeleteRule", input: { EventBusName: bus, Name: rule } },
  ];
}

export async function callsToDeleteBus(bus: string): Promise<Call[]> {
  const { items } = await listRules(bus);
  const rules: Call[] = [];
  for (const { Name } of items) rules.push(...(await callsToDeleteRule(bus, Name)));
  return [...rules, { service: "events", operation: "DeleteEventBus", input: { Name: bus } }];
}

export const callToTurn = (bus: string, rule: string, on: boolean): Call => ({
  service: "events",
  operation: on ? "EnableRule" : "DisableRule",
  input: { EventBusName: bus, Name: rule },
});
