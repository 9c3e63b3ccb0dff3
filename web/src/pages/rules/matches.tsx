// What a rule matched lately: of the newest matched events of its bus, those with a delivery of it.
import SpaceBetween from "@cloudscape-design/components/space-between";
import type { CallOptions } from "../../api/client";
import { getEventTrace, listRecentEvents, type RecentEvent, type RecentEventsInput } from "../../api/crema";
import type { Rule } from "../../api/events";
import { useAnswer } from "../../api/use_answer";
import { CopyCommand } from "../../cli/copy_command";
import { Failure } from "../../shell/failure";
import { Heading } from "../../shell/heading";
import { EventTable } from "../recent/event_table";

const LOOKED_AT = 50;

const questionOf = (bus: string): RecentEventsInput => ({ EventBusName: bus, State: "MATCHED", Limit: LOOKED_AT });

async function matchesOf(bus: string, arn: string, options: CallOptions): Promise<RecentEvent[]> {
  const { Events } = await listRecentEvents(questionOf(bus), options);
  const looked = await Promise.all(
    Events.map(async (event) => {
      const trace = event.DeliveryCount > 0 ? await getEventTrace({ EventId: event.EventId }, options).catch(() => undefined) : undefined;
      return trace?.Hops.some(({ Deliveries }) => Deliveries.some(({ RuleArn }) => RuleArn === arn)) ? event : undefined;
    }),
  );
  return looked.filter((event) => event !== undefined);
}

export function Matches({ bus, rule }: { bus: string; rule: Rule }) {
  const { data, error, reload } = useAnswer((signal) => matchesOf(bus, rule.Arn, { signal }), [bus, rule.Arn], { everyMs: 5000 });
  return (
    <SpaceBetween size="m">
      {error && <Failure error={error} retry={reload} />}
      <EventTable
        events={data}
        empty="None of them was handed to a target by this rule"
        header={
          <Heading
            counter={data ? `(${data.length})` : ""}
            description={`Of the newest ${LOOKED_AT} matched events of ${bus}, those that this rule handed to a target.`}
            actions={<CopyCommand service="crema" operation="ListRecentEvents" input={questionOf(bus)} />}
          >
            Recent matches
          </Heading>
        }
      />
    </SpaceBetween>
  );
}
