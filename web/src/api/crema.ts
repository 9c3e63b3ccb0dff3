// Crema's own operations, as docs/reference/extensions.md has them. Times are epoch seconds.
import { call, type CallOptions } from "./client";

export interface ActivityPoint {
  Time: number; // the interval's start
  Events: number;
  Matches: number; // deliveries that rules made
  Delivered: number;
  Retried: number;
  Rejected: number;
  MissingBus: number;
  ExecutionsStarted: number;
  ExecutionsSucceeded: number;
  ExecutionsFailed: number;
}

export interface Activity {
  Version: string;
  Time: number;
  StartTime: number;
  StoreBytes: number;
  IntervalSeconds: number;
  Points: ActivityPoint[]; // oldest first; the last one is still being counted
}

export type EventState = "MATCHED" | "UNMATCHED" | "MISSING_BUS";

export interface RecentEvent {
  EventId: string;
  EventBusName: string;
  State: EventState;
  Source: string;
  DetailType: string;
  Time: number; // when it arrived
  Rules: number;
  Deliveries: number;
  Delivered: number;
  Rejected: number;
  Event?: string; // the envelope, JSON; absent when it was too large to keep
  EventBytes: number;
  EmittedBy?: string; // the execution that put it
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
  Limit?: number;
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
  LogGroupName?: string;
  LogStreamName?: string;
  LogEventTime?: number;
  ExecutionArn?: string;
  EventBusName?: string;
  Emitted?: EventLink[]; // by the execution it started
}

export interface EventLink {
  EventId: string;
  EventBusName: string;
  Source: string;
  DetailType: string;
  Time: number;
}

export interface EventTrace {
  Since: number;
  Hops: (RecentEvent & { DeliveriesMade: TracedDelivery[] })[]; // the bus it was put on, then those it was handed on to
  EmittedBy?: { ExecutionArn: string; EventId?: string };
}

export interface ExecutionTrace {
  Since: number;
  StartedBy?: EventLink & { RuleArn: string; TargetId: string };
  Emitted: EventLink[];
}

export const getActivity = (input: { Resolution?: "SECOND" | "MINUTE"; Limit?: number } = {}, options?: CallOptions) =>
  call<Activity>("crema", "GetActivity", input, options);
export const listRecentEvents = (input: RecentEventsInput = {}, options?: CallOptions) =>
  call<RecentEvents>("crema", "ListRecentEvents", input, options);
export const getEventTrace = (eventId: string, options?: CallOptions) =>
  call<EventTrace>("crema", "GetEventTrace", { EventId: eventId }, options);
export const getExecutionTrace = (executionArn: string, options?: CallOptions) =>
  call<ExecutionTrace>("crema", "GetExecutionTrace", { ExecutionArn: executionArn }, options);
