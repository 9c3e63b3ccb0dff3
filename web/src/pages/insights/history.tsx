// The queries that were started: each can be looked at, or taken up again.
import Button from "@cloudscape-design/components/button";
import { describeQueries, type QueryInfo } from "../../api/insights";
import { useAnswer } from "../../api/use_answer";
import { bytesText } from "../../format";
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
  { id: "status", header: "Status", minWidth: 140, cell: (query) => <QueryState status={query.status} /> },
  { id: "query", header: "Query", cell: (query) => <Said text={query.queryString} /> },
  { id: "group", header: "Log group", cell: (query) => <Said text={query.logGroupName ?? "several"} /> },
  { id: "duration", header: "Took", cell: (query) => (query.queryDuration === undefined ? "-" : `${query.queryDuration} ms`) },
  { id: "bytes", header: "Scanned", cell: (query) => bytesText(query.bytesScanned ?? 0) },
];

export function History({ load }: { load: (query: QueryInfo) => void }) {
  const input = { maxResults: SHOWN_MAX };
  const answer = useAnswer(async (signal) => {
    const { queries, nextToken } = await describeQueries(input, { signal });
    return { items: queries, more: nextToken !== undefined };
  });
  return (
    <List
      title="History"
      description="Choose one to see what it found, or to run it again."
      answer={answer}
      call={{ service: "logs", operation: "DescribeQueries", input }}
      columns={columnsOf(load)}
      keyOf={(query) => query.queryId}
      textOf={(query) => `${query.queryString} ${query.logGroupName ?? ""} ${query.status}`}
      empty="No query was started yet"
    />
  );
}
