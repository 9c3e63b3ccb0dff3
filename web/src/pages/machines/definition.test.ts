import { expect, it } from "vitest";
import { readFlow } from "../../graph/flow";
import { parseJson } from "../../json/parse";
import { problemsOf, statesWith } from "./definition_editor";
import { newName } from "./start_execution";

it("problems stand where they are", () => {
  const text = '{"StartAt":"a",\n"States":{\n"a":{"Type":"Nope"}}}';
  const problems = problemsOf(text, parseJson(text), [
    { severity: "ERROR", code: "SCHEMA_VALIDATION_FAILED", message: "m", location: "/States/a/Type" },
    { severity: "WARNING", code: "W", message: "n" },
  ]);
  expect(problems.map(({ line, severity, start, end }) => [line, severity, text.slice(start, end)])).toEqual([
    [3, "error", '"Nope"'],
    [1, "warning", text],
  ]);
  expect(statesWith(problems, readFlow(text))).toEqual(new Set(["a"]));
});

it("what is no JSON has one problem, there", () => {
  const text = '{\n"a": }';
  expect(problemsOf(text, parseJson(text), [{ severity: "ERROR", code: "old", message: "" }]).map(({ code, line }) => [code, line])).toEqual([["INVALID_JSON", 2]]);
});

it("names of executions are their own", () => {
  expect(newName()).toMatch(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/);
  expect(newName()).not.toBe(newName());
});
