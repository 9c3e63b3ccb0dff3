// What came through: all events, those that no rule matched, those for buses that do not exist; and the inbox, where
// what could not be delivered stands.
import Box from "@cloudscape-design/components/box";
import Button from "@cloudscape-design/components/button";
import Link from "@cloudscape-design/components/link";
import SpaceBetween from "@cloudscape-design/components/space-between";
import StatusIndicator from "@cloudscape-design/components/status-indicator";
import Tabs from "@cloudscape-design/components/tabs";
import Toggle from "@cloudscape-design/components/toggle";
import { listRecentEvents, type EventState, type RecentEventsInput } from "../../api/crema";
import { useAnswer } from "../../api/use_answer";
import { CopyCommand } from "../../cli/copy_command";
import { sendLink } from "../../links";
import type { Query } from "../../place";
import { href, setQuery, usePlace } from "../../route";
import { CoffeeShopButton } from "../../coffee/coffee_shop_button";
import { Failure } from "../../shell/failure";
import { Heading } from "../../shell/heading";
import { useSlow } from "../../shell/settled";
import { timeText } from "../../shell/time";
import { EventTable } from "./event_table";
import { Filters } from "./filters";
import { Inbox } from "./inbox";

const PAGE_EVENTS = 50;

const lists: readonly { id: string; label: string; state?: EventState }[] = [
  { id: "all", label: "All events" },
  { id: "unmatched", label: "No rule matched", state: "UNMATCHED" },
  { id: "missing", label: "No such bus", state: "MISSING_BUS" },
];

// The question that a place asks.
export function questionOf(query: Query): RecentEventsInput {
  const state = lists.find(({ id }) => id === query["list"])?.state;
  return {
    Limit: PAGE_EVENTS,
    ...(state ? { State: state } : {}),
    ...(query["bus"] ? { EventBusName: query["bus"] } : {}),
    ...(query["source"] ? { Source: query["source"] } : {}),
    ...(query["type"] ? { DetailType: query["type"] } : {}),
    ...(query["before"] ? { NextToken: query["before"] } : {}),
  };
}

function Empty({ filtered, list, older }: { filtered: boolean; list: string; older: boolean }) {
  if (older) return <>None on this page; there are older events</>;
  if (filtered) return <>No recent event is like that</>;
  if (list === "unmatched") return <>Every recent event was matched by a rule</>;
  if (list === "missing") return <>No recent event was sent to a bus that does not exist</>;
  return (
    <SpaceBetween size="s" alignItems="center">
      <div>Nothing came through yet.</div>
      <SpaceBetween direction="horizontal" size="xs">
        <Button href={sendLink("default")}>Send an event</Button>
        <CoffeeShopButton />
      </SpaceBetween>
    </SpaceBetween>
  );
}

function Events({ list }: { list: string }) {
  const { query } = usePlace();
  const question = questionOf(query);
  const paused = query["live"] === "off" || query["before"] !== undefined;
  const { data, error, loading, reload } = useAnswer((signal) => listRecentEvents(question, { signal }), [question], paused ? {} : { everyMs: 1000 });
  const slow = useSlow(loading);
  const filtered = Boolean(query["bus"] ?? query["source"] ?? query["type"]);
  return (
    <SpaceBetween size="m">
      {error && <Failure error={error} retry={reload} />}
      <EventTable
        events={data?.Events}
        empty={<Empty filtered={filtered} list={list} older={data?.NextToken !== undefined} />}
        filter={<Filters events={data?.Events ?? []} />}
        header={
          <Heading
            description={data && `Since ${timeText(data.Since)}; older ones are no longer known.`}
            actions={
              <>
                {slow && <StatusIndicator type="loading">Asking the server</StatusIndicator>}
                <CopyCommand service="crema" operation="ListRecentEvents" input={question} />
                {query["before"] && <Button onClick={() => setQuery({ before: undefined })}>Newest</Button>}
                <Toggle checked={!paused} disabled={query["before"] !== undefined} onChange={({ detail }) => setQuery({ live: detail.checked ? undefined : "off" })}>
                  Live
                </Toggle>
              </>
            }
          >
            {lists.find(({ id }) => id === list)?.label ?? "All events"}
          </Heading>
        }
        footer={
          data?.NextToken && (
            <Box textAlign="center">
              <Button onClick={() => setQuery({ before: data.NextToken })}>Older events</Button>
            </Box>
          )
        }
      />
    </SpaceBetween>
  );
}

export default function Recent() {
  const { query } = usePlace();
  const list = query["list"] ?? "all";
  const choose = (id: string): void => setQuery({ list: id === "all" ? undefined : id, before: undefined });
  return (
    <SpaceBetween size="m">
      <Heading
        level="h1"
        actions={
          <StatusIndicator type="info">
            A ring in memory; events that must last go to a <Link href={href("/logs")}>log group</Link>
          </StatusIndicator>
        }
      >
        Recent events
      </Heading>
      <Tabs
        activeTabId={list}
        onChange={({ detail }) => choose(detail.activeTabId)}
        tabs={[
          ...lists.map(({ id, label }) => ({ id, label, content: list === id && <Events list={id} /> })),
          { id: "inbox", label: "Inbox: not delivered", content: list === "inbox" && <Inbox /> },
        ]}
      />
    </SpaceBetween>
  );
}
