// Log events in rows that open: the message as JSON when it is some, to be copied.
import SpaceBetween from "@cloudscape-design/components/space-between";
import Link from "@cloudscape-design/components/link";
import { Fragment, type ReactNode } from "react";
import type { LogEvent } from "../../api/logs";
import { CopyButton } from "../../cli/copy_button";
import { JsonView } from "../../json/json_view";
import { streamLink } from "../../links";
import { Rows, useOpenRows, type RowColumn } from "../../shell/rows";
import { momentText } from "../../shell/time";

export interface ShownEvent extends LogEvent {
  readonly key: string;
  readonly group: string;
}

const LINE_MAX = 600; // characters of a message in its row

// Finds the text without regard to case. (Small letters of a text may be more than it has: places in them are not its own.)
const finderOf = (wanted: string): RegExp => new RegExp(wanted.replace(/[\\^$.*+?()[\]{}|/]/g, "\\$&"), "giu");

// Where the text stands in the message.
export function highlighted(message: string, wanted: string): ReactNode {
  if (!wanted) return message;
  const parts: ReactNode[] = [];
  let at = 0;
  for (const { 0: part, index } of message.matchAll(finderOf(wanted))) {
    parts.push(<Fragment key={index}>{message.slice(at, index)}</Fragment>, <mark key={`m${index}`}>{part}</mark>);
    at = index + part.length;
  }
  return [...parts, message.slice(at)];
}

function Inside({ event }: { event: ShownEvent }) {
  return (
    <SpaceBetween size="xs">
      <SpaceBetween direction="horizontal" size="s" alignItems="center">
        <CopyButton label="Copy message" text={() => event.message} />
        <span>{`Ingested ${momentText(event.ingestionTime)}`}</span>
        {event.logStreamName !== undefined && <Link href={streamLink(event.group, event.logStreamName)}>{event.logStreamName}</Link>}
      </SpaceBetween>
      <JsonView text={event.message} label="Message" />
    </SpaceBetween>
  );
}

export function EventRows(props: {
  events: readonly ShownEvent[];
  withStream: boolean;
  withGroup?: boolean;
  empty: ReactNode;
  highlight?: string;
  follow?: boolean;
}) {
  const { events, highlight = "" } = props;
  const [open, toggle] = useOpenRows();
  const columns: RowColumn<ShownEvent>[] = [
    { id: "time", header: "Timestamp", width: "200px", cell: (event) => momentText(event.timestamp) },
    ...(props.withGroup ? [{ id: "group", header: "Log group", width: "minmax(120px, 220px)", cell: (event: ShownEvent) => <bdi>{event.group}</bdi> }] : []),
    ...(props.withStream ? [{ id: "stream", header: "Log stream", width: "minmax(100px, 220px)", cell: (event: ShownEvent) => <bdi>{event.logStreamName}</bdi> }] : []),
    {
      id: "message",
      header: "Message",
      width: "minmax(200px, 1fr)",
      cell: (event) => <bdi>{highlighted(event.message.slice(0, LINE_MAX), highlight)}</bdi>,
    },
  ];
  const marked = highlight ? (event: ShownEvent): boolean => finderOf(highlight).test(event.message) : undefined;
  return (
    <Rows
      label="Log events"
      items={events}
      keyOf={(event) => event.key}
      columns={columns}
      open={open}
      onToggle={toggle}
      inside={(event) => <Inside event={event} />}
      empty={props.empty}
      openHeight={480}
      follow={props.follow ?? false}
      {...(marked ? { marked } : {})}
    />
  );
}
