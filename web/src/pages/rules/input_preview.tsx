// What the target would get of an event, as the server says it, while the input is typed.
import Alert from "@cloudscape-design/components/alert";
import Box from "@cloudscape-design/components/box";
import FormField from "@cloudscape-design/components/form-field";
import SpaceBetween from "@cloudscape-design/components/space-between";
import StatusIndicator from "@cloudscape-design/components/status-indicator";
import { testTargetInput, type TestedInput, type TestTargetInput } from "../../api/crema";
import { useAnswer } from "../../api/use_answer";
import { CopyCommand } from "../../cli/copy_command";
import { jsonProblem } from "../../json/parse";
import { JsonView } from "../../json/json_view";
import { Failure } from "../../shell/failure";
import { useSettled } from "../../shell/settled";
import { timeText } from "../../shell/time";
import { testedInput, type TargetDraft } from "./draft";

function Output({ tested }: { tested: TestedInput }) {
  if (tested.Payload === undefined)
    return (
      <Alert type="warning" header={`This event would not be delivered: ${tested.ErrorCode ?? ""}`}>
        {tested.ErrorMessage}
      </Alert>
    );
  return (
    <SpaceBetween size="xs">
      {tested.LogEventTime !== undefined && <Box variant="small">{`A log event of ${timeText(tested.LogEventTime)}:`}</Box>}
      <JsonView text={tested.Payload} label="Output" />
    </SpaceBetween>
  );
}

interface Props {
  readonly draft: TargetDraft;
  readonly rule: string;
  readonly bus: string;
  readonly event: string;
}

export function InputPreview({ draft, rule, bus, event }: Props) {
  const input = jsonProblem(event, "object") ? undefined : testedInput(draft, rule, bus, event);
  const wanted = input && JSON.stringify(input);
  const settled = useSettled(wanted);
  const { data, error, loading } = useAnswer(
    async (signal) => (settled ? { of: settled, tested: await testTargetInput(JSON.parse(settled) as TestTargetInput, { signal }) } : undefined),
    [settled],
  );
  const tested = data && data.of === wanted ? data.tested : undefined;
  return (
    <FormField label="Output" description="What the target would get of the sample event." stretch>
      <SpaceBetween size="xs">
        {!input && <Box>A whole sample event and whole input paths are needed first.</Box>}
        {input && error && wanted === settled && <Failure error={error} />}
        {input && loading && !tested && !error && <StatusIndicator type="loading">Asking the server</StatusIndicator>}
        {input && !error && tested && <Output tested={tested} />}
        {input && <CopyCommand service="crema" operation="TestTargetInput" input={input} />}
      </SpaceBetween>
    </FormField>
  );
}
