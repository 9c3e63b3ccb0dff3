// CloudWatch Logs Insights' operations. Times are epoch milliseconds, those of StartQuery seconds or milliseconds.
import { call, type CallOptions } from "./client";
import { everything } from "./everything";

export type QueryStatus = "Scheduled" | "Running" | "Complete" | "Failed" | "Cancelled" | "Timeout" | "Unknown";

export interface Field {
  field: string;
  value: string;
}

export interface QueryResults {
  results: Field[][];
  statistics: { recordsMatched: number; recordsScanned: number; bytesScanned: number; logGroupsScanned?: number };
  status: QueryStatus;
  statusReason?: string; // Crema's own: why it failed, or is not known any more
  nextToken?: string;
}

export interface QueryInfo {
  queryId: string;
  queryString: string;
  status: QueryStatus;
  createTime: number;
  logGroupName?: string; // when it was of one group
  queryDuration?: number; // ms
  bytesScanned?: number;
}

export interface SavedQuery {
  queryDefinitionId: string;
  name: string;
  queryString: string;
  lastModified: number;
  logGroupNames?: string[];
}

const LISTED_MAX = 1000;

const logs = <Output>(operation: string) => (input: object, options?: CallOptions) => call<Output>("logs", operation, input, options);

export const startQuery = logs<{ queryId: string }>("StartQuery");
export const stopQuery = logs<unknown>("StopQuery");
export const getQueryResults = logs<QueryResults>("GetQueryResults");
export const getLogRecord = logs<{ logRecord: Record<string, string> }>("GetLogRecord");
export const putSavedQuery = logs<{ queryDefinitionId: string }>("PutQueryDefinition");
export const describeQueries = logs<{ queries: QueryInfo[]; nextToken?: string }>("DescribeQueries");

export const savedQueries = (options: CallOptions) =>
  everything(async (nextToken) => {
    const page = await call<{ queryDefinitions: SavedQuery[]; nextToken?: string }>("logs", "DescribeQueryDefinitions", { nextToken }, options);
    return { items: page.queryDefinitions, next: page.nextToken };
  }, LISTED_MAX);
