import { describe, expect, it } from "vitest";
import { edgesTaken, summaries, traceOf, whereOf, type HistoryEvent } from "./history";
import { tokenOf, waitsForToken } from "./token";

// ["TaskStateEntered", previous, details]: ids count from 1.
type Line = [type: string, previous: number, details?: object];
function history(lines: readonly Line[]): HistoryEvent[] {
  return lines.map(([type, previousEventId, details], at) => {
    const member = type.endsWith("StateEntered") ? "stateEnteredEventDetails" : type.endsWith("StateExited") ? "stateExitedEventDetails" : `${type[0]?.toLowerCase()}${type.slice(1)}EventDetails`;
    return { id: at + 1, previousEventId, timestamp: at, type, ...(details ? { [member]: details } : {}) };
  });
}
const within = (containers: Record<string, string>) => (state: string) => containers[state];
const statuses = (lines: readonly Line[], containers: Record<string, string> = {}): Record<string, string> =>
  Object.fromEntries([...summaries(traceOf(history(lines), within(containers)))].map(([name, { status }]) => [name, status]));

const waiting: Line[] = [
  ["ExecutionStarted", 0, { input: "{}" }],
  ["PassStateEntered", 0, { name: "a", input: "1" }],
  ["PassStateExited", 2, { name: "a", output: "2", assignedVariables: { n: "7" } }],
  ["TaskStateEntered", 3, { name: "b", input: "2" }],
  ["TaskScheduled", 4, { resourceType: "events", resource: "putEvents.waitForTaskToken", parameters: '{"Entries":[{"Detail":{"T":"tok"}}]}' }],
  ["TaskStarted", 5],
  ["TaskSubmitted", 6, { output: "{}" }],
];

describe("a trace", () => {
  it("has what goes on", () => {
    const trace = traceOf(history(waiting), within({}));
    expect(trace.visits.map(({ name, status, input, output }) => [name, status, input, output])).toEqual([
      ["a", "succeeded", "1", "2"],
      ["b", "running", "2", undefined],
    ]);
    expect([...edgesTaken(trace)]).toEqual(["a\nb"]);
    expect(trace.variables).toEqual([{ name: "n", value: "7", event: 3, state: "a" }]);
    expect(trace.steps.get(7)).toBe("b");
  });
  it("tells caught, retried, failed and cancelled apart", () => {
    const failed: Line = ["TaskFailed", 6, { error: "E", cause: "c" }];
    const start = waiting.slice(0, 6);
    expect(statuses([...start, failed])).toEqual({ a: "succeeded", b: "running" }); // it will be tried again, or has just failed
    expect(statuses([...start, failed, ["ExecutionFailed", 7, { error: "E" }]])).toEqual({ a: "succeeded", b: "failed" });
    expect(statuses([...start, failed, ["TaskStateExited", 7, { name: "b" }]])).toEqual({ a: "succeeded", b: "caught" });
    const again: Line[] = [failed, ["TaskScheduled", 7], ["TaskStarted", 8], ["TaskSucceeded", 9, { output: "1" }], ["TaskStateExited", 10, { name: "b" }]];
    expect(statuses([...start, ...again])).toEqual({ a: "succeeded", b: "succeeded" });
    expect(traceOf(history([...start, ...again]), within({})).visits[1]?.attempts.map(({ failure }) => failure?.error)).toEqual(["E", undefined]);
    expect(statuses([...waiting, ["ExecutionAborted", 0]])).toEqual({ a: "succeeded", b: "aborted" });
    expect(statuses([["ExecutionStarted", 0], ["FailStateEntered", 0, { name: "f" }], ["ExecutionFailed", 2]])).toEqual({ f: "failed" });
  });
  it("goes on after a redrive", () => {
    const lines: Line[] = [
      ...waiting.slice(0, 6), ["TaskFailed", 6, { error: "E" }], ["ExecutionFailed", 7, { error: "E" }], ["ExecutionRedriven", 8],
      ["TaskScheduled", 9], ["TaskStarted", 10],
    ];
    expect(statuses(lines)).toEqual({ a: "succeeded", b: "running" });
  });
  it("keeps branches and iterations apart", () => {
    const lines: Line[] = [
      ["ExecutionStarted", 0], ["ParallelStateEntered", 0, { name: "P" }], ["ParallelStateStarted", 2],
      ["PassStateEntered", 3, { name: "x" }], ["MapStateEntered", 3, { name: "M" }], ["PassStateExited", 4, { name: "x" }],
      ["MapStateStarted", 5, { length: 2 }], ["MapIterationStarted", 7, { name: "M", index: 0 }], ["MapIterationStarted", 7, { name: "M", index: 1 }],
      ["TaskStateEntered", 8, { name: "i" }], ["TaskStateEntered", 9, { name: "i" }], ["TaskStateExited", 10, { name: "i" }],
      ["MapIterationSucceeded", 12, { name: "M", index: 0 }], ["TaskFailed", 11, { error: "E" }], ["MapIterationFailed", 14, { name: "M", index: 1 }],
      ["MapStateFailed", 15], ["ParallelStateFailed", 16], ["ExecutionFailed", 17],
    ];
    const containers = { x: "P", M: "P", i: "M" };
    expect(statuses(lines, containers)).toEqual({ P: "failed", x: "succeeded", M: "failed", i: "failed" });
    const trace = traceOf(history(lines), within(containers));
    expect(trace.visits.filter(({ name }) => name === "i").map((visit) => [whereOf(visit), visit.status])).toEqual([
      ["iteration 0 of M", "succeeded"],
      ["iteration 1 of M", "failed"],
    ]);
    const caught: Line[] = [...lines.slice(0, 17), ["ParallelStateExited", 17, { name: "P" }], ["PassStateEntered", 18, { name: "sorry" }]];
    expect(statuses(caught, containers)).toEqual({ P: "caught", x: "succeeded", M: "failed", i: "failed", sorry: "running" });
    expect(edgesTaken(traceOf(history(caught), within(containers)))).toEqual(new Set(["P\nsorry"]));
  });
  it("takes 25,000 events at once", () => {
    const lines: Line[] = [["ExecutionStarted", 0]];
    for (let at = 2; at < 25_000; at += 2) lines.push(["PassStateEntered", at === 2 ? 0 : at - 1, { name: "a" }], ["PassStateExited", at, { name: "a" }]);
    const begin = Date.now();
    expect(summaries(traceOf(history(lines), within({}))).get("a")?.visits).toHaveLength(12499);
    expect(Date.now() - begin).toBeLessThan(2000);
  });
});

describe("a token", () => {
  const attempt = traceOf(history(waiting), within({})).visits[1]?.attempts[0];
  if (!attempt) throw new Error("there is one");
  it("stands where the definition puts it", () => {
    expect(waitsForToken(attempt)).toBe(true);
    expect(tokenOf({ Parameters: { Entries: [{ Detail: { "T.$": "$$.Task.Token" } }] } }, attempt)).toBe("tok");
    expect(tokenOf({ Arguments: { Entries: [{ Detail: { T: "{% $states.context.Task.Token %}" } }] } }, attempt)).toBe("tok");
    expect(tokenOf({ Parameters: { Entries: [{ "Detail.$": "$" }] } }, attempt)).toBeUndefined();
  });
  it("is found in JSON in a string", () => {
    const inText = { ...attempt, parameters: JSON.stringify({ Entries: [{ Detail: '{"T":"tok"}' }] }) };
    expect(tokenOf({ Parameters: { Entries: [{ Detail: { "T.$": "$$.Task.Token" } }] } }, inText)).toBe("tok");
  });
});
