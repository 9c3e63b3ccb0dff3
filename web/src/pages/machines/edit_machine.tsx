// A state machine's definition and role are changed. Executions that are under way go on with what they began with.
import Button from "@cloudscape-design/components/button";
import Container from "@cloudscape-design/components/container";
import Form from "@cloudscape-design/components/form";
import FormField from "@cloudscape-design/components/form-field";
import Input from "@cloudscape-design/components/input";
import SpaceBetween from "@cloudscape-design/components/space-between";
import { describeMachine, updateMachine, type MachineDetails } from "../../api/states";
import { useAction } from "../../api/use_action";
import { useAnswer } from "../../api/use_answer";
import { CopyCommand } from "../../cli/copy_command";
import { machineLink } from "../../links";
import { go } from "../../route";
import type { PageProps } from "../../routes";
import { AnswerPage } from "../../shell/answer_page";
import { Failure } from "../../shell/failure";
import { forget, useKept } from "../../shell/kept";
import { Panel } from "../../shell/panel";
import { TypedBefore } from "../../shell/typed_before";
import { DefinitionEditor } from "./definition_editor";

const keptOf = (arn: string): string => `edit-machine/${arn}`;

function Edit({ machine }: { machine: MachineDetails }) {
  const kept = keptOf(machine.stateMachineArn);
  const [definition, setDefinition] = useKept(`${kept}/definition`, machine.definition);
  const [role, setRole] = useKept(`${kept}/role`, machine.roleArn);
  const back = machineLink(machine.stateMachineArn);
  const request = { stateMachineArn: machine.stateMachineArn, definition, roleArn: role };
  const save = useAction(async () => {
    await updateMachine(request);
    forget(kept);
    go(back);
  });
  const changed = definition !== machine.definition || role !== machine.roleArn;
  return (
    <Form
      actions={
        <SpaceBetween direction="horizontal" size="xs">
          <CopyCommand service="states" operation="UpdateStateMachine" input={request} />
          <Button variant="link" href={back} onFollow={() => forget(kept)}>
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
        <Panel title="Definition">
          <DefinitionEditor value={definition} onChange={setDefinition} type={machine.type} />
        </Panel>
      </SpaceBetween>
    </Form>
  );
}

export default function EditMachine({ parameters }: PageProps) {
  const arn = parameters["arn"] ?? "";
  const answer = useAnswer((signal) => describeMachine({ stateMachineArn: arn }, { signal }), [arn]);
  return (
    <AnswerPage title={`Edit ${answer.data?.name ?? ""}`} answer={answer}>
      {(machine) => (
        <TypedBefore key={arn} kept={keptOf(arn)}>
          <Edit machine={machine} />
        </TypedBefore>
      )}
    </AnswerPage>
  );
}
