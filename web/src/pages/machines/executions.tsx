// The executions of a state machine, or of a Map Run: status filter, pages, kept in the URL; seen anew every few seconds.
import Link from "@cloudscape-design/components/link";
import Select from "@cloudscape-design/components/select";
import type { ReactNode } from "react";
import { listExecutions, type ExecutionLine, type ExecutionStatus } from "../../api/states";
import { useAnswer } from "../../api/use_answer";
import { durationText } from "../../format";
import { executionLink } from "../../links";
import { setQuery, usePlace } from "../../route";
import { PagedTable } from "../../shell/paged_table";
import { usePaging } from "../../shell/pager";
import { timeText } from "../../shell/time";
import { Status, statusNames, statusText } from "./status";

const PAGE_ITEMS = 50;

function durationOf({ startDate, stopDate }: ExecutionLine): string {
  if (stopDate === undefined) return "-";
  const seconds = stopDate - startDate;
  return seconds < 1 ? `${Math.round(seconds * 1000)} ms` : durationText(seconds);
}

const columns = [
  { id: "name", header: "Name", isRowHeader: true, cell: (one: ExecutionLine) => <Link href={executionLink(one.executionArn)}>{one.name}</Link> },
  { id: "status", header: "Status", minWidth: 150, cell: (one: ExecutionLine) => <Status status={one.status} /> },
  { id: "started", header: "Started", cell: (one: ExecutionLine) => timeText(one.startDate) },
  { id: "ended", header: "End", cell: (one: ExecutionLine) => (one.stopDate === undefined ? "-" : timeText(one.stopDate)) },
  { id: "duration", header: "Duration", cell: durationOf },
];

const options = [{ value: "", label: "All statuses" }, ...statusNames.map((value) => ({ value, label: statusText(value) }))];

export function Executions({ of, empty }: { of: { stateMachineArn: string } | { mapRunArn: string }; empty: ReactNode }) {
  const status = (usePlace().query["status"] ?? "") as ExecutionStatus | "";
  const input = { ...of, ...(status ? { statusFilter: status } : {}) };
  const paging = usePaging(JSON.stringify(input));
  const answer = useAnswer(
    async (signal) => {
      const { executions, nextToken } = await listExecutions({ ...input, maxResults: PAGE_ITEMS, nextToken: paging.token }, { signal });
      return { items: executions, next: nextToken };
    },
    [input, paging.token],
    { everyMs: 3000 },
  );
  return (
    <PagedTable
      title="Executions"
      answer={answer}
      call={{ service: "states", operation: "ListExecutions", input }}
      paging={paging}
      columns={columns}
      keyOf={(execution) => execution.executionArn}
      filter={
        <Select
          ariaLabel="Status"
          selectedOption={options.find(({ value }) => value === status) ?? null}
          options={options}
          onChange={({ detail }) => setQuery({ status: detail.selectedOption.value || undefined })}
        />
      }
      empty={status ? `No executions that are ${statusText(status).toLowerCase()}` : empty}
    />
  );
}
