// How long a group keeps its events.
import Box from "@cloudscape-design/components/box";
import Button from "@cloudscape-design/components/button";
import FormField from "@cloudscape-design/components/form-field";
import Modal from "@cloudscape-design/components/modal";
import Select from "@cloudscape-design/components/select";
import SpaceBetween from "@cloudscape-design/components/space-between";
import { useState } from "react";
import { deleteRetention, putRetention, type LogGroup } from "../../api/logs";
import { useAction } from "../../api/use_action";
import { CopyCli } from "../../cli/copy_cli";
import { Failure } from "../../shell/failure";

// What PutRetentionPolicy takes.
const days = [1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653] as const;

export const retentionText = (count: number | undefined): string => (count === undefined ? "Never expire" : count === 1 ? "1 day" : `${count} days`);

const options = [{ value: "", label: retentionText(undefined) }, ...days.map((count) => ({ value: String(count), label: retentionText(count) }))];

export function Retention({ group, close, done }: { group: LogGroup; close: () => void; done: () => void }) {
  const [chosen, setChosen] = useState(String(group.retentionInDays ?? ""));
  const { logGroupName } = group;
  const request = chosen ? { logGroupName, retentionInDays: Number(chosen) } : { logGroupName };
  const save = useAction(() => (chosen ? putRetention(request) : deleteRetention(request)));
  const run = async (): Promise<void> => {
    if (await save.run()) done();
  };
  return (
    <Modal
      visible
      header={`Retention of ${logGroupName}`}
      closeAriaLabel="Close"
      onDismiss={close}
      footer={
        <Box float="right">
          <SpaceBetween direction="horizontal" size="xs">
            <CopyCli service="logs" operation={chosen ? "PutRetentionPolicy" : "DeleteRetentionPolicy"} input={request} />
            <Button variant="link" onClick={close}>
              Cancel
            </Button>
            <Button variant="primary" loading={save.busy} onClick={() => void run()}>
              Save
            </Button>
          </SpaceBetween>
        </Box>
      }
    >
      <SpaceBetween size="m">
        {save.error && <Failure error={save.error} />}
        <FormField label="Events expire after" description="Those that are older than that are gone at once.">
          <Select
            selectedOption={options.find(({ value }) => value === chosen) ?? null}
            options={options}
            onChange={({ detail }) => setChosen(detail.selectedOption.value ?? "")}
          />
        </FormField>
      </SpaceBetween>
    </Modal>
  );
}
