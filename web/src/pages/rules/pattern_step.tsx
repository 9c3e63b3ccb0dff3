// Step 2: Build event pattern, held against what came through as it is typed.
import Alert from "@cloudscape-design/components/alert";
import Button from "@cloudscape-design/components/button";
import Container from "@cloudscape-design/components/container";
import FormField from "@cloudscape-design/components/form-field";
import Header from "@cloudscape-design/components/header";
import Select from "@cloudscape-design/components/select";
import SpaceBetween from "@cloudscape-design/components/space-between";
import { useState } from "react";
import { call } from "../../api/client";
import { explainPattern, listRecentEvents, type Explanation, type RecentEvent } from "../../api/crema";
import { useAction } from "../../api/use_action";
import { useAnswer } from "../../api/use_answer";
import { CopyButton } from "../../cli/copy_button";
import { CopyCli } from "../../cli/copy_cli";
import { isolated, timeText } from "../../format";
import { JsonField } from "../../json/json_field";
import { jsonProblem, prettyJson } from "../../json/parse";
import { Failure } from "../../shell/failure";
import { Explained } from "../recent/explained";
import { patternOfEvent } from "./draft";
import { HeldAgainst } from "./held_against";
import type { StepProps } from "./steps";

export const SAMPLES_MAX = 20;

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

const nameOf = (event: RecentEvent): string => `${isolated(event.DetailType.slice(0, 70))} from ${isolated(event.Source.slice(0, 70))}`;

interface SampleProps {
  readonly events: readonly RecentEvent[];
  readonly sample: string;
  readonly change: (sample: string) => void;
}

function Sample({ events, sample, change }: SampleProps) {
  const [chosen, setChosen] = useState("");
  const event = events.find(({ EventId }) => EventId === chosen);
  const problem = jsonProblem(sample, "object");
  const options = events.map((one) => ({ value: one.EventId, label: nameOf(one), description: timeText(one.ArrivalTime) }));
  return (
    <Container header={<Header variant="h2" actions={<CopyButton text={() => sample} />}>Sample event</Header>}>
      <SpaceBetween size="m">
        <FormField label="Recent event" description="One that came through this bus; or write your own below.">
          <Select
            selectedOption={event ? { value: chosen, label: nameOf(event) } : null}
            placeholder={events.length ? "Choose a recent event" : "Nothing came through this bus yet"}
            options={options}
            filteringType="auto"
            onChange={({ detail }) => {
              setChosen(detail.selectedOption.value ?? "");
              const text = events.find(({ EventId }) => EventId === detail.selectedOption.value)?.Event;
              if (text) change(prettyJson(text));
            }}
          />
        </FormField>
        <JsonField label="Event" name="Sample event" value={sample} onChange={change} problem={problem} />
      </SpaceBetween>
    </Container>
  );
}

interface Verdict {
  result: boolean;
  explanation: Explanation;
}

function Tested({ verdict }: { verdict: Verdict }) {
  return (
    <Alert type={verdict.result ? "success" : "warning"} header={verdict.result ? "The sample event matches the pattern" : "The sample event does not match the pattern"}>
      <Explained explanation={verdict.explanation} />
    </Alert>
  );
}

export function PatternStep({ draft, change, asked }: StepProps) {
  const { pattern, bus } = draft;
  const [sample, setSample] = useState(() => ownSample(bus));
  const [verdict, setVerdict] = useState<Verdict & { of: string }>();
  const recent = useAnswer((signal) => listRecentEvents({ EventBusName: bus, Limit: SAMPLES_MAX }, { signal }), [bus]);
  const events = recent.data?.Events.filter(({ Event }) => Event) ?? [];
  const problem = pattern.trim() ? jsonProblem(pattern, "object") : asked ? { text: "A rule has a pattern", at: 0 } : undefined;
  const test = useAction(async () => {
    const [{ Result }, { Explanation: explanation }] = await Promise.all([
      call<{ Result: boolean }>("events", "TestEventPattern", { EventPattern: pattern, Event: sample }),
      explainPattern(pattern, sample),
    ]);
    setVerdict({ result: Result, explanation, of: pattern + sample });
  });
  const type = (text: string): void => {
    test.forget();
    change({ pattern: text });
  };
  return (
    <SpaceBetween size="l">
      {recent.error && <Failure error={recent.error} retry={recent.reload} />}
      <Sample events={events} sample={sample} change={setSample} />
      <Container
        header={
          <Header
            variant="h2"
            actions={
              <SpaceBetween direction="horizontal" size="xs">
                <Button formAction="none" onClick={() => type(patternOfEvent(sample) ?? pattern)}>
                  Begin with the sample
                </Button>
                <Button formAction="none" onClick={() => type(prettyJson(pattern))}>
                  Prettify
                </Button>
                <CopyButton text={() => pattern} />
                <CopyCli service="events" operation="TestEventPattern" input={{ EventPattern: pattern, Event: sample }} />
                <Button formAction="none" loading={test.busy} disabled={!pattern.trim() || problem !== undefined} onClick={() => void test.run()}>
                  Test pattern
                </Button>
              </SpaceBetween>
            }
          >
            Event pattern
          </Header>
        }
      >
        <SpaceBetween size="m">
          <JsonField name="Event pattern" value={pattern} onChange={type} problem={problem} height="24em" />
          {test.error && <Failure error={test.error} />}
          {verdict?.of === pattern + sample && <Tested verdict={verdict} />}
        </SpaceBetween>
      </Container>
      <HeldAgainst pattern={problem || !pattern.trim() ? undefined : pattern} events={events} sample={sample} />
    </SpaceBetween>
  );
}
