// A group's streams: by last event, or those whose names begin with a text.
import Input from "@cloudscape-design/components/input";
import Link from "@cloudscape-design/components/link";
import { describeStreams, type LogStream } from "../../api/logs";
import { useAnswer } from "../../api/use_answer";
import { streamLink } from "../../links";
import { setQuery, usePlace } from "../../route";
import { PagedTable } from "../../shell/paged_table";
import { usePaging } from "../../shell/pager";
import { momentText } from "../../shell/time";

export function Streams({ group }: { group: string }) {
  const { query } = usePlace();
  const prefix = query["prefix"] ?? "";
  const input = { logGroupName: group, ...(prefix ? { logStreamNamePrefix: prefix } : { orderBy: "LastEventTime", descending: true }) };
  const paging = usePaging(JSON.stringify(input));
  const answer = useAnswer(
    async (signal) => {
      const { logStreams, nextToken } = await describeStreams({ ...input, limit: 50, nextToken: paging.token }, { signal });
      return { items: logStreams, next: nextToken };
    },
    [input, paging.token],
    { everyMs: 5000 },
  );
  const columns = [
    { id: "name", header: "Log stream", isRowHeader: true, cell: (stream: LogStream) => <Link href={streamLink(group, stream.logStreamName)}>{stream.logStreamName}</Link> },
    { id: "last", header: "Last event time", cell: (stream: LogStream) => momentText(stream.lastEventTimestamp) },
  ];
  return (
    <PagedTable
      title="Log streams"
      description={prefix ? "By name" : "The latest first"}
      answer={answer}
      call={{ service: "logs", operation: "DescribeLogStreams", input }}
      paging={paging}
      columns={columns}
      keyOf={(stream) => stream.logStreamName}
      filter={
        <Input
          type="search"
          ariaLabel="Beginning of the name"
          placeholder="Beginning of the name"
          value={prefix}
          onChange={({ detail }) => setQuery({ prefix: detail.value || undefined })}
        />
      }
      empty={prefix ? "No stream's name begins so" : "No streams yet: each event that a rule sends here makes one"}
    />
  );
}
