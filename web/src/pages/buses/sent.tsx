// What became of the entries of a PutEvents: each one's envelope as it went over the bus, or its error.
import Alert from "@cloudscape-design/components/alert";
import Box from "@cloudscape-design/components/box";
import Link from "@cloudscape-design/components/link";
import SpaceBetween from "@cloudscape-design/components/space-between";
import StatusIndicator from "@cloudscape-design/components/status-indicator";
import { getEventTrace, type EventTrace } from "../../api/crema";
import type { CallOptions } from "../../api/client";
import type { Entry, PutEventsAnswer } from "../../api/events";
import { useAnswer } from "../../api/use_answer";
import { JsonView } from "../../json/json_view";
import { eventLink } from "../../links";
import { Panel } from "../../shell/panel";
import { Said } from "../../shell/said";
import { Fate } from "../recent/event_table";

const ATTEMPTS_MAX = 10;

// An event is among the recent ones a moment after its answer.
async function traceSoon(id: string, options: CallOptions): Promise<EventTrace> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await getEventTrace({ EventId: id }, options);
    } catch (error) {
      if (attempt >= ATTEMPTS_MAX || options.signal?.aborted) throw error;
      await new Promise((done) => setTimeout(done, 100 * attempt));
    }
  }
}

function Accepted({ id }: { id: string }) {
  const { data, error } = useAnswer((signal) => traceSoon(id, { signal }), [id]);
  const event = data?.Hops[0];
  return (
    <SpaceBetween size="xs">
      <div>
        <StatusIndicator type="success">Accepted as</StatusIndicator> <Link href={eventLink(id)}>{id}</Link>
      </div>
      {event && <Fate event={event} />}
      {event?.Event && <JsonView text={event.Event} label="Accepted envelope" />}
      {event && !event.Event && <Box>The envelope is too large to be kept among the recent events.</Box>}
      {!data && !error && <StatusIndicator type="loading">Looking for its envelope</StatusIndicator>}
      {error && <Box variant="small">It is accepted, but is not among the recent events: {error.message}</Box>}
    </SpaceBetween>
  );
}

export function Sent({ entries, answer }: { entries: readonly Entry[]; answer: PutEventsAnswer }) {
  return (
    <Panel
      title={`Sent: ${answer.Entries.length - answer.FailedEntryCount} accepted`}
      description={answer.FailedEntryCount ? `${answer.FailedEntryCount} of ${entries.length} were refused` : undefined}
    >
      <SpaceBetween size="m">
        {answer.Entries.map((entry, at) =>
          entry.EventId ? (
            <Accepted key={entry.EventId} id={entry.EventId} />
          ) : (
            <Alert key={at} type="error" header={entry.ErrorCode ?? "Refused"}>
              <Said text={entries[at]?.DetailType} />: {entry.ErrorMessage}
            </Alert>
          ),
        )}
      </SpaceBetween>
    </Panel>
  );
}
