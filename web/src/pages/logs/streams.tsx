// A group's streams: by last event, or those whose names begin with a text.
import Button from "@cloudscape-design/components/button";
import Input from "@cloudscape-design/components/input";
import Link from "@cloudscape-design/components/link";
import SpaceBetween from "@cloudscape-design/components/space-between";
import Table from "@cloudscape-design/components/table";
import { describeStreams, type LogStream } from "../../api/logs";
import { useAnswer } from "../../api/use_answer";
import { CopyCommand } from "../../cli/copy_command";
import { streamLink } from "../../links";
import { setQuery, usePlace } from "../../route";
import { Failure } from "../../shell/failure";
import { Heading } from "../../shell/heading";
import { Pager, usePaging } from "../../shell/pager";
import { momentText } from "../../shell/time";

export function Streams({ group }: { group: string }) {
  const { query } = usePlace();
  const prefix = query["prefix"] ?? "";
  const input = { logGroupName: group, ...(prefix ? { logStreamNamePrefix: prefix } : { orderBy: "LastEventTime", descending: true }) };
  const paging = usePaging(JSON.stringify(input));
  const { data, error, reload, loading } = useAnswer(
    (signal) => describeStreams({ ...input, limit: 50, nextToken: paging.token }, { signal }),
    [input, paging.token],
    { everyMs: 5000 },
  );
  const columns = [
    { id: "name", header: "Log stream", isRowHeader: true, cell: (stream: LogStream) => <Link href={streamLink(group, stream.logStreamName)}>{stream.logStreamName}</Link> },
    { id: "last", header: "Last event time", cell: (stream: LogStream) => momentText(stream.lastEventTimestamp) },
  ];
  return (
    <SpaceBetween size="s">
      {error && <Failure error={error} retry={reload} />}
      <Table
        header={
          <Heading
            description={prefix ? "By name" : "The latest first"}
            actions={
              <>
                <Button iconName="refresh" ariaLabel="Ask again" onClick={reload} />
                <CopyCommand service="logs" operation="DescribeLogStreams" input={input} />
              </>
            }
          >
            Log streams
          </Heading>
        }
        filter={
          <Input
            type="search"
            ariaLabel="Beginning of the name"
            placeholder="Beginning of the name"
            value={prefix}
            onChange={({ detail }) => setQuery({ prefix: detail.value || undefined })}
          />
        }
        pagination={<Pager paging={paging} next={data?.nextToken} />}
        columnDefinitions={columns}
        items={data?.logStreams ?? []}
        trackBy="logStreamName"
        loading={loading && !data}
        loadingText="Asking the server"
        wrapLines
        empty={prefix ? "No stream's name begins so" : "No streams yet: each event that a rule sends here makes one"}
      />
    </SpaceBetween>
  );
}
