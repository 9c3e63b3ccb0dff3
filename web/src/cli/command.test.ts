import { expect, it } from "vitest";
import { commandText, quoted } from "./command";

const end = `--endpoint-url ${window.location.origin} --region us-east-1`;

it("says a call as the aws CLI does", () => {
  expect(commandText({ service: "logs", operation: "FilterLogEvents", input: { logGroupName: "/a b", limit: 5, startTime: undefined } })).toBe(
    `aws logs filter-log-events --log-group-name '/a b' --limit 5 ${end}`,
  );
  expect(commandText({ service: "states", operation: "StartExecution", input: { stateMachineArn: "arn:x", input: `{"a":"it's"}` } })).toBe(
    `aws stepfunctions start-execution --state-machine-arn arn:x --input '{"a":"it'\\''s"}' ${end}`,
  );
  expect(commandText({ service: "logs", operation: "GetLogEvents", input: { startFromHead: true, unmask: false } })).toBe(
    `aws logs get-log-events --start-from-head --no-unmask ${end}`,
  );
  expect(commandText({ service: "events", operation: "PutTargets", input: { Targets: [{ Id: "1" }] } })).toBe(`aws events put-targets --targets '[{"Id":"1"}]' ${end}`);
});

it("says what the aws CLI takes otherwise", () => {
  expect(commandText({ service: "states", operation: "SendTaskSuccess", input: { taskToken: "t", output: "{}" } })).toBe(
    `aws stepfunctions send-task-success --task-token t --task-output '{}' ${end}`,
  );
  expect(commandText({ service: "logs", operation: "FilterLogEvents", input: { filterPattern: "-milk" } })).toContain(" --filter-pattern=-milk ");
});

it("says Crema's own operations as curl does", () => {
  const text = commandText({ service: "crema", operation: "ListInbox", input: { Limit: 5 } });
  expect(text).toContain(`curl -s ${window.location.origin} -H 'X-Amz-Target: Crema.ListInbox'`);
  expect(text).toMatch(/ -d '\{"Limit":5\}'$/);
});

it("leaves nothing to the shell", () => {
  for (const text of ["$(rm)", "`x`", "a;b", "a\nb", "", "*", "~"]) expect(quoted(text)).toBe(`'${text}'`);
});
