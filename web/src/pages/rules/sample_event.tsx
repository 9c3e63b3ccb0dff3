// An event to try a rule on: one that came through the bus lately, or one that is typed.
import FormField from "@cloudscape-design/components/form-field";
import Select from "@cloudscape-design/components/select";
import SpaceBetween from "@cloudscape-design/components/space-between";
import { listRecentEvents, type RecentEvent, type RecentEvents } from "../../api/crema";
import { useAnswer, type Answer } from "../../api/use_answer";
import { isolated } from "../../format";
import { JsonField } from "../../json/json_field";
import { jsonProblem, prettyJson } from "../../json/parse";
import { Failure } from "../../shell/failure";
import { useKept } from "../../shell/kept";
import { timeText } from "../../shell/time";

const SAMPLES_MAX = 20;

const ownSample = (bus: string): string =>
  prettyJson(
    JSON.stringify({
      version: "0",
      id: "7bf73129-1428-4cd3-a780-95db273d1602",
      "detail-type": "Order.Placed",
      source: "shop.orders",
      account: "000000000000",
      time: "2026-01-01T12:00:00Z",
      region: "us-east-1",
      resources: [],
      detail: { bus, amount: 3 },
    }),
  );

export interface Sample {
  readonly text: string;
  readonly change: (text: string) => void;
  readonly events: readonly RecentEvent[]; // that came through the bus lately
  readonly chosen: RecentEvent | undefined; // of them
  readonly choose: (id: string) => void;
  readonly recent: Answer<RecentEvents>; // they are of
}

// `kept`: below which what is typed is kept.
export function useSample(bus: string, kept: string): Sample {
  const [text, change] = useKept(`${kept}/sample`, () => ownSample(bus));
  const [id, setId] = useKept(`${kept}/sample-id`, "");
  const recent = useAnswer((signal) => listRecentEvents({ EventBusName: bus, Limit: SAMPLES_MAX }, { signal }), [bus]);
  const events = recent.data?.Events.filter(({ Event }) => Event) ?? [];
  const find = (wanted: string) => events.find(({ EventId }) => EventId === wanted);
  const choose = (wanted: string): void => {
    setId(wanted);
    const event = find(wanted)?.Event;
    if (event) change(prettyJson(event));
  };
  return { text, change, events, chosen: find(id), choose, recent };
}

const nameOf = (event: RecentEvent): string => `${isolated(event.DetailType.slice(0, 70))} from ${isolated(event.Source.slice(0, 70))}`;

export function SampleEvent({ sample, height }: { sample: Sample; height: string }) {
  const { text, change, events, chosen, choose, recent } = sample;
  const options = events.map((one) => ({ value: one.EventId, label: nameOf(one), description: timeText(one.ArrivalTime) }));
  return (
    <SpaceBetween size="m">
      {recent.error && <Failure error={recent.error} retry={recent.reload} />}
      <FormField label="Recent event" description="One that came through this bus; or write your own below.">
        <Select
          selectedOption={chosen ? { value: chosen.EventId, label: nameOf(chosen) } : null}
          placeholder={events.length ? "Choose a recent event" : "Nothing came through this bus yet"}
          options={options}
          filteringType="auto"
          onChange={({ detail }) => choose(detail.selectedOption.value ?? "")}
        />
      </FormField>
      <JsonField label="Event" name="Sample event" value={text} onChange={change} problem={jsonProblem(text, "object")} height={height} />
    </SpaceBetween>
  );
}
