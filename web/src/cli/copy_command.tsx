// "Copy as aws CLI": what the page shows, or what a form would send; "Copy as curl" for Crema's own operations.
import type { Call } from "../api/client";
import { commandText } from "./command";
import { CopyButton } from "./copy_button";

export type Calls = readonly Call[] | (() => Promise<readonly Call[]>); // the latter: some have to be asked for

export interface OtherCommand {
  readonly id: string;
  readonly text: string; // what the button that does it says
  readonly calls: Calls;
}

const textOf = async (calls: Calls): Promise<string> => (typeof calls === "function" ? await calls() : calls).map(commandText).join("\n");

// `others`: what the buttons of the page would send.
export function CopyCommands({ calls, label = "Copy as aws CLI", others = [] }: { calls: Calls; label?: string; others?: readonly OtherCommand[] }) {
  return <CopyButton label={label} text={() => textOf(calls)} others={others.map(({ id, text, calls: other }) => ({ id, label: text, text: () => textOf(other) }))} />;
}

export function CopyCommand({ others, ...call }: Call & { others?: readonly OtherCommand[] }) {
  return <CopyCommands calls={[call]} label={call.service === "crema" ? "Copy as curl" : "Copy as aws CLI"} {...(others ? { others } : {})} />;
}
