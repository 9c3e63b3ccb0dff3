// A state machine is created.
import Button from "@cloudscape-design/components/button";
import Container from "@cloudscape-design/components/container";
import ContentLayout from "@cloudscape-design/components/content-layout";
import Form from "@cloudscape-design/components/form";
import FormField from "@cloudscape-design/components/form-field";
import Header from "@cloudscape-design/components/header";
import Input from "@cloudscape-design/components/input";
import SegmentedControl from "@cloudscape-design/components/segmented-control";
import SpaceBetween from "@cloudscape-design/components/space-between";
import { useState } from "react";
import { createMachine } from "../../api/states";
import { useAction } from "../../api/use_action";
import { CopyCommand } from "../../cli/copy_command";
import { machineLink } from "../../links";
import { go, href } from "../../route";
import { Failure } from "../../shell/failure";
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

export default function CreateMachine() {
  const [name, setName] = useState("");
  const [role, setRole] = useState("arn:aws:iam::000000000000:role/workflows");
  const [type, setType] = useState("STANDARD");
  const [definition, setDefinition] = useState(first);
  const request = { name, roleArn: role, type, definition };
  const create = useAction(async () => go(machineLink((await createMachine(request)).stateMachineArn)));
  const nameGood = /^[^\s<>{}[\]?*"#%\\^|~`$&,;:/]{1,80}$/.test(name);
  return (
    <ContentLayout header={<Header variant="h1">Create state machine</Header>}>
      <Form
        actions={
          <SpaceBetween direction="horizontal" size="xs">
            <CopyCommand service="states" operation="CreateStateMachine" input={request} />
            <Button variant="link" href={href("/machines")}>
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
          <Container header={<Header variant="h2">Definition</Header>}>
            <DefinitionEditor value={definition} onChange={setDefinition} type={type} />
          </Container>
        </SpaceBetween>
      </Form>
    </ContentLayout>
  );
}
