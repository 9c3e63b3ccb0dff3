// The dialog that starts an execution: a name is filled in, the input is held against JSON. An Express machine may be
// waited for; its answer is shown here, for nothing else keeps it.
import Box from "@cloudscape-design/components/box";
import Checkbox from "@cloudscape-design/components/checkbox";
import FormField from "@cloudscape-design/components/form-field";
import Input from "@cloudscape-design/components/input";
import SpaceBetween from "@cloudscape-design/components/space-between";
import { useMemo, useState } from "react";
import { startExecution, startSyncExecution, type MachineDetails, type SyncResult } from "../../api/states";
import { useAction } from "../../api/use_action";
import { JsonField } from "../../json/json_field";
import { JsonView } from "../../json/json_view";
import { lineOf, parseJson } from "../../json/parse";
import { executionLink } from "../../links";
import { go } from "../../route";
import { Dialog } from "../../shell/dialog";
import { forget, useKept } from "../../shell/kept";
import { Said } from "../../shell/said";
import { Status } from "./status";

// crypto.randomUUID is there on secure pages only.
export function newName(): string {
  const hex = [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-");
}

function Result({ result }: { result: SyncResult }) {
  return (
    <SpaceBetween size="s">
      <Status status={result.status} />
      <Box>{`${Math.round((result.stopDate - result.startDate) * 1000)} ms`}</Box>
      {result.error !== undefined && <Said text={`${result.error}: ${result.cause ?? ""}`} />}
      {result.output !== undefined && <JsonView text={result.output} label="Output" />}
    </SpaceBetween>
  );
}

export function StartExecution({ machine, given = "{}", close }: { machine: Pick<MachineDetails, "stateMachineArn" | "type">; given?: string; close: () => void }) {
  const kept = `dialog/start/${machine.stateMachineArn}`;
  const [name, setName] = useKept(`${kept}/name`, newName);
  const [input, setInput] = useKept(`${kept}/input`, given);
  const [waits, setWaits] = useState(machine.type === "EXPRESS");
  const [result, setResult] = useState<SyncResult>();
  const parsed = useMemo(() => parseJson(input), [input]);
  const problem = "problem" in parsed ? { text: `Line ${lineOf(input, parsed.at)}: ${parsed.problem}`, at: parsed.at } : undefined;
  const request = { stateMachineArn: machine.stateMachineArn, name: name || undefined, input };
  const sync = machine.type === "EXPRESS" && waits;
  const start = useAction(async () => {
    if (sync) {
      setResult(await startSyncExecution(request));
      return;
    }
    const { executionArn } = await startExecution(request);
    forget(kept);
    close();
    if (machine.type === "STANDARD") go(executionLink(executionArn));
  });
  return (
    <Dialog
      title="Start execution"
      verb="Start execution"
      action={start}
      calls={[{ service: "states", operation: sync ? "StartSyncExecution" : "StartExecution", input: request }]}
      good={problem === undefined}
      size="large"
      kept={kept}
      close={close}
    >
      <FormField label="Name" constraintText="At most 80 characters; of its own for 90 days">
        <Input value={name} autoComplete={false} onChange={({ detail }) => setName(detail.value)} />
      </FormField>
      <JsonField name="Input" label="Input" value={input} onChange={setInput} problem={problem} height="40vh" />
      {machine.type === "EXPRESS" && (
        <Checkbox checked={waits} onChange={({ detail }) => setWaits(detail.checked)}>
          Wait for its end and show the output
        </Checkbox>
      )}
      {result && <Result result={result} />}
    </Dialog>
  );
}
