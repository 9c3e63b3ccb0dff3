// CloudWatch Logs' operations that the pages use. Times are epoch milliseconds.
import { call, type CallOptions } from "./client";

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
export const createGroup = logs<unknown>("CreateLogGroup");
export const deleteGroup = logs<unknown>("DeleteLogGroup");
export const putRetention = logs<unknown>("PutRetentionPolicy");
export const deleteRetention = logs<unknown>("DeleteRetentionPolicy");
export const describeStreams = logs<{ logStreams: LogStream[]; nextToken?: string }>("DescribeLogStreams");
export const getEvents = logs<{ events: LogEvent[]; nextForwardToken: string; nextBackwardToken: string }>("GetLogEvents");
export const filterEvents = logs<{ events: LogEvent[]; nextToken?: string }>("FilterLogEvents");
