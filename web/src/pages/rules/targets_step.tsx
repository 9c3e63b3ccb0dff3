// Step 3: Select target(s).
import Alert from "@cloudscape-design/components/alert";
import Button from "@cloudscape-design/components/button";
import Container from "@cloudscape-design/components/container";
import ExpandableSection from "@cloudscape-design/components/expandable-section";
import FormField from "@cloudscape-design/components/form-field";
import Header from "@cloudscape-design/components/header";
import Input from "@cloudscape-design/components/input";
import RadioGroup from "@cloudscape-design/components/radio-group";
import Select from "@cloudscape-design/components/select";
import SpaceBetween from "@cloudscape-design/components/space-between";
import { JsonField } from "../../json/json_field";
import { jsonProblem } from "../../json/parse";
import type { TargetKind } from "../../links";
import { newTarget, targetProblem, TARGETS_MAX, type InputKind, type TargetDraft } from "./draft";
import type { StepProps } from "./steps";
import { TargetResource } from "./target_resource";

const kinds: readonly { value: TargetKind; label: string; description: string }[] = [
  { value: "log group", label: "Log group", description: "Each event becomes a line of a log" },
  { value: "state machine", label: "State machine", description: "Each event starts an execution" },
  { value: "event bus", label: "Event bus", description: "Each event is handed on to another bus" },
  { value: "other", label: "Another ARN", description: "Whatever the server takes" },
];

const inputs: readonly { value: InputKind; label: string; description: string }[] = [
  { value: "event", label: "Matched event", description: "The whole envelope" },
  { value: "part", label: "Part of the matched event", description: "What a path leads to" },
  { value: "constant", label: "Constant (JSON text)", description: "The same for every event" },
  { value: "transformer", label: "Input transformer", description: "Parts of the event in a template; a server that does not have it refuses the rule" },
];

interface TargetProps {
  readonly draft: TargetDraft;
  readonly change: (part: Partial<TargetDraft>) => void;
}

function InputText({ draft, change }: TargetProps) {
  if (draft.input === "part")
    return (
      <FormField label="Path" description="$.detail, $.detail.order">
        <Input value={draft.path} autoComplete={false} onChange={({ detail }) => change({ path: detail.value })} />
      </FormField>
    );
  if (draft.input === "constant") {
    const problem = jsonProblem(draft.constant);
    return <JsonField label="Constant" name="Constant" value={draft.constant} onChange={(constant) => change({ constant })} problem={problem} height="14em" />;
  }
  if (draft.input === "transformer") {
    const problem = jsonProblem(draft.paths, "object");
    return (
      <SpaceBetween size="s">
        <JsonField
          label="Input path"
          name="Input path"
          description='Names for parts of the event: {"order": "$.detail.orderId"}'
          value={draft.paths}
          onChange={(paths) => change({ paths })}
          problem={problem}
          height="12em"
        />
        <JsonField
          label="Template"
          name="Template"
          description='Names in angles stand for what they lead to: {"order": <order>}'
          value={draft.template}
          onChange={(template) => change({ template })}
          problem={undefined}
          height="12em"
        />
      </SpaceBetween>
    );
  }
  return null;
}

function TargetForm({ draft, change }: TargetProps) {
  const kind = kinds.find(({ value }) => value === draft.kind);
  return (
    <SpaceBetween size="m">
      <FormField label="Target kind">
        <Select
          selectedOption={{ value: draft.kind, label: kind?.label ?? draft.kind }}
          options={kinds}
          onChange={({ detail }) => change({ kind: detail.selectedOption.value as TargetKind, arn: "" })}
        />
      </FormField>
      <TargetResource draft={draft} change={change} />
      {draft.kind === "event bus" ? (
        <Alert type="info">A bus takes the event as it is.</Alert>
      ) : (
        <ExpandableSection headerText="Input of the target" defaultExpanded={draft.input !== "event"}>
          <SpaceBetween size="m">
            <RadioGroup value={draft.input} items={[...inputs]} onChange={({ detail }) => change({ input: detail.value as InputKind })} />
            <InputText draft={draft} change={change} />
          </SpaceBetween>
        </ExpandableSection>
      )}
      <ExpandableSection headerText="Target id">
        <FormField label="Id">
          <Input value={draft.id} disabled={draft.kept !== undefined} autoComplete={false} onChange={({ detail }) => change({ id: detail.value })} />
        </FormField>
      </ExpandableSection>
    </SpaceBetween>
  );
}

export function TargetsStep({ draft, change, asked }: StepProps) {
  const { targets } = draft;
  const changeAt = (at: number, part: Partial<TargetDraft>): void =>
    change({ targets: targets.map((target, other) => (other === at ? { ...target, ...part } : target)) });
  return (
    <SpaceBetween size="l">
      {targets.map((target, at) => {
        const problem = asked ? targetProblem(target, targets) : undefined;
        return (
          <Container
            key={at}
            header={
              <Header variant="h2" actions={<Button formAction="none" onClick={() => change({ targets: targets.filter((_, other) => other !== at) })}>Remove</Button>}>
                {`Target ${at + 1}`}
              </Header>
            }
          >
            <SpaceBetween size="m">
              {problem && <Alert type="error">{problem}</Alert>}
              <TargetForm draft={target} change={(part) => changeAt(at, part)} />
            </SpaceBetween>
          </Container>
        );
      })}
      <Button formAction="none" iconName="add-plus" disabled={targets.length >= TARGETS_MAX} onClick={() => change({ targets: [...targets, newTarget(targets)] })}>
        Add another target
      </Button>
    </SpaceBetween>
  );
}
