// CloudWatch Logs' operations that the pages use. Times are epoch milliseconds.
import { call, type Call, type CallOptions } from "./client";
import { everything } from "./everything";

export interface LogGroup {
  logGroupName: string;
  arn: string;
  creationTime: number;
  retentionInDays?: number;
  storedBytes?: number;
}
export interface LogStream {
  logStreamName: string;
  creationTime: number;
  firstEventTimestamp?: number;
  lastEventTimestamp?: number;
  lastIngestionTime?: number;
}
export interface LogEvent {
  timestamp: number;
  message: string;
  ingestionTime: number;
  eventId?: string;
  logStreamName?: string;
}

const logs = <Output>(operation: string) => (input: object, options?: CallOptions) => call<Output>("logs", operation, input, options);

export const describeGroups = logs<{ logGroups: LogGroup[]; nextToken?: string }>("DescribeLogGroups");
export const describeStreams = logs<{ logStreams: LogStream[]; nextToken?: string }>("DescribeLogStreams");
export const getEvents = logs<{ events: LogEvent[]; nextForwardToken: string; nextBackwardToken: string }>("GetLogEvents");
export const filterEvents = logs<{ events: LogEvent[]; nextToken?: string }>("FilterLogEvents");

const GROUPS_MAX = 2000;

export const allGroups = (options: CallOptions) =>
  everything(async (token) => {
    const page = await describeGroups({ limit: 50, nextToken: token }, options);
    return { items: page.logGroups, next: page.nextToken };
  }, GROUPS_MAX);

export const callsToDeleteGroup = (logGroupName: string): Call[] => [{ service: "logs", operation: "DeleteLogGroup", input: { logGroupName } }];
