// Step 1: Define rule detail.
import FormField from "@cloudscape-design/components/form-field";
import Input from "@cloudscape-design/components/input";
import Select from "@cloudscape-design/components/select";
import SpaceBetween from "@cloudscape-design/components/space-between";
import Toggle from "@cloudscape-design/components/toggle";
import { listBuses } from "../../api/events";
import { useAnswer } from "../../api/use_answer";
import { Failure } from "../../shell/failure";
import { Panel } from "../../shell/panel";
import { ruleNameProblem } from "../buses/names";
import type { StepProps } from "./steps";

export function DetailsStep({ draft, change, asked, stored }: StepProps) {
  const buses = useAnswer((signal) => listBuses({ signal }));
  const names = [...new Set([draft.bus, ...(buses.data?.items.map(({ Name }) => Name) ?? [])])];
  return (
    <Panel title="Rule detail">
      <SpaceBetween size="m">
        {buses.error && <Failure error={buses.error} retry={buses.reload} />}
        <FormField label="Name" constraintText="Letters, digits and . - _, up to 64 characters" errorText={asked || draft.name ? ruleNameProblem(draft.name) : undefined}>
          <Input value={draft.name} disabled={stored} autoComplete={false} onChange={({ detail }) => change({ name: detail.value })} />
        </FormField>
        <FormField label="Description">
          <Input value={draft.description} autoComplete={false} onChange={({ detail }) => change({ description: detail.value })} />
        </FormField>
        <FormField label="Event bus">
          <Select
            disabled={stored}
            selectedOption={{ label: draft.bus, value: draft.bus }}
            options={names.map((name) => ({ label: name, value: name }))}
            onChange={({ detail }) => change({ bus: detail.selectedOption.value ?? draft.bus })}
          />
        </FormField>
        <Toggle checked={draft.enabled} onChange={({ detail }) => change({ enabled: detail.checked })}>
          Enable the rule on the selected event bus
        </Toggle>
      </SpaceBetween>
    </Panel>
  );
}
