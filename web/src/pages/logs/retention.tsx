// How long a group keeps its events.
import FormField from "@cloudscape-design/components/form-field";
import Select from "@cloudscape-design/components/select";
import { useState } from "react";
import { perform, type Call } from "../../api/client";
import type { LogGroup } from "../../api/logs";
import { useAction } from "../../api/use_action";
import { Dialog } from "../../shell/dialog";

// What PutRetentionPolicy takes.
const days = [1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653] as const;

export const retentionText = (count: number | undefined): string => (count === undefined ? "Never expire" : count === 1 ? "1 day" : `${count} days`);

const options = [{ value: "", label: retentionText(undefined) }, ...days.map((count) => ({ value: String(count), label: retentionText(count) }))];

export function Retention({ group: { logGroupName, retentionInDays }, close, done }: { group: LogGroup; close: () => void; done: () => void }) {
  const [chosen, setChosen] = useState(String(retentionInDays ?? ""));
  const calls: Call[] = [
    chosen
      ? { service: "logs", operation: "PutRetentionPolicy", input: { logGroupName, retentionInDays: Number(chosen) } }
      : { service: "logs", operation: "DeleteRetentionPolicy", input: { logGroupName } },
  ];
  const save = useAction(() => perform(calls));
  return (
    <Dialog title={`Retention of ${logGroupName}`} verb="Save" action={save} calls={calls} close={close} done={done}>
      <FormField label="Events expire after" description="Those that are older than that are gone at once.">
        <Select
          selectedOption={options.find(({ value }) => value === chosen) ?? null}
          options={options}
          onChange={({ detail }) => setChosen(detail.selectedOption.value ?? "")}
        />
      </FormField>
    </Dialog>
  );
}
