import StatusIndicator, { type StatusIndicatorProps } from "@cloudscape-design/components/status-indicator";
import type { ExecutionStatus } from "../../api/states";

const kinds: Readonly<Record<ExecutionStatus, readonly [StatusIndicatorProps.Type, string]>> = {
  RUNNING: ["in-progress", "Running"],
  SUCCEEDED: ["success", "Succeeded"],
  FAILED: ["error", "Failed"],
  TIMED_OUT: ["error", "Timed out"],
  ABORTED: ["stopped", "Aborted"],
  PENDING_REDRIVE: ["pending", "Pending redrive"],
};

export const statusNames = Object.keys(kinds) as ExecutionStatus[];
export const statusText = (status: ExecutionStatus): string => kinds[status]?.[1] ?? status;

export function Status({ status }: { status: ExecutionStatus }) {
  return <StatusIndicator type={kinds[status]?.[0] ?? "info"}>{statusText(status)}</StatusIndicator>;
}
