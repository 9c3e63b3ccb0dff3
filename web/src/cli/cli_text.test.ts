import { expect, it } from "vitest";
import { cliText, quoted } from "./cli_text";

const end = `--endpoint-url ${window.location.origin} --region us-east-1`;

it("says a call as the aws CLI does", () => {
  expect(cliText("logs", "FilterLogEvents", { logGroupName: "/a b", limit: 5, startTime: undefined })).toBe(
    `aws logs filter-log-events --log-group-name '/a b' --limit 5 ${end}`,
  );
  expect(cliText("stepfunctions", "StartExecution", { stateMachineArn: "arn:x", input: `{"a":"it's"}` })).toBe(
    `aws stepfunctions start-execution --state-machine-arn arn:x --input '{"a":"it'\\''s"}' ${end}`,
  );
  expect(cliText("logs", "GetLogEvents", { startFromHead: true, unmask: false })).toBe(`aws logs get-log-events --start-from-head --no-unmask ${end}`);
  expect(cliText("events", "PutTargets", { Targets: [{ Id: "1" }] })).toBe(`aws events put-targets --targets '[{"Id":"1"}]' ${end}`);
});

it("leaves nothing to the shell", () => {
  for (const text of ["$(rm)", "`x`", "a;b", "a\nb", "", "*", "~"]) expect(quoted(text)).toBe(`'${text}'`);
});
