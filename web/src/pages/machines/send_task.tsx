// Answers a task that waits: success, failure or heartbeat, with its token filled in.
import Box from "@cloudscape-design/components/box";
import Button from "@cloudscape-design/components/button";
import FormField from "@cloudscape-design/components/form-field";
import Input from "@cloudscape-design/components/input";
import Modal from "@cloudscape-design/components/modal";
import SpaceBetween from "@cloudscape-design/components/space-between";
import Textarea from "@cloudscape-design/components/textarea";
import { useState } from "react";
import { call } from "../../api/client";
import { useAction } from "../../api/use_action";
import { CopyCli } from "../../cli/copy_cli";
import { JsonField } from "../../json/json_field";
import { parseJson } from "../../json/parse";
import { Failure } from "../../shell/failure";

export type TaskAnswer = "SendTaskSuccess" | "SendTaskFailure" | "SendTaskHeartbeat";

export const answerTitles: Readonly<Record<TaskAnswer, string>> = {
  SendTaskSuccess: "Send task success",
  SendTaskFailure: "Send task failure",
  SendTaskHeartbeat: "Send task heartbeat",
};

export function SendTask({ answer, token: given, close, done }: { answer: TaskAnswer; token: string; close: () => void; done: () => void }) {
  const [token, setToken] = useState(given);
  const [output, setOutput] = useState("{}");
  const [error, setError] = useState("");
  const [cause, setCause] = useState("");
  const parsed = parseJson(output);
  const problem = answer === "SendTaskSuccess" && "problem" in parsed ? { text: parsed.problem, at: parsed.at } : undefined;
  const request = {
    taskToken: token,
    ...(answer === "SendTaskSuccess" ? { output } : {}),
    ...(answer === "SendTaskFailure" ? { error: error || undefined, cause: cause || undefined } : {}),
  };
  const send = useAction(() => call("states", answer, request));
  const run = async (): Promise<void> => {
    if (await send.run()) done();
  };
  return (
    <Modal
      visible
      header={answerTitles[answer]}
      closeAriaLabel="Close"
      onDismiss={close}
      footer={
        <Box float="right">
          <SpaceBetween direction="horizontal" size="xs">
            <CopyCli
              service="stepfunctions"
              operation={answer}
              input={"output" in request ? { taskToken: token, taskOutput: output } : request}
            />
            <Button variant="link" onClick={close}>
              Cancel
            </Button>
            <Button variant="primary" disabled={!token || problem !== undefined} loading={send.busy} onClick={() => void run()}>
              Send
            </Button>
          </SpaceBetween>
        </Box>
      }
    >
      <SpaceBetween size="m">
        {send.error && <Failure error={send.error} />}
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
      </SpaceBetween>
    </Modal>
  );
}
