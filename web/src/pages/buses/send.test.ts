import { expect, it } from "vitest";
import { ruleOfArn, targetOfArn } from "../../links";
import { busNameProblem, ruleNameProblem } from "./names";
import { draftOfEnvelope, entryOf, newEntry, problemsOf } from "./send";

it("says what is wrong with an entry while it is typed", () => {
  const good = { ...newEntry(), source: "shop", detailType: "Paid", detail: '{"n":1}' };
  expect(problemsOf(good)).toEqual({});
  expect(problemsOf({ ...good, source: " " }).source).toBeDefined();
  expect(problemsOf({ ...good, source: "aws.s3" }).source).toContain("aws.");
  expect(problemsOf({ ...good, detail: '{\n"a": }' })).toEqual({ detail: { text: "Line 2: A JSON value expected here", at: 7 } });
  expect(problemsOf({ ...good, detail: "[]" }).detail?.text).toContain("object");
});

it("sends the detail with the bytes that were typed", () => {
  const draft = { source: "s", detailType: "t", detail: '{ "n": 1.000000000000000000001 }', resources: " arn:a \n\narn:b" };
  expect(entryOf("orders", draft)).toEqual({ EventBusName: "orders", Source: "s", DetailType: "t", Detail: draft.detail, Resources: ["arn:a", "arn:b"] });
});

it("takes an envelope up again", () => {
  const text = '{"version":"0","id":"1","detail-type":"\\u003cb>","source":"s","resources":["r"],"detail":{"n":12345678901234567890}}';
  expect(draftOfEnvelope(text)).toEqual({ source: "s", detailType: "<b>", detail: '{"n":12345678901234567890}', resources: "r" });
  expect(draftOfEnvelope("none")).toBeUndefined();
});

it("knows names", () => {
  expect([busNameProblem("a/b.C-1_"), ruleNameProblem("a.C-1_")]).toEqual([undefined, undefined]);
  for (const name of ["a b", "é", "x".repeat(257), "default"]) expect(busNameProblem(name), name).toBeDefined();
  for (const name of ["", "a/b", "x".repeat(65)]) expect(ruleNameProblem(name), name).toBeDefined();
});

it("reads ARNs", () => {
  expect(ruleOfArn("arn:aws:events:us-east-1:1:rule/orders/all")).toEqual({ bus: "orders", rule: "all" });
  expect(ruleOfArn("arn:aws:events:us-east-1:1:rule/all")).toEqual({ bus: "default", rule: "all" });
  expect(targetOfArn("arn:aws:logs:us-east-1:1:log-group:/a/b:*")).toMatchObject({ kind: "log group", name: "/a/b", link: "#/logs/%2Fa%2Fb" });
  expect(targetOfArn("arn:aws:states:us-east-1:1:stateMachine:m")).toMatchObject({ kind: "state machine", name: "m" });
  expect(targetOfArn("arn:aws:events:us-east-1:1:event-bus/b")).toMatchObject({ kind: "event bus", name: "b", link: "#/buses/b" });
  expect(targetOfArn("arn:aws:sqs:us-east-1:1:q").link).toBeUndefined();
});
