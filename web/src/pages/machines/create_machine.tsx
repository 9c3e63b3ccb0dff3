// A state machine is created.
import Button from "@cloudscape-design/components/button";
import Container from "@cloudscape-design/components/container";
import Form from "@cloudscape-design/components/form";
import FormField from "@cloudscape-design/components/form-field";
import Input from "@cloudscape-design/components/input";
import SegmentedControl from "@cloudscape-design/components/segmented-control";
import SpaceBetween from "@cloudscape-design/components/space-between";
import { createMachine } from "../../api/states";
import { useAction } from "../../api/use_action";
import { CopyCommand } from "../../cli/copy_command";
import { machineLink } from "../../links";
import { go, href } from "../../route";
import { Failure } from "../../shell/failure";
import { forget, useKept } from "../../shell/kept";
import { PageFrame } from "../../shell/page";
import { Panel } from "../../shell/panel";
import { TypedBefore } from "../../shell/typed_before";
import { DefinitionEditor } from "./definition_editor";

const first = `{
  "Comment": "Waits a moment and says hello",
  "StartAt": "Wait",
  "States": {
    "Wait": {
      "Type": "Wait",
      "Seconds": 3,
      "Next": "Hello"
    },
    "Hello": {
      "Type": "Pass",
      "Result": "Hello",
      "End": true
    }
  }
}
`;

const KEPT = "create-machine";

function Create() {
  const [name, setName] = useKept(`${KEPT}/name`, "");
  const [role, setRole] = useKept(`${KEPT}/role`, "arn:aws:iam::000000000000:role/workflows");
  const [type, setType] = useKept(`${KEPT}/type`, "STANDARD");
  const [definition, setDefinition] = useKept(`${KEPT}/definition`, first);
  const request = { name, roleArn: role, type, definition };
  const create = useAction(async () => {
    const { stateMachineArn } = await createMachine(request);
    forget(KEPT);
    go(machineLink(stateMachineArn));
  });
  const nameGood = /^[^\s<>{}[\]?*"#%\\^|~`$&,;:/]{1,80}$/.test(name);
  return (
    <Form
      actions={
        <SpaceBetween direction="horizontal" size="xs">
          <CopyCommand service="states" operation="CreateStateMachine" input={request} />
          <Button variant="link" href={href("/machines")} onFollow={() => forget(KEPT)}>
            Cancel
          </Button>
          <Button variant="primary" disabled={!nameGood} loading={create.busy} onClick={() => void create.run()}>
            Create state machine
          </Button>
        </SpaceBetween>
      }
    >
      <SpaceBetween size="l">
        {create.error && <Failure error={create.error} />}
        <Container>
          <SpaceBetween size="m">
            <FormField label="Name" errorText={name && !nameGood ? "1 to 80 characters, without spaces, brackets and wildcards" : undefined}>
              <Input value={name} autoFocus onChange={({ detail }) => setName(detail.value)} />
            </FormField>
            <FormField label="Type" description="Standard: durable, with a history. Express: short, many, at most once.">
              <SegmentedControl
                label="Type"
                selectedId={type}
                onChange={({ detail }) => setType(detail.selectedId)}
                options={[
                  { id: "STANDARD", text: "Standard" },
                  { id: "EXPRESS", text: "Express" },
                ]}
              />
            </FormField>
            <FormField label="IAM role ARN" description="Kept and shown; access policies are not evaluated.">
              <Input value={role} onChange={({ detail }) => setRole(detail.value)} />
            </FormField>
          </SpaceBetween>
        </Container>
        <Panel title="Definition">
          <DefinitionEditor value={definition} onChange={setDefinition} type={type} />
        </Panel>
      </SpaceBetween>
    </Form>
  );
}

export default function CreateMachine() {
  return (
    <PageFrame title="Create state machine">
      <TypedBefore kept={KEPT}>
        <Create />
      </TypedBefore>
    </PageFrame>
  );
}
