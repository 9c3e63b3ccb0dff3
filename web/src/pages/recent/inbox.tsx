// The inbox: events for buses that do not exist, and deliveries that were given up. It is in the store and survives restarts.
import Box from "@cloudscape-design/components/box";
import Button from "@cloudscape-design/components/button";
import ExpandableSection from "@cloudscape-design/components/expandable-section";
import Link from "@cloudscape-design/components/link";
import SpaceBetween from "@cloudscape-design/components/space-between";
import StatusIndicator from "@cloudscape-design/components/status-indicator";
import Table, { type TableProps } from "@cloudscape-design/components/table";
import { listInbox, type InboxEntry } from "../../api/crema";
import { useAnswer } from "../../api/use_answer";
import { CopyCommand } from "../../cli/copy_command";
import { JsonView } from "../../json/json_view";
import { eventLink, ruleLink, ruleOfArn } from "../../links";
import { setQuery, usePlace } from "../../route";
import { Failure } from "../../shell/failure";
import { Heading } from "../../shell/heading";
import { Said } from "../../shell/said";
import { useSlow } from "../../shell/settled";
import { timeText } from "../../shell/time";
import { TargetLink } from "./target_link";

const reasons: Readonly<Record<string, string>> = { MISSING_BUS: "No such bus", NOT_DELIVERED: "Not delivered" };

function Where({ entry }: { entry: InboxEntry }) {
  if (!entry.RuleArn) return <Said text={entry.EventBusName} />;
  const { bus, rule } = ruleOfArn(entry.RuleArn);
  return (
    <SpaceBetween size="xxs">
      <Link href={ruleLink(bus, rule)}>{`${bus} / ${rule}`}</Link>
      {entry.TargetArn && <TargetLink arn={entry.TargetArn} />}
    </SpaceBetween>
  );
}

const columns: readonly TableProps.ColumnDefinition<InboxEntry>[] = [
  {
    id: "time",
    header: "Time",
    isRowHeader: true,
    cell: (entry) => (entry.EventId ? <Link href={eventLink(entry.EventId)}>{timeText(entry.Time)}</Link> : timeText(entry.Time)),
  },
  { id: "reason", header: "Reason", minWidth: 160, cell: (entry) => <StatusIndicator type="error">{reasons[entry.Reason] ?? entry.Reason}</StatusIndicator> },
  { id: "where", header: "Bus, or rule and target", minWidth: 160, cell: (entry) => <Where entry={entry} /> },
  {
    id: "error",
    header: "Error",
    cell: (entry) => (
      <SpaceBetween size="xxs">
        {entry.ErrorCode && <Box variant="strong">{entry.ErrorCode}</Box>}
        {entry.ErrorMessage && <Said text={entry.ErrorMessage} />}
        {entry.Attempts !== undefined && <Box variant="small">{`${entry.Attempts} attempts`}</Box>}
      </SpaceBetween>
    ),
  },
  {
    id: "event",
    header: "Event",
    cell: (entry) =>
      entry.Event && (
        <ExpandableSection headerText={`${entry.EventBytes ?? entry.Event.length} bytes`}>
          <JsonView text={entry.Event} />
        </ExpandableSection>
      ),
  },
];

export function Inbox() {
  const { query } = usePlace();
  const before = query["before"];
  const input = { Limit: 50, ...(before ? { NextToken: before } : {}) };
  const { data, error, loading, reload } = useAnswer((signal) => listInbox(input, { signal }), [before], before ? {} : { everyMs: 2000 });
  const slow = useSlow(loading);
  return (
    <SpaceBetween size="m">
      {error && <Failure error={error} retry={reload} />}
      <Table
        items={data?.Entries ?? []}
        loading={!data}
        loadingText="Asking the server"
        columnDefinitions={columns}
        trackBy={(entry) => String(entry.Number)}
        wrapLines
        header={
          <Heading
            description="What could not go where it should; kept in the store."
            actions={
              <>
                {slow && <StatusIndicator type="loading">Asking the server</StatusIndicator>}
                <CopyCommand service="crema" operation="ListInbox" input={input} />
                {before && <Button onClick={() => setQuery({ before: undefined })}>Newest</Button>}
              </>
            }
          >
            Inbox
          </Heading>
        }
        empty={
          <Box textAlign="center" padding="l">
            Everything arrived
          </Box>
        }
        footer={
          data?.NextToken && (
            <Box textAlign="center">
              <Button onClick={() => setQuery({ before: data.NextToken })}>Older entries</Button>
            </Box>
          )
        }
      />
    </SpaceBetween>
  );
}
