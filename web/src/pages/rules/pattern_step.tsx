// Step 2: Build event pattern, held against what came through as it is typed.
import Alert from "@cloudscape-design/components/alert";
import Button from "@cloudscape-design/components/button";
import SpaceBetween from "@cloudscape-design/components/space-between";
import { useState } from "react";
import { call } from "../../api/client";
import { explainPattern, type Explanation } from "../../api/crema";
import { useAction } from "../../api/use_action";
import { CopyButton } from "../../cli/copy_button";
import { CopyCommand } from "../../cli/copy_command";
import { JsonField } from "../../json/json_field";
import { jsonProblem, prettyJson } from "../../json/parse";
import { Failure } from "../../shell/failure";
import { Panel } from "../../shell/panel";
import { Explained } from "../recent/explained";
import { patternOfEvent } from "./draft";
import { HeldAgainst } from "./held_against";
import { SampleEvent, useSample } from "./sample_event";
import type { StepProps } from "./steps";

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

export function PatternStep({ draft, change, asked, kept }: StepProps) {
  const { pattern, bus } = draft;
  const chosen = useSample(bus, kept);
  const { text: sample, events } = chosen;
  const [verdict, setVerdict] = useState<Verdict & { of: string }>();
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
      <Panel title="Sample event" actions={<CopyButton text={() => sample} />}>
        <SampleEvent sample={chosen} height="20em" />
      </Panel>
      <Panel
        title="Event pattern"
        actions={
          <>
            <Button formAction="none" onClick={() => type(patternOfEvent(sample) ?? pattern)}>
              Begin with the sample
            </Button>
            <Button formAction="none" onClick={() => type(prettyJson(pattern))}>
              Prettify
            </Button>
            <CopyButton text={() => pattern} />
            <CopyCommand service="events" operation="TestEventPattern" input={{ EventPattern: pattern, Event: sample }} />
            <Button formAction="none" loading={test.busy} disabled={!pattern.trim() || problem !== undefined} onClick={() => void test.run()}>
              Test pattern
            </Button>
          </>
        }
      >
        <SpaceBetween size="m">
          <JsonField name="Event pattern" value={pattern} onChange={type} problem={problem} height="24em" />
          {test.error && <Failure error={test.error} />}
          {verdict?.of === pattern + sample && <Tested verdict={verdict} />}
        </SpaceBetween>
      </Panel>
      <HeldAgainst pattern={problem || !pattern.trim() ? undefined : pattern} events={events} sample={sample} />
    </SpaceBetween>
  );
}
