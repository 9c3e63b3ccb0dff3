// Step 3: Select target(s).
import Alert from "@cloudscape-design/components/alert";
import Button from "@cloudscape-design/components/button";
import Container from "@cloudscape-design/components/container";
import ExpandableSection from "@cloudscape-design/components/expandable-section";
import FormField from "@cloudscape-design/components/form-field";
import Header from "@cloudscape-design/components/header";
import Input from "@cloudscape-design/components/input";
import Select from "@cloudscape-design/components/select";
import SpaceBetween from "@cloudscape-design/components/space-between";
import type { TargetKind } from "../../links";
import { newTarget, targetProblem, TARGETS_MAX, type TargetDraft } from "./draft";
import { useSample, type Sample } from "./sample_event";
import type { StepProps } from "./steps";
import { TargetInput } from "./target_input";
import { TargetResource } from "./target_resource";

const kinds: readonly { value: TargetKind; label: string; description: string }[] = [
  { value: "log group", label: "Log group", description: "Each event becomes a line of a log" },
  { value: "state machine", label: "State machine", description: "Each event starts an execution" },
  { value: "event bus", label: "Event bus", description: "Each event is handed on to another bus" },
  { value: "other", label: "Another ARN", description: "Whatever the server takes" },
];

interface TargetProps {
  readonly draft: TargetDraft;
  readonly change: (part: Partial<TargetDraft>) => void;
  readonly rule: string;
  readonly bus: string;
  readonly sample: Sample;
}

function TargetForm({ draft, change, rule, bus, sample }: TargetProps) {
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
          <TargetInput draft={draft} change={change} rule={rule} bus={bus} sample={sample} />
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

export function TargetsStep({ draft, change, asked, kept }: StepProps) {
  const { targets } = draft;
  const sample = useSample(draft.bus, kept);
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
              <TargetForm draft={target} change={(part) => changeAt(at, part)} rule={draft.name} bus={draft.bus} sample={sample} />
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
