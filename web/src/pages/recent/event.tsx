// One event: its chain there and back, its envelope, and why the other rules of its bus did not match.
import Box from "@cloudscape-design/components/box";
import Button from "@cloudscape-design/components/button";
import KeyValuePairs from "@cloudscape-design/components/key-value-pairs";
import SpaceBetween from "@cloudscape-design/components/space-between";
import { getEventTrace, getExecutionTrace, type EventTrace, type ExecutionTrace } from "../../api/crema";
import { useAnswer } from "../../api/use_answer";
import { CopyButton } from "../../cli/copy_button";
import { CopyCommand } from "../../cli/copy_command";
import { JsonView } from "../../json/json_view";
import { createRuleLink } from "../../links";
import { href } from "../../route";
import type { PageProps } from "../../routes";
import { AnswerPage } from "../../shell/answer_page";
import { Panel } from "../../shell/panel";
import { Said } from "../../shell/said";
import { timeText } from "../../shell/time";
import { Chain } from "./chain_view";
import { chainOf } from "./chain";
import { Fate } from "./event_table";
import { OtherRules } from "./other_rules";

interface Known {
  trace: EventTrace;
  before: ExecutionTrace | undefined;
}

async function known(id: string, signal: AbortSignal): Promise<Known> {
  const trace = await getEventTrace({ EventId: id }, { signal });
  const before = trace.EmittedBy ? await getExecutionTrace(trace.EmittedBy, { signal }).catch(() => undefined) : undefined;
  return { trace, before };
}

function Details({ trace }: { trace: EventTrace }) {
  const event = trace.Hops[0];
  if (!event) return null;
  return (
    <Panel title="Details">
      <KeyValuePairs
        columns={3}
        items={[
          { label: "Id", value: <Said text={event.EventId} /> },
          { label: "Source", value: <Said text={event.Source} /> },
          { label: "Detail type", value: <Said text={event.DetailType} /> },
          { label: "Arrived", value: timeText(event.ArrivalTime) },
          { label: "Rules matched", value: event.RuleCount },
          { label: "Deliveries", value: <Fate event={event} /> },
        ]}
      />
    </Panel>
  );
}

function Envelope({ event }: { event: EventTrace["Hops"][number] }) {
  const text = event.Event;
  return (
    <Panel title="Envelope" actions={text && <CopyButton text={() => text} />} counter={`(${event.EventBytes} bytes)`}>
      {text ? <JsonView text={text} label="Envelope" /> : <Box>It was too large to be kept among the recent events.</Box>}
    </Panel>
  );
}

function actionsOf(id: string, event: EventTrace["Hops"][number] | undefined) {
  return (
    <>
      <CopyCommand service="crema" operation="GetEventTrace" input={{ EventId: id }} />
      {event?.Event && event.State !== "MISSING_BUS" && <Button href={createRuleLink(event.EventBusName)}>Create rule</Button>}
      {event?.Event && <Button href={href("/send", {}, { bus: event.EventBusName, again: id })}>Send again</Button>}
    </>
  );
}

export default function EventPage({ parameters }: PageProps) {
  const id = parameters["id"] ?? "";
  const answer = useAnswer((signal) => known(id, signal), [id], { everyMs: 2000 });
  const event = answer.data?.trace.Hops[0];
  return (
    <AnswerPage title={event ? <Said text={event.DetailType} /> : "Event"} actions={actionsOf(id, event)} answer={answer}>
      {({ trace, before }) => (
        <SpaceBetween size="l">
          <Details trace={trace} />
          <Panel title="What it did">
            <Chain nodes={chainOf(trace, before)} />
          </Panel>
          {event && <Envelope event={event} />}
          {event?.Event && event.State !== "MISSING_BUS" && <OtherRules bus={event.EventBusName} event={event.Event} />}
        </SpaceBetween>
      )}
    </AnswerPage>
  );
}
