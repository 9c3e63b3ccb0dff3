// Asks before something is gone.
import type { ReactNode } from "react";
import { perform } from "../api/client";
import { useAction } from "../api/use_action";
import type { Calls } from "../cli/copy_command";
import { Dialog } from "./dialog";

export interface ConfirmProps {
  readonly title: string;
  readonly verb: string; // what the button says
  readonly children: ReactNode;
  readonly calls: Calls; // what it does
  readonly done: () => void;
  readonly close: () => void;
}

export function Confirm({ title, verb, children, calls, done, close }: ConfirmProps) {
  const action = useAction(async () => perform(typeof calls === "function" ? await calls() : calls));
  return (
    <Dialog title={title} verb={verb} action={action} calls={calls} close={close} done={done}>
      <div>{children}</div>
    </Dialog>
  );
}
