// Create event bus.
import Box from "@cloudscape-design/components/box";
import Button from "@cloudscape-design/components/button";
import FormField from "@cloudscape-design/components/form-field";
import Input from "@cloudscape-design/components/input";
import Modal from "@cloudscape-design/components/modal";
import SpaceBetween from "@cloudscape-design/components/space-between";
import { useState } from "react";
import { call } from "../../api/client";
import { useAction } from "../../api/use_action";
import { CopyCli } from "../../cli/copy_cli";
import { busLink } from "../../links";
import { go } from "../../route";
import { Failure } from "../../shell/failure";
import { busNameProblem } from "./names";

export function CreateBus({ close }: { close: () => void }) {
  const [name, setName] = useState("");
  const [description, setDescription] = useState("");
  const input = { Name: name, ...(description ? { Description: description } : {}) };
  const create = useAction(() => call("events", "CreateEventBus", input));
  const problem = name ? busNameProblem(name) : undefined;
  const submit = async (): Promise<void> => {
    if (name && !problem && (await create.run())) go(busLink(name));
  };
  return (
    <Modal visible header="Create event bus" onDismiss={close} closeAriaLabel="Close">
      <form
        onSubmit={(event) => {
          event.preventDefault();
          void submit();
        }}
      >
        <SpaceBetween size="m">
          {create.error && <Failure error={create.error} />}
          <FormField label="Name" errorText={problem} constraintText="Letters, digits and . - _ /, up to 256 characters">
            <Input value={name} autoFocus autoComplete={false} onChange={({ detail }) => setName(detail.value)} />
          </FormField>
          <FormField label="Description">
            <Input value={description} autoComplete={false} onChange={({ detail }) => setDescription(detail.value)} />
          </FormField>
          <Box float="right">
            <SpaceBetween direction="horizontal" size="xs">
              <CopyCli service="events" operation="CreateEventBus" input={input} />
              <Button formAction="none" variant="link" onClick={close}>
                Cancel
              </Button>
              <Button variant="primary" loading={create.busy} disabled={!name || problem !== undefined}>
                Create
              </Button>
            </SpaceBetween>
          </Box>
        </SpaceBetween>
      </form>
    </Modal>
  );
}
