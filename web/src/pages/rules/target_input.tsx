// What a target gets of an event: all of it, a part, a constant, or a template; with what that makes of an event.
import FormField from "@cloudscape-design/components/form-field";
import Input from "@cloudscape-design/components/input";
import RadioGroup from "@cloudscape-design/components/radio-group";
import SpaceBetween from "@cloudscape-design/components/space-between";
import { JsonField } from "../../json/json_field";
import { jsonProblem } from "../../json/parse";
import { transformerToBeginWith, type InputKind, type TargetDraft } from "./draft";
import { InputPreview } from "./input_preview";
import { SampleEvent, type Sample } from "./sample_event";

const inputs: readonly { value: InputKind; label: string; description: string }[] = [
  { value: "event", label: "Matched event", description: "The whole envelope" },
  { value: "part", label: "Part of the matched event", description: "What a path leads to" },
  { value: "constant", label: "Constant (JSON text)", description: "The same for every event" },
  { value: "transformer", label: "Input transformer", description: "A template with values of the event put in" },
];

interface TextProps {
  readonly draft: TargetDraft;
  readonly change: (part: Partial<TargetDraft>) => void;
}

function Path({ draft, change }: TextProps) {
  return (
    <FormField label="Path" description="$.detail, $.detail.order">
      <Input value={draft.path} autoComplete={false} onChange={({ detail }) => change({ path: detail.value })} />
    </FormField>
  );
}

function Constant({ draft, change }: TextProps) {
  const problem = jsonProblem(draft.constant);
  return <JsonField label="Constant" name="Constant" value={draft.constant} onChange={(constant) => change({ constant })} problem={problem} height="14em" />;
}

function Transformer({ draft, change }: TextProps) {
  return (
    <SpaceBetween size="m">
      <JsonField
        label="Input path"
        name="Input path"
        description='Names for values of the event: {"order": "$.detail.orderId"}'
        value={draft.paths}
        onChange={(paths) => change({ paths })}
        problem={jsonProblem(draft.paths, "object")}
        height="10em"
      />
      <JsonField
        label="Template"
        name="Template"
        description={
          draft.kind === "log group"
            ? 'A log group takes {"timestamp": <time>, "message": "..."} and nothing else'
            : 'Names in angles stand for values: {"order": <order>, "text": "order <order>"}, or "order <order>"'
        }
        value={draft.template}
        onChange={(template) => change({ template })}
        problem={undefined}
        height="12em"
      />
    </SpaceBetween>
  );
}

interface Props extends TextProps {
  readonly rule: string;
  readonly bus: string;
  readonly sample: Sample;
}

export function TargetInput({ draft, change, rule, bus, sample }: Props) {
  const choose = (input: InputKind): void =>
    change({ input, ...(input === "transformer" && !draft.template ? transformerToBeginWith(draft.kind) : {}) });
  const tried = draft.input === "part" || draft.input === "transformer";
  return (
    <SpaceBetween size="m">
      <RadioGroup value={draft.input} items={[...inputs]} onChange={({ detail }) => choose(detail.value as InputKind)} />
      {tried && <SampleEvent sample={sample} height="12em" />}
      {draft.input === "part" && <Path draft={draft} change={change} />}
      {draft.input === "constant" && <Constant draft={draft} change={change} />}
      {draft.input === "transformer" && <Transformer draft={draft} change={change} />}
      {tried && <InputPreview draft={draft} rule={rule} bus={bus} event={sample.text} />}
    </SpaceBetween>
  );
}
