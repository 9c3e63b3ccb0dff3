import { describe, expect, it } from "vitest";
import {
  callsOf,
  draftOf,
  newRule,
  newTarget,
  patternOfEvent,
  stepProblem,
  targetOf,
  testedInput,
  transformerToBeginWith,
  type RuleDraft,
  type Stored,
} from "./draft";

const group = "arn:aws:logs:us-east-1:000000000000:log-group:/a";
const machine = "arn:aws:states:us-east-1:000000000000:stateMachine:m";
const draft = (part: Partial<RuleDraft> = {}): RuleDraft => ({
  ...newRule("orders"),
  name: "all",
  pattern: '{"source":["shop"]}',
  targets: [{ ...newTarget([]), arn: group }],
  ...part,
});

const stored: Stored = {
  rule: { Name: "all", Arn: "arn:rule", EventBusName: "orders", State: "ENABLED", EventPattern: '{"source":["a"]}', RoleArn: "arn:role" },
  targets: [
    { Id: "one", Arn: machine, RoleArn: "arn:mine", InputPath: "$.detail" },
    { Id: "two", Arn: group },
  ],
  tags: [
    { Key: "a", Value: "1" },
    { Key: "b", Value: "2" },
  ],
};

describe("a new rule", () => {
  it("is a PutRule with its tags, then its targets", () => {
    const calls = callsOf(draft({ tags: [{ Key: "team", Value: "bar" }] }));
    expect(calls.map(({ operation }) => operation)).toEqual(["PutRule", "PutTargets"]);
    expect(calls[0]?.input).toEqual({ Name: "all", EventBusName: "orders", EventPattern: '{"source":["shop"]}', State: "ENABLED", Tags: [{ Key: "team", Value: "bar" }] });
    expect(calls[1]?.input).toEqual({ Rule: "all", EventBusName: "orders", Targets: [{ Id: "target1", Arn: group }] });
  });
  it("says what is missing, step by step", () => {
    expect(stepProblem(draft({ name: "a b" }), 0)).toContain('" "');
    expect(stepProblem(draft({ pattern: '{"a":[1,]}' }), 1)).toContain("Line 1");
    expect(stepProblem(draft({ pattern: "[]" }), 1)).toContain("object");
    expect(stepProblem(draft({ targets: [newTarget([])] }), 2)).toContain("log group");
    expect(stepProblem(draft({ targets: [{ ...newTarget([]), arn: group }, { ...newTarget([]), arn: group }] }), 2)).toContain("Two targets");
    expect(stepProblem(draft({ tags: [{ Key: "a", Value: "" }, { Key: "a", Value: "" }] }), 3)).toContain("same key");
    for (const step of [0, 1, 2, 3]) expect(stepProblem(draft(), step)).toBeUndefined();
  });
});

describe("a target", () => {
  const of = (part: object) => targetOf({ ...newTarget([]), kind: "state machine", arn: machine, ...part });
  it("has one kind of input", () => {
    expect(of({}).InputPath).toBeUndefined();
    expect(of({ input: "part", path: "$.detail.x" }).InputPath).toBe("$.detail.x");
    expect(of({ input: "constant", constant: '{"n":1.0}' }).Input).toBe('{"n":1.0}');
    expect(of({ input: "transformer", paths: '{"id":"$.id"}', template: '"<id>"' }).InputTransformer).toEqual({ InputPathsMap: { id: "$.id" }, InputTemplate: '"<id>"' });
    expect(of({ kind: "event bus", input: "constant" }).Input).toBeUndefined();
  });
  it("is asked about when its input is whole", () => {
    const asked = (part: object, rule = "r") => testedInput({ ...newTarget([]), kind: "state machine", arn: machine, ...part }, rule, "orders", "{}");
    const transformer = { input: "transformer", paths: '{"id":"$.id"}', template: '"<id>"' };
    expect(asked(transformer)).toEqual({
      Event: "{}",
      Rule: "r",
      EventBusName: "orders",
      Target: { Id: "target1", Arn: machine, InputTransformer: { InputPathsMap: { id: "$.id" }, InputTemplate: '"<id>"' } },
    });
    expect(asked({ ...transformer, paths: "{" })).toBeUndefined();
    expect(asked(transformer, "")).toBeUndefined();
    expect(asked({ input: "part", arn: "" })?.Target).toEqual({ Id: "target1", InputPath: "$.detail" });
  });
  it("begins with a transformer that its kind takes", () => {
    for (const kind of ["log group", "state machine"] as const) {
      const { paths, template } = transformerToBeginWith(kind);
      for (const name of Object.keys(JSON.parse(paths) as object)) expect(template).toContain(`<${name}>`);
      expect(Object.keys(JSON.parse(template.replace(/"?<[^>]*>"?/g, "0")) as object)).toEqual(kind === "log group" ? ["timestamp", "message"] : ["detail", "rule"]);
    }
  });
});

describe("a rule that is changed", () => {
  it("stays as it is when nothing is changed", () => {
    const calls = callsOf(draftOf(stored), stored);
    expect(calls.map(({ operation }) => operation)).toEqual(["PutRule", "PutTargets"]);
    expect(calls[0]?.input).toMatchObject({ RoleArn: "arn:role", State: "ENABLED" });
    expect(calls[1]?.input["Targets"]).toEqual(stored.targets);
  });
  it("loses targets and tags that were taken away", () => {
    const before = draftOf(stored);
    const calls = callsOf({ ...before, targets: before.targets.slice(1), tags: [{ Key: "b", Value: "3" }], enabled: false }, stored);
    expect(calls.map(({ operation }) => operation)).toEqual(["PutRule", "RemoveTargets", "PutTargets", "UntagResource", "TagResource"]);
    expect(calls[0]?.input["State"]).toBe("DISABLED");
    expect(calls[1]?.input["Ids"]).toEqual(["one"]);
    expect(calls[3]?.input["TagKeys"]).toEqual(["a"]);
    expect(calls[4]?.input["Tags"]).toEqual([{ Key: "b", Value: "3" }]);
  });
});

it("an event gives a pattern to begin with", () => {
  expect(JSON.parse(patternOfEvent('{"id":"1","source":"a\\u003c","detail-type":"b","detail":{}}') ?? "")).toEqual({ source: ["a<"], "detail-type": ["b"] });
  expect(patternOfEvent("x")).toBeUndefined();
});
