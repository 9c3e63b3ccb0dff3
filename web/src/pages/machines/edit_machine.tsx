// A state machine's definition and role are changed. Executions that are under way go on with what they began with.
import Button from "@cloudscape-design/components/button";
import Container from "@cloudscape-design/components/container";
import ContentLayout from "@cloudscape-design/components/content-layout";
import Form from "@cloudscape-design/components/form";
import FormField from "@cloudscape-design/components/form-field";
import Header from "@cloudscape-design/components/header";
import Input from "@cloudscape-design/components/input";
import SpaceBetween from "@cloudscape-design/components/space-between";
import Spinner from "@cloudscape-design/components/spinner";
import { useState } from "react";
import { describeMachine, updateMachine, type MachineDetails } from "../../api/states";
import { useAction } from "../../api/use_action";
import { useAnswer } from "../../api/use_answer";
import { CopyCommand } from "../../cli/copy_command";
import { machineLink } from "../../links";
import { go } from "../../route";
import type { PageProps } from "../../routes";
import { Failure } from "../../shell/failure";
import { DefinitionEditor } from "./definition_editor";

function Edit({ machine }: { machine: MachineDetails }) {
  const [definition, setDefinition] = useState(machine.definition);
  const [role, setRole] = useState(machine.roleArn);
  const back = machineLink(machine.stateMachineArn);
  const request = { stateMachineArn: machine.stateMachineArn, definition, roleArn: role };
  const save = useAction(async () => {
    await updateMachine(request);
    go(back);
  });
  const changed = definition !== machine.definition || role !== machine.roleArn;
  return (
    <Form
      actions={
        <SpaceBetween direction="horizontal" size="xs">
          <CopyCommand service="states" operation="UpdateStateMachine" input={request} />
          <Button variant="link" href={back}>
            Cancel
          </Button>
          <Button variant="primary" disabled={!changed} loading={save.busy} onClick={() => void save.run()}>
            Save
          </Button>
        </SpaceBetween>
      }
    >
      <SpaceBetween size="l">
        {save.error && <Failure error={save.error} />}
        <Container>
          <FormField label="IAM role ARN">
            <Input value={role} onChange={({ detail }) => setRole(detail.value)} />
          </FormField>
        </Container>
        <Container header={<Header variant="h2">Definition</Header>}>
          <DefinitionEditor value={definition} onChange={setDefinition} type={machine.type} />
        </Container>
      </SpaceBetween>
    </Form>
  );
}

export default function EditMachine({ parameters }: PageProps) {
  const arn = parameters["arn"] ?? "";
  const { data, error, reload } = useAnswer((signal) => describeMachine({ stateMachineArn: arn }, { signal }), [arn]);
  return (
    <ContentLayout header={<Header variant="h1">{`Edit ${data?.name ?? ""}`}</Header>}>
      {error && <Failure error={error} retry={reload} />}
      {data ? <Edit key={arn} machine={data} /> : !error && <Spinner size="large" />}
    </ContentLayout>
  );
}
