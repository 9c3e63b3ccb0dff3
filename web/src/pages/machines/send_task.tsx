// Answers a task that waits: success, failure or heartbeat, with its token filled in.
import FormField from "@cloudscape-design/components/form-field";
import Input from "@cloudscape-design/components/input";
import Textarea from "@cloudscape-design/components/textarea";
import { perform, type Call } from "../../api/client";
import { useAction } from "../../api/use_action";
import { JsonField } from "../../json/json_field";
import { parseJson } from "../../json/parse";
import { Dialog } from "../../shell/dialog";
import { useKept } from "../../shell/kept";

export type TaskAnswer = "SendTaskSuccess" | "SendTaskFailure" | "SendTaskHeartbeat";

export const answerTitles: Readonly<Record<TaskAnswer, string>> = {
  SendTaskSuccess: "Send task success",
  SendTaskFailure: "Send task failure",
  SendTaskHeartbeat: "Send task heartbeat",
};

export function SendTask({ answer, token: given, close, done }: { answer: TaskAnswer; token: string; close: () => void; done: () => void }) {
  const kept = `dialog/${answer}`;
  const [token, setToken] = useKept(`${kept}/token/${given}`, given);
  const [output, setOutput] = useKept(`${kept}/output`, "{}");
  const [error, setError] = useKept(`${kept}/error`, "");
  const [cause, setCause] = useKept(`${kept}/cause`, "");
  const parsed = parseJson(output);
  const problem = answer === "SendTaskSuccess" && "problem" in parsed ? { text: parsed.problem, at: parsed.at } : undefined;
  const input = {
    taskToken: token,
    ...(answer === "SendTaskSuccess" ? { output } : {}),
    ...(answer === "SendTaskFailure" ? { error: error || undefined, cause: cause || undefined } : {}),
  };
  const calls: Call[] = [{ service: "states", operation: answer, input }];
  const send = useAction(() => perform(calls));
  const good = token !== "" && problem === undefined;
  return (
    <Dialog title={answerTitles[answer]} verb="Send" action={send} calls={calls} good={good} kept={kept} close={close} done={done}>
      <FormField
        label="Task token"
        stretch
        description={given ? "As it stands in the parameters of the task" : "It stands not in the history: whoever got the task has it"}
      >
        <Textarea value={token} rows={3} spellcheck={false} onChange={({ detail }) => setToken(detail.value)} />
      </FormField>
      {answer === "SendTaskSuccess" && (
        <JsonField name="Output" label="Output" value={output} onChange={setOutput} problem={problem} height="30vh" />
      )}
      {answer === "SendTaskFailure" && (
        <>
          <FormField label="Error" description="What Retry and Catch look at">
            <Input value={error} onChange={({ detail }) => setError(detail.value)} />
          </FormField>
          <FormField label="Cause">
            <Textarea value={cause} onChange={({ detail }) => setCause(detail.value)} />
          </FormField>
        </>
      )}
    </Dialog>
  );
}
