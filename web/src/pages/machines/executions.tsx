// The executions of a state machine, or of a Map Run: status filter, pages, kept in the URL; seen anew every few seconds.
import Button from "@cloudscape-design/components/button";
import Link from "@cloudscape-design/components/link";
import Select from "@cloudscape-design/components/select";
import SpaceBetween from "@cloudscape-design/components/space-between";
import Table from "@cloudscape-design/components/table";
import type { ReactNode } from "react";
import { listExecutions, type ExecutionLine, type ExecutionStatus } from "../../api/states";
import { useAnswer } from "../../api/use_answer";
import { CopyCommand } from "../../cli/copy_command";
import { durationText } from "../../format";
import { executionLink } from "../../links";
import { setQuery, usePlace } from "../../route";
import { Failure } from "../../shell/failure";
import { Heading } from "../../shell/heading";
import { Pager, usePaging } from "../../shell/pager";
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
  { id: "status", header: "Status", cell: (one: ExecutionLine) => <Status status={one.status} /> },
  { id: "started", header: "Started", cell: (one: ExecutionLine) => timeText(one.startDate) },
  { id: "ended", header: "End", cell: (one: ExecutionLine) => (one.stopDate === undefined ? "-" : timeText(one.stopDate)) },
  { id: "duration", header: "Duration", cell: durationOf },
];

const options = [{ value: "", label: "All statuses" }, ...statusNames.map((value) => ({ value, label: statusText(value) }))];

export function Executions({ of, empty, actions }: { of: { stateMachineArn: string } | { mapRunArn: string }; empty: ReactNode; actions?: ReactNode }) {
  const status = (usePlace().query["status"] ?? "") as ExecutionStatus | "";
  const input = { ...of, ...(status ? { statusFilter: status } : {}) };
  const paging = usePaging(JSON.stringify(input));
  const { data, error, reload, loading } = useAnswer(
    (signal) => listExecutions({ ...input, maxResults: PAGE_ITEMS, nextToken: paging.token }, { signal }),
    [input, paging.token],
    { everyMs: 3000 },
  );
  return (
    <SpaceBetween size="s">
      {error && <Failure error={error} retry={reload} />}
      <Table
        header={
          <Heading
            actions={
              <>
                <Button iconName="refresh" ariaLabel="Ask again" onClick={reload} />
                <CopyCommand service="states" operation="ListExecutions" input={input} />
                {actions}
              </>
            }
          >
            Executions
          </Heading>
        }
        filter={
          <Select
            ariaLabel="Status"
            selectedOption={options.find(({ value }) => value === status) ?? null}
            options={options}
            onChange={({ detail }) => setQuery({ status: detail.selectedOption.value || undefined })}
          />
        }
        pagination={<Pager paging={paging} next={data?.nextToken} />}
        columnDefinitions={columns}
        items={data?.executions ?? []}
        trackBy="executionArn"
        loading={loading && !data}
        loadingText="Asking the server"
        wrapLines
        empty={status ? `No executions that are ${statusText(status).toLowerCase()}` : empty}
      />
    </SpaceBetween>
  );
}
