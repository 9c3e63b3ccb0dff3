// Create event bus.
import FormField from "@cloudscape-design/components/form-field";
import Input from "@cloudscape-design/components/input";
import { perform, type Call } from "../../api/client";
import { useAction } from "../../api/use_action";
import { busLink } from "../../links";
import { go } from "../../route";
import { Dialog } from "../../shell/dialog";
import { useKept } from "../../shell/kept";
import { busNameProblem } from "./names";

export function CreateBus({ close }: { close: () => void }) {
  const [name, setName] = useKept("dialog/create-bus/name", "");
  const [description, setDescription] = useKept("dialog/create-bus/description", "");
  const calls: Call[] = [{ service: "events", operation: "CreateEventBus", input: { Name: name, ...(description ? { Description: description } : {}) } }];
  const create = useAction(() => perform(calls));
  const problem = name ? busNameProblem(name) : undefined;
  return (
    <Dialog
      title="Create event bus"
      verb="Create"
      action={create}
      calls={calls}
      good={name !== "" && problem === undefined}
      kept="dialog/create-bus"
      close={close}
      done={() => go(busLink(name))}
    >
      <FormField label="Name" errorText={problem} constraintText="Letters, digits and . - _ /, up to 256 characters">
        <Input value={name} autoFocus autoComplete={false} onChange={({ detail }) => setName(detail.value)} />
      </FormField>
      <FormField label="Description">
        <Input value={description} autoComplete={false} onChange={({ detail }) => setDescription(detail.value)} />
      </FormField>
    </Dialog>
  );
}
