// Asks before something is gone.
import Box from "@cloudscape-design/components/box";
import Button from "@cloudscape-design/components/button";
import Modal from "@cloudscape-design/components/modal";
import SpaceBetween from "@cloudscape-design/components/space-between";
import type { ReactNode } from "react";
import { useAction } from "../api/use_action";
import { Failure } from "./failure";

export interface ConfirmProps {
  readonly title: string;
  readonly verb: string; // what the button says
  readonly children: ReactNode;
  readonly act: () => Promise<unknown>;
  readonly done: () => void;
  readonly close: () => void;
}

export function Confirm({ title, verb, children, act, done, close }: ConfirmProps) {
  const action = useAction(act);
  const run = async (): Promise<void> => {
    if (await action.run()) done();
  };
  return (
    <Modal
      visible
      header={title}
      onDismiss={close}
      closeAriaLabel="Close"
      footer={
        <Box float="right">
          <SpaceBetween direction="horizontal" size="xs">
            <Button variant="link" onClick={close}>
              Cancel
            </Button>
            <Button variant="primary" loading={action.busy} onClick={() => void run()}>
              {verb}
            </Button>
          </SpaceBetween>
        </Box>
      }
    >
      <SpaceBetween size="m">
        {action.error && <Failure error={action.error} />}
        <div>{children}</div>
      </SpaceBetween>
    </Modal>
  );
}
