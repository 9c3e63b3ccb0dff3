// Events that came through, each with what it matched and what became of its deliveries.
import Box from "@cloudscape-design/components/box";
import Link from "@cloudscape-design/components/link";
import StatusIndicator from "@cloudscape-design/components/status-indicator";
import Table, { type TableProps } from "@cloudscape-design/components/table";
import type { ReactNode } from "react";
import type { RecentEvent } from "../../api/crema";
import { busLink, eventLink } from "../../links";
import { Said } from "../../shell/said";
import { timeText } from "../../shell/time";
import { fateOf } from "./fate";

export function Fate({ event }: { event: RecentEvent }) {
  const { type, text } = fateOf(event);
  return <StatusIndicator type={type}>{text}</StatusIndicator>;
}

const columns: readonly TableProps.ColumnDefinition<RecentEvent>[] = [
  {
    id: "time",
    header: "Arrived",
    isRowHeader: true,
    cell: (event) => <Link href={eventLink(event.EventId)}>{timeText(event.ArrivalTime)}</Link>,
  },
  { id: "type", header: "Detail type", minWidth: 200, cell: (event) => <Said text={event.DetailType} short /> },
  { id: "source", header: "Source", minWidth: 150, cell: (event) => <Said text={event.Source} short /> },
  {
    id: "bus",
    header: "Bus",
    cell: (event) =>
      event.State === "MISSING_BUS" ? <Said text={event.EventBusName} short /> : <Link href={busLink(event.EventBusName)}>{event.EventBusName}</Link>,
  },
  { id: "rules", header: "Rules matched", cell: (event) => event.RuleCount },
  { id: "fate", header: "Deliveries", minWidth: 190, cell: (event) => <Fate event={event} /> },
];

export interface EventTableProps {
  readonly events: readonly RecentEvent[] | undefined;
  readonly empty: ReactNode;
  readonly header?: ReactNode;
  readonly filter?: ReactNode;
  readonly footer?: ReactNode;
  readonly variant?: "full-page" | "container" | "embedded";
}

export function EventTable({ events, empty, header, filter, footer, variant = "container" }: EventTableProps) {
  return (
    <Table
      variant={variant}
      items={events ?? []}
      loading={!events}
      loadingText="Asking the server"
      columnDefinitions={columns}
      trackBy={(event) => `${event.EventId} ${event.EventBusName}`}
      wrapLines
      header={header}
      filter={filter}
      footer={footer}
      empty={
        <Box textAlign="center" padding="l">
          {empty}
        </Box>
      }
    />
  );
}
