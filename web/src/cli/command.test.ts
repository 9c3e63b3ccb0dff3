import { afterEach, expect, it } from "vitest";
import { setNamespace } from "../api/namespace";
import { commandText, quoted } from "./command";

afterEach(() => setNamespace({ region: "us-east-1" }));

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

it("says places as texts, which the aws CLI would look up", () => {
  for (const Description of ["file:///etc/passwd", "fileb://x", "http://shop.example", "https://shop.example/it's"])
    expect(commandText({ service: "events", operation: "CreateEventBus", input: { Name: "a", Description } })).toBe(
      `aws events create-event-bus --name a --cli-input-json ${quoted(JSON.stringify({ Description }))} ${end}`,
    );
});

it("speaks for the account that was chosen", () => {
  setNamespace({ region: "us-east-1", account: "111122223333" });
  expect(commandText({ service: "events", operation: "ListRules", input: {} })).toBe(
    `AWS_ACCESS_KEY_ID=111122223333 AWS_SECRET_ACCESS_KEY=any aws events list-rules ${end}`,
  );
  expect(commandText({ service: "crema", operation: "ListInbox", input: {} })).toContain("Credential=111122223333/");
});

it("signs with a key, and never says its secret", () => {
  setNamespace({ region: "us-east-1", account: "111122223333", keyId: "ID", secret: "hush" });
  expect(commandText({ service: "events", operation: "ListRules", input: {} })).toBe(`aws events list-rules ${end}`);
  expect(commandText({ service: "crema", operation: "ListInbox", input: {} })).toMatch(/ --aws-sigv4 aws:amz:us-east-1:crema --user ID:"\$AWS_SECRET_ACCESS_KEY" -d '\{\}'$/);
});

it("leaves nothing to the shell", () => {
  for (const text of ["$(rm)", "`x`", "a;b", "a\nb", "", "*", "~"]) expect(quoted(text)).toBe(`'${text}'`);
});
