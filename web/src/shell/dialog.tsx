// The frame of every dialog: what is asked, the calls it would make, cancel, and the button that does it.
import Box from "@cloudscape-design/components/box";
import Button from "@cloudscape-design/components/button";
import Modal from "@cloudscape-design/components/modal";
import SpaceBetween from "@cloudscape-design/components/space-between";
import { useCallback, useId, useState, type ReactNode } from "react";
import type { Action } from "../api/use_action";
import { CopyCommands, type Calls } from "../cli/copy_command";
import { Failure } from "./failure";
import { forget } from "./kept";

export interface DialogProps {
  readonly title: string;
  readonly verb: string; // what the button says
  readonly action: Action<[]>;
  readonly calls?: Calls; // what it sends
  readonly good?: boolean; // whether it can be done
  readonly size?: "medium" | "large";
  readonly kept?: string; // what was typed (kept.ts), to be forgotten at the end
  readonly close: () => void;
  readonly done?: () => void;
  readonly children: ReactNode;
}

// What had the focus has it again when the dialog is gone. Modal does so too, but not when a field inside took the focus first.
function useFocusBack(): (form: HTMLFormElement | null) => void {
  const [before] = useState(() => document.activeElement);
  return useCallback(
    (form) => {
      if (!form && before instanceof HTMLElement) before.focus();
    },
    [before],
  );
}

export function Dialog({ title, verb, action, calls, good = true, size = "medium", kept, close, done, children }: DialogProps) {
  const form = useId();
  const back = useFocusBack();
  const leave = (way: (() => void) | undefined): void => {
    if (kept !== undefined) forget(kept);
    way?.();
  };
  const run = async (): Promise<void> => {
    if (good && (await action.run())) leave(done);
  };
  return (
    <Modal
      visible
      size={size}
      header={title}
      closeAriaLabel="Close"
      onDismiss={() => leave(close)}
      footer={
        <Box float="right">
          <SpaceBetween direction="horizontal" size="xs">
            {calls && <CopyCommands calls={calls} />}
            <Button variant="link" onClick={() => leave(close)}>
              Cancel
            </Button>
            <Button variant="primary" form={form} disabled={!good} loading={action.busy}>
              {verb}
            </Button>
          </SpaceBetween>
        </Box>
      }
    >
      <form
        ref={back}
        id={form}
        onSubmit={(event) => {
          event.preventDefault();
          void run();
        }}
      >
        <SpaceBetween size="m">
          {action.error && <Failure error={action.error} />}
          {children}
        </SpaceBetween>
      </form>
    </Modal>
  );
}
