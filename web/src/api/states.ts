// Step Functions' operations that the pages use. Times are epoch seconds.
import type { HistoryEvent } from "../graph/history";
import { call, type Call, type CallOptions } from "./client";

export type ExecutionStatus = "RUNNING" | "SUCCEEDED" | "FAILED" | "TIMED_OUT" | "ABORTED" | "PENDING_REDRIVE";

export interface Machine {
  stateMachineArn: string;
  name: string;
  type: "STANDARD" | "EXPRESS";
  creationDate: number;
}
export interface MachineDetails extends Machine {
  status: string;
  definition: string;
  roleArn: string;
  description?: string;
  revisionId?: string;
  updateDate?: number;
}
export interface ExecutionLine {
  executionArn: string;
  stateMachineArn: string;
  name: string;
  status: ExecutionStatus;
  startDate: number;
  stopDate?: number;
  redriveCount?: number;
}
export interface ExecutionDetails extends ExecutionLine {
  input?: string;
  output?: string;
  error?: string;
  cause?: string;
  redriveDate?: number;
  redriveStatus?: "REDRIVABLE" | "NOT_REDRIVABLE" | "REDRIVABLE_BY_MAP_RUN";
  redriveStatusReason?: string;
  mapRunArn?: string;
  stateMachineVersionArn?: string;
  stateMachineAliasArn?: string;
}
export interface Diagnostic {
  severity: "ERROR" | "WARNING";
  code: string;
  message: string;
  location?: string;
}
export interface SyncResult {
  executionArn: string;
  name: string;
  status: "SUCCEEDED" | "FAILED" | "TIMED_OUT";
  startDate: number;
  stopDate: number;
  output?: string;
  error?: string;
  cause?: string;
}

const states = <Output>(operation: string) => (input: object, options?: CallOptions) => call<Output>("states", operation, input, options);

export const listMachines = states<{ stateMachines: Machine[]; nextToken?: string }>("ListStateMachines");
export const describeMachine = states<MachineDetails>("DescribeStateMachine");
export const createMachine = states<{ stateMachineArn: string }>("CreateStateMachine");
export const updateMachine = states<{ updateDate: number }>("UpdateStateMachine");
export const callsToDeleteMachine = (stateMachineArn: string): Call[] => [{ service: "states", operation: "DeleteStateMachine", input: { stateMachineArn } }];
export const validateDefinition = states<{ result: "OK" | "FAIL"; diagnostics: Diagnostic[]; truncated?: boolean }>("ValidateStateMachineDefinition");
export const listExecutions = states<{ executions: ExecutionLine[]; nextToken?: string }>("ListExecutions");
export const startExecution = states<{ executionArn: string }>("StartExecution");
export const startSyncExecution = states<SyncResult>("StartSyncExecution");
export const describeExecution = states<ExecutionDetails>("DescribeExecution");
export const describeMachineForExecution = states<MachineDetails>("DescribeStateMachineForExecution");
export const getHistory = states<{ events: HistoryEvent[]; nextToken?: string }>("GetExecutionHistory");
