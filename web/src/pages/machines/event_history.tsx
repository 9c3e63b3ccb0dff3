// The event history: every event in a row that opens, filtered, however many there are.
import Button from "@cloudscape-design/components/button";
import SpaceBetween from "@cloudscape-design/components/space-between";
import TextFilter from "@cloudscape-design/components/text-filter";
import { useMemo } from "react";
import { CopyCommand } from "../../cli/copy_command";
import { CopyButton } from "../../cli/copy_button";
import { detailsOf, textOf, type HistoryEvent, type Trace } from "../../graph/history";
import { JsonView } from "../../json/json_view";
import { parseJson } from "../../json/parse";
import { setQuery, usePlace } from "../../route";
import { Panel } from "../../shell/panel";
import { Rows, useOpenRows, type RowColumn } from "../../shell/rows";
import { Said } from "../../shell/said";
import { timeText } from "../../shell/time";

interface Line {
  readonly event: HistoryEvent;
  readonly step: string;
  readonly resource: string;
  readonly elapsedMs: number;
}

export function linesOf(events: readonly HistoryEvent[], steps: ReadonlyMap<number, string>): Line[] {
  const begin = events[0]?.timestamp ?? 0;
  return events.map((event) => {
    const details = detailsOf(event);
    const resource = [textOf(details, "resourceType"), textOf(details, "resource")].filter(Boolean).join(":");
    return { event, step: steps.get(event.id) ?? "", resource, elapsedMs: Math.round((event.timestamp - begin) * 1000) };
  });
}

export function filtered(lines: readonly Line[], text: string): readonly Line[] {
  const wanted = text.toLowerCase().trim();
  if (!wanted) return lines;
  return lines.filter(({ event, step, resource }) => `${event.id} ${event.type} ${step} ${resource}`.toLowerCase().includes(wanted));
}

const columns: readonly RowColumn<Line>[] = [
  { id: "id", header: "ID", width: "64px", cell: ({ event }) => event.id },
  { id: "type", header: "Type", width: "minmax(170px, 1.2fr)", cell: ({ event }) => event.type },
  { id: "step", header: "Step", width: "minmax(150px, 1.2fr)", cell: ({ step }) => <bdi>{step || "-"}</bdi> },
  { id: "resource", header: "Resource", width: "minmax(120px, 1fr)", cell: ({ resource }) => <bdi>{resource || "-"}</bdi> },
  { id: "elapsed", header: "Elapsed ms", width: "100px", cell: ({ elapsedMs }) => elapsedMs },
  { id: "time", header: "Timestamp", width: "210px", cell: ({ event }) => timeText(event.timestamp) },
];

const isContainer = (text: string): boolean => {
  const parsed = parseJson(text);
  return "root" in parsed && (parsed.root.kind === "object" || parsed.root.kind === "array");
};

// The details of an event; a text in them that is JSON is shown as such.
export function EventDetails({ event }: { event: HistoryEvent }) {
  return (
    <SpaceBetween size="xs">
      <CopyButton label="Copy event" text={() => JSON.stringify(event, null, 2)} />
      {Object.entries(detailsOf(event)).map(([name, value]) => (
        <div key={name}>
          <b>{name}</b>{" "}
          {typeof value === "string" ? (
            isContainer(value) ? <JsonView text={value} label={name} /> : <Said text={value} />
          ) : typeof value === "object" ? (
            <JsonView text={JSON.stringify(value)} label={name} />
          ) : (
            String(value)
          )}
        </div>
      ))}
      <div>
        <b>previousEventId</b> {event.previousEventId ?? "-"}
      </div>
    </SpaceBetween>
  );
}

export function EventHistory({ events, trace, arn }: { events: readonly HistoryEvent[]; trace: Trace; arn: string }) {
  const { query } = usePlace();
  const filter = query["filter"] ?? "";
  const newest = query["order"] === "newest";
  const [open, toggle] = useOpenRows(query["event"] ? [Number(query["event"])] : []);
  const lines = useMemo(() => linesOf(events, trace.steps), [events, trace]);
  const found = useMemo(() => {
    const some = filtered(lines, filter);
    return newest ? [...some].reverse() : some;
  }, [lines, filter, newest]);
  return (
    <Panel
      title="Events"
      counter={`(${events.length})`}
      actions={
        <>
          <CopyCommand service="states" operation="GetExecutionHistory" input={{ executionArn: arn, ...(newest ? { reverseOrder: true } : {}) }} />
          <Button onClick={() => setQuery({ order: newest ? undefined : "newest" })}>{newest ? "Oldest first" : "Newest first"}</Button>
        </>
      }
    >
      <SpaceBetween size="s">
        <TextFilter
          filteringText={filter}
          filteringPlaceholder="Type, step, resource or id"
          filteringAriaLabel="Find in events"
          countText={filter ? `${found.length} found` : ""}
          onChange={({ detail }) => setQuery({ filter: detail.filteringText || undefined })}
        />
        <Rows
          label="Events"
          items={found}
          keyOf={({ event }) => event.id}
          columns={columns}
          open={open}
          onToggle={toggle}
          inside={({ event }) => <EventDetails event={event} />}
          empty={filter ? "No event has this" : "No events yet"}
        />
      </SpaceBetween>
    </Panel>
  );
}
