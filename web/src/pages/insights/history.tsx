// The queries that were started: each can be looked at, or taken up again.
import Button from "@cloudscape-design/components/button";
import SpaceBetween from "@cloudscape-design/components/space-between";
import { describeQueries, type QueryInfo } from "../../api/insights";
import { useAnswer } from "../../api/use_answer";
import { CopyCommand } from "../../cli/copy_command";
import { bytesText } from "../../format";
import { Failure } from "../../shell/failure";
import { List, type Column } from "../../shell/list";
import { Said } from "../../shell/said";
import { timeText } from "../../shell/time";
import { QueryState } from "./results";

const SHOWN_MAX = 200;

const columnsOf = (load: (query: QueryInfo) => void): readonly Column<QueryInfo>[] => [
  {
    id: "time",
    header: "Started",
    isRowHeader: true,
    cell: (query) => (
      <Button variant="inline-link" onClick={() => load(query)}>
        {timeText(query.createTime / 1000)}
      </Button>
    ),
  },
  { id: "status", header: "Status", cell: (query) => <QueryState status={query.status} /> },
  { id: "query", header: "Query", cell: (query) => <Said text={query.queryString} /> },
  { id: "group", header: "Log group", cell: (query) => <Said text={query.logGroupName ?? "several"} /> },
  { id: "duration", header: "Took", cell: (query) => (query.queryDuration === undefined ? "-" : `${query.queryDuration} ms`) },
  { id: "bytes", header: "Scanned", cell: (query) => bytesText(query.bytesScanned ?? 0) },
];

export function History({ load }: { load: (query: QueryInfo) => void }) {
  const input = { maxResults: SHOWN_MAX };
  const { data, error, reload } = useAnswer((signal) => describeQueries(input, { signal }));
  return (
    <SpaceBetween size="m">
      {error && <Failure error={error} retry={reload} />}
      <List
        title="History"
        description="Choose one to see what it found, or to run it again."
        items={data?.queries}
        columns={columnsOf(load)}
        keyOf={(query) => query.queryId}
        textOf={(query) => `${query.queryString} ${query.logGroupName ?? ""} ${query.status}`}
        empty="No query was started yet"
        actions={
          <>
            <Button iconName="refresh" ariaLabel="Ask again" onClick={reload} />
            <CopyCommand service="logs" operation="DescribeQueries" input={input} />
          </>
        }
      />
    </SpaceBetween>
  );
}
