import { expect, it } from "vitest";
import type { EventLink, EventTrace, TracedDelivery } from "../../api/crema";
import { chainOf, type ChainNode } from "./chain";
import { failedPlaces, valuesText, whyNot } from "./explained";
import { fateOf } from "./fate";

const link = (EventId: string, EventBusName = "a"): EventLink => ({ EventId, EventBusName, State: "MATCHED", Source: "s", DetailType: "t", ArrivalTime: 0 });
const counts = { RuleCount: 1, DeliveryCount: 1, DeliveredCount: 1, RejectedCount: 0, Hops: 0, EventBytes: 2 };
const delivery = (part: Partial<TracedDelivery>): TracedDelivery => ({ RuleArn: "r1", TargetId: "t", TargetArn: "arn", State: "DELIVERED", Attempts: 1, ...part });
const kinds = (nodes: readonly ChainNode[]): unknown[] => nodes.map((node) => (node.next.length ? { [node.kind]: kinds(node.next) } : node.kind));

const trace: EventTrace = {
  Since: 0,
  EventId: "1",
  Hops: [
    {
      ...link("1"),
      ...counts,
      Deliveries: [
        delivery({ LogGroupName: "/g", LogStreamName: "s" }),
        delivery({ ExecutionArn: "x", Emitted: [link("2")] }),
        delivery({ RuleArn: "r2", EventBusName: "b" }),
        delivery({ RuleArn: "r2", State: "REJECTED" }),
      ],
    },
    { ...link("1", "b"), ...counts, Deliveries: [delivery({ RuleArn: "r3", LogGroupName: "/h", LogStreamName: "s" })] },
  ],
};

it("goes from the event over its rules to where it arrived, and on to other buses", () => {
  expect(kinds(chainOf(trace, undefined))).toEqual([{ event: [{ rule: ["log", { execution: ["event"] }] }, { rule: [{ bus: [{ rule: ["log"] }] }, "target"] }] }]);
});

it("and back to the execution that put it, and the event that started that", () => {
  const emitted = { ...trace, EmittedBy: "x", Hops: trace.Hops.slice(1) };
  expect(kinds(chainOf(emitted, undefined))).toEqual([{ emitter: [{ event: [{ rule: ["log"] }] }] }]);
  const before = { Since: 0, StartedBy: { ...link("0"), RuleArn: "r0", TargetId: "t" }, Emitted: [] };
  expect(kinds(chainOf(emitted, before))).toEqual([{ event: [{ rule: [{ emitter: [{ event: [{ rule: ["log"] }] }] }] }] }]);
  expect(chainOf({ ...trace, Hops: [] }, undefined)).toEqual([]);
});

it("says an event's fate in a word", () => {
  const of = (part: object) => fateOf({ State: "MATCHED", ...counts, ...part }).text;
  expect(of({})).toBe("1 delivered");
  expect(of({ State: "UNMATCHED" })).toBe("No rule matched");
  expect(of({ State: "MISSING_BUS" })).toBe("No such bus");
  expect(of({ DeliveryCount: 3, RejectedCount: 1 })).toBe("1 not delivered, 1 delivered");
  expect(of({ DeliveryCount: 3 })).toBe("2 under way, 1 delivered");
  expect(of({ DeliveryCount: 0, DeliveredCount: 0 })).toBe("The rule has no target");
});

it("says which clause fails, and what it saw", () => {
  const finding = { Place: "a.b", Kind: "equals", Test: "1", Values: ["2"], Passed: false };
  const explanation = { Matched: false, Clauses: 2, ClausesPassed: 1, Alternative: 1, Alternatives: 1, Findings: [finding, { ...finding, Place: "c", Passed: true }] };
  expect(failedPlaces(explanation)).toEqual(["a.b"]);
  expect(whyNot(explanation).replace(/[\u2068\u2069]/g, "")).toBe("a.b: wanted 1, saw 2");
  expect(whyNot({ ...explanation, Findings: [], DividedPlace: "items" })).toContain("single item of items");
  expect(whyNot({ ...explanation, Matched: true })).toBe("Matches");
  expect(valuesText({ ...finding, Values: [] })).toBe("nothing");
  expect(valuesText({ ...finding, ValuesMore: 4 })).toBe("2 and 4 more");
});
