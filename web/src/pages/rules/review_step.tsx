// Step 5: Review and create.
import Box from "@cloudscape-design/components/box";
import Button from "@cloudscape-design/components/button";
import KeyValuePairs from "@cloudscape-design/components/key-value-pairs";
import SpaceBetween from "@cloudscape-design/components/space-between";
import type { ReactNode } from "react";
import { CopyCommands } from "../../cli/copy_command";
import { JsonView } from "../../json/json_view";
import { Heading } from "../../shell/heading";
import { Panel } from "../../shell/panel";
import { Said } from "../../shell/said";
import { TagTable } from "../buses/tag_table";
import { callsOf, targetOf, type RuleDraft, type Stored } from "./draft";
import { TargetTable } from "./target_table";

interface ReviewProps {
  readonly draft: RuleDraft;
  readonly stored: Stored | undefined;
  readonly edit: (step: number) => void;
}

function Part({ step, title, edit, children }: { step: number; title: string; edit: ReviewProps["edit"]; children: ReactNode }) {
  return (
    <SpaceBetween size="xs">
      <Heading
        level="h3"
        actions={
          <Button formAction="none" ariaLabel={`Edit step ${step + 1}`} onClick={() => edit(step)}>
            Edit
          </Button>
        }
      >
        {`Step ${step + 1}: ${title}`}
      </Heading>
      {children}
    </SpaceBetween>
  );
}

export function ReviewStep({ draft, stored, edit }: ReviewProps) {
  return (
    <SpaceBetween size="l">
      <CopyCommands calls={callsOf(draft, stored).map((call) => ({ service: "events", ...call }))} />
      <Part step={0} title="Define rule detail" edit={edit}>
        <Panel title="Define rule detail">
          <KeyValuePairs
            columns={2}
            items={[
              { label: "Rule name", value: <Said text={draft.name} /> },
              { label: "Status", value: draft.enabled ? "Enabled" : "Disabled" },
              { label: "Description", value: <Said text={draft.description} /> },
              { label: "Event bus", value: <Said text={draft.bus} /> },
            ]}
          />
        </Panel>
      </Part>
      <Part step={1} title="Build event pattern" edit={edit}>
        <JsonView text={draft.pattern} label="Event pattern" />
      </Part>
      <Part step={2} title="Select target(s)" edit={edit}>
        {draft.targets.length > 0 ? <TargetTable targets={draft.targets.map(targetOf)} /> : <Box>No targets: what it matches goes nowhere.</Box>}
      </Part>
      <Part step={3} title="Configure tags" edit={edit}>
        <TagTable tags={draft.tags} />
      </Part>
    </SpaceBetween>
  );
}
