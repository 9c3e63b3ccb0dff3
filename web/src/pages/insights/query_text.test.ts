import { expect, it } from "vitest";
import { ApiError } from "../../api/client";
import { partsOf, wrongPlace } from "./query_text";

const said = (text: string): string[] => partsOf(text).filter(({ kind }) => kind !== "plain").map(({ kind, start, end }) => `${kind} ${text.slice(start, end)}`);

it("knows the parts of a query", () => {
  expect(said("fields `detail-type`, n / 2 / 1 # why\n| filter @message like /a\\/b/ and x = 'it\\'s' | stats count(*) by bin(5m)")).toEqual([
    "command fields", "field `detail-type`", "field n", "number 2", "number 1", "comment # why",
    "command filter", "field @message", "word like", "regex /a\\/b/", "word and", "field x", "text 'it\\'s'",
    "command stats", "function count", "word by", "function bin", "number 5m",
  ]);
  expect(said("parse sort limit")).toEqual(["command parse", "field sort", "field limit"]);
});

it("loses nothing of the text", () => {
  for (const text of ["", "|", "filter \"open", "`open", "a/b/c | d", "\u{1f600} = /x", "fields <img src=x>"])
    expect(partsOf(text).map(({ start, end }) => text.slice(start, end)).join("")).toBe(text);
});

it("finds the place that is wrong", () => {
  const error = (location: object) => new ApiError("MalformedQueryException", "", 400, "", { queryCompileError: { location } });
  expect(wrongPlace(error({ startCharOffset: 9, endCharOffset: 12 }), "fields a\n|oo b")).toEqual({ start: 9, end: 12, line: 2, character: 1 });
  expect(wrongPlace(error({ startCharOffset: 3, endCharOffset: 3 }), "abc")).toEqual({ start: 3, end: 4, line: 1, character: 4 });
  expect(wrongPlace(new ApiError("ResourceNotFoundException", "", 400, ""), "abc")).toBeUndefined();
});
