// The events of a stream or of a whole group, in a range of time, perhaps only those that a filter pattern lets through.
// A stream is paged both ways from its end, as GetLogEvents does; what is filtered goes forward, as FilterLogEvents does.
import Button from "@cloudscape-design/components/button";
import FormField from "@cloudscape-design/components/form-field";
import Input from "@cloudscape-design/components/input";
import SpaceBetween from "@cloudscape-design/components/space-between";
import Spinner from "@cloudscape-design/components/spinner";
import { useEffect, useState } from "react";
import { filterEvents, getEvents, type LogEvent } from "../../api/logs";
import { useAnswer } from "../../api/use_answer";
import { CopyCommand } from "../../cli/copy_command";
import { countText } from "../../format";
import { setQuery, usePlace } from "../../route";
import { Failure } from "../../shell/failure";
import { Pager, usePaging } from "../../shell/pager";
import { Panel } from "../../shell/panel";
import { rangeOf, type TimeRange } from "../../shell/time";
import { TimeRangeChoice } from "../../shell/time_range";
import { EventRows, type ShownEvent } from "./event_rows";

const PAGE_EVENTS = 1000;
const EMPTY_PAGES_MAX = 20; // an answer may be empty and yet not the last

const shownOf = (events: readonly LogEvent[], group: string): ShownEvent[] =>
  events.map((event, at) => ({ ...event, group, key: event.eventId ?? `${event.timestamp}/${at}` }));

function PatternBox() {
  const { query } = usePlace();
  const given = query["pattern"] ?? "";
  const [typed, setTyped] = useState(given);
  useEffect(() => setTyped(given), [given]);
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        setQuery({ pattern: typed || undefined });
      }}
    >
      <FormField label="Filter pattern" description={'Words: ERROR "a phrase" -not; JSON: { $.level = "ERROR" && $.ms > 100 }; columns: [ip, ..., status = 4*]'} stretch>
        <SpaceBetween direction="horizontal" size="xs">
          <div style={{ width: "min(560px, 60vw)" }}>
            <Input type="search" ariaLabel="Filter pattern" value={typed} spellcheck={false} onChange={({ detail }) => setTyped(detail.value)} />
          </div>
          <Button>Search</Button>
        </SpaceBetween>
      </FormField>
    </form>
  );
}

function Filtered({ input, group }: { input: object; group: string }) {
  const paging = usePaging(JSON.stringify(input));
  const { data, error, reload, loading } = useAnswer(
    async (signal) => {
      let token = paging.token;
      for (let round = 0; ; round++) {
        const page = await filterEvents({ ...input, limit: PAGE_EVENTS, nextToken: token }, { signal });
        if (page.events.length || page.nextToken === undefined || round === EMPTY_PAGES_MAX) return page;
        token = page.nextToken;
      }
    },
    [input, paging.token],
  );
  return (
    <SpaceBetween size="s">
      {error && <Failure error={error} retry={reload} />}
      <SpaceBetween direction="horizontal" size="s" alignItems="center">
        <Pager paging={paging} next={data?.nextToken} words={["Older events", "Newer events"]} />
        <Button iconName="refresh" ariaLabel="Ask again" onClick={reload} />
        <CopyCommand service="logs" operation="FilterLogEvents" input={input} />
        {loading && <Spinner />}
        {data && !error && <span>{`${countText(data.events.length, "event")}${data.nextToken ? ", there are more" : ""}`}</span>}
      </SpaceBetween>
      {!error && (
        <EventRows
          key={paging.token ?? ""}
          events={shownOf(data?.events ?? [], group)}
          withStream={!("logStreamNames" in input)}
          empty={loading ? <Spinner /> : data?.nextToken ? "None found so far: go on with newer events" : "No events here. Choose a longer time, or another pattern."}
        />
      )}
    </SpaceBetween>
  );
}

function OfStream({ input, group }: { input: object; group: string }) {
  const key = JSON.stringify(input);
  const { token, move: goTo } = usePaging(key);
  const { data, error, reload, loading } = useAnswer((signal) => getEvents({ ...input, limit: PAGE_EVENTS, nextToken: token }, { signal }), [key, token]);
  const move = (to: string | undefined): void => {
    if (to === token) reload();
    else goTo(to);
  };
  return (
    <SpaceBetween size="s">
      {error && <Failure error={error} retry={reload} />}
      <SpaceBetween direction="horizontal" size="xs" alignItems="center">
        <Button iconName="angle-up" disabled={!data} onClick={() => move(data?.nextBackwardToken)}>
          Older events
        </Button>
        <Button iconName="angle-down" disabled={!data} onClick={() => move(data?.nextForwardToken)}>
          Newer events
        </Button>
        <Button disabled={token === undefined} onClick={() => move(undefined)}>
          Latest
        </Button>
        <Button iconName="refresh" ariaLabel="Ask again" onClick={reload} />
        <CopyCommand service="logs" operation="GetLogEvents" input={input} />
        {loading && <Spinner />}
        {data && <span>{countText(data.events.length, "event")}</span>}
      </SpaceBetween>
      {(!error || data) && (
        <EventRows
          key={token ?? ""}
          events={shownOf(data?.events ?? [], group)}
          withStream={false}
          empty={loading ? <Spinner /> : token === undefined ? "No events in this time" : "No events further in this direction"}
        />
      )}
    </SpaceBetween>
  );
}

export function Events({ group, stream }: { group: string; stream?: string }) {
  const { query } = usePlace();
  const fallback = stream === undefined ? "1h" : "all";
  const pattern = query["pattern"];
  // "The last hour" is counted from when it was chosen; asking for it again counts anew.
  const [now, setNow] = useState(() => Date.now());
  const chosen = `${query["span"] ?? ""} ${pattern ?? ""}`;
  useEffect(() => setNow(Date.now()), [chosen]);
  const range: TimeRange = rangeOf(query, fallback, now);
  return (
    <Panel title="Log events" actions={<Button onClick={() => setNow(Date.now())}>Up to now</Button>}>
      <SpaceBetween size="m">
        <PatternBox />
        <TimeRangeChoice fallback={fallback} />
        {stream !== undefined && pattern === undefined ? (
          <OfStream input={{ logGroupName: group, logStreamName: stream, ...range }} group={group} />
        ) : (
          <Filtered
            input={{ logGroupName: group, ...(stream === undefined ? {} : { logStreamNames: [stream] }), ...(pattern ? { filterPattern: pattern } : {}), ...range }}
            group={group}
          />
        )}
      </SpaceBetween>
    </Panel>
  );
}
