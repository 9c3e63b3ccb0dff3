// Crema's own operations, as docs/reference/extensions.md has them. Times are epoch seconds.
import { call, type CallOptions } from "./client";
import type { TargetInput } from "./events";

export interface ActivityPoint {
  Time: number; // the interval's start
  Events: number;
  Matches: number; // deliveries that rules made of them
  Delivered: number;
  Retried: number;
  Rejected: number;
  MissingBus: number;
  ExecutionsStarted: number;
  ExecutionsSucceeded: number;
  ExecutionsFailed: number;
  Commands: number; // of the writer
}

export interface Activity {
  Version: string;
  Time: number;
  StartTime: number;
  StoreBytes: number;
  JournalBytes: number; // of them
  IntervalSeconds: number;
  Points: ActivityPoint[]; // oldest first; the last minute is still being counted
}

export type EventState = "MATCHED" | "UNMATCHED" | "MISSING_BUS";

export interface EventLink {
  EventId: string;
  EventBusName: string;
  State: EventState;
  Source: string;
  DetailType: string;
  ArrivalTime: number;
}

export interface RecentEvent extends EventLink {
  RuleCount: number;
  DeliveryCount: number;
  DeliveredCount: number;
  RejectedCount: number; // the others are still under way
  EmittedBy?: string; // ARN of the execution that put it
  Hops: number;
  EventBytes: number;
  Event?: string; // the envelope, JSON; absent when it was too large to keep
}

export interface RecentEvents {
  Since: number; // nothing older is known
  Events: RecentEvent[]; // newest first
  NextToken?: string; // further back
  NewestToken: string; // as FromToken: what came after this answer
}

export interface RecentEventsInput {
  EventBusName?: string;
  State?: EventState;
  Source?: string;
  DetailType?: string;
  Limit?: number; // 50, at most 200
  NextToken?: string;
  FromToken?: string;
}

export type DeliveryState = "PENDING" | "RETRYING" | "DELIVERED" | "REJECTED";

export interface TracedDelivery {
  RuleArn: string;
  TargetId: string;
  TargetArn: string;
  State: DeliveryState;
  Attempts: number;
  ErrorCode?: string;
  ErrorMessage?: string;
  // Where it arrived: a log event, an execution and what it has put on buses so far, a bus.
  LogGroupName?: string;
  LogStreamName?: string;
  LogEventTime?: number;
  ExecutionArn?: string;
  Emitted?: EventLink[];
  EventBusName?: string;
}

export interface EventTrace {
  Since: number;
  EventId: string;
  EmittedBy?: string;
  StateName?: string; // of that execution, and the entered event's id in its history
  StateEnteredEventId?: number;
  Hops: (RecentEvent & { Deliveries: TracedDelivery[] })[]; // the bus it was put on, then those it was handed on to
}

export interface ExecutionTrace {
  Since: number;
  StartedBy?: EventLink & { RuleArn: string; TargetId: string };
  Emitted: EventLink[];
}

export interface InboxEntry {
  Number: number;
  Time: number;
  Reason: string;
  EventBusName?: string;
  EventId?: string;
  RuleArn?: string;
  TargetId?: string;
  TargetArn?: string;
  Attempts?: number;
  ErrorCode?: string;
  ErrorMessage?: string;
  EventBytes?: number;
  Event?: string;
}

export interface TestTargetInput {
  Event: string;
  Rule: string;
  EventBusName: string;
  Target: { Id: string; Arn?: string } & TargetInput;
}

export interface TestedInput {
  Payload?: string;
  LogEventTime?: number; // of a log group's transformer: the payload is the message
  ErrorCode?: string;
  ErrorMessage?: string;
}

export interface Finding {
  Place: string;
  Kind: string;
  Test: string; // JSON
  Values?: string[]; // JSON texts; none: nothing stands there
  ValuesMore?: number;
  Passed: boolean;
}

export interface Explanation {
  Matched: boolean;
  Clauses: number;
  ClausesPassed: number;
  DividedPlace?: string; // an array of which no single item has all that is asked for
  Alternative: number;
  Alternatives: number;
  Findings: Finding[];
}

export const getActivity = (input: { Resolution?: "SECOND" | "MINUTE"; Limit?: number } = {}, options?: CallOptions) =>
  call<Activity>("crema", "GetActivity", input, options);
export const listRecentEvents = (input: RecentEventsInput = {}, options?: CallOptions) =>
  call<RecentEvents>("crema", "ListRecentEvents", input, options);
// By the event's id, or by the log stream that it was written to.
export const getEventTrace = (
  input: { EventId: string } | { LogGroupName: string; LogStreamName: string },
  options?: CallOptions,
) => call<EventTrace>("crema", "GetEventTrace", input, options);
export const getExecutionTrace = (executionArn: string, options?: CallOptions) =>
  call<ExecutionTrace>("crema", "GetExecutionTrace", { ExecutionArn: executionArn }, options);
export const listInbox = (input: { Limit?: number; NextToken?: string } = {}, options?: CallOptions) =>
  call<{ Entries: InboxEntry[]; NextToken?: string }>("crema", "ListInbox", input, options);
// What a target with this input would get of the event, or why it would get nothing.
export const testTargetInput = (input: TestTargetInput, options?: CallOptions) => call<TestedInput>("crema", "TestTargetInput", input, options);
export const explainPattern = (pattern: string, event: string, options?: CallOptions) =>
  call<{ Explanation: Explanation }>("crema", "ExplainPattern", { EventPattern: pattern, Event: event }, options);
