import { describe, expect, it } from "vitest";
import { lineOf, parseJson, placeOfPointer, prettyJson } from "./parse";

const problem = (text: string): [string, number] | undefined => {
  const parsed = parseJson(text);
  return "problem" in parsed ? [parsed.problem, parsed.at] : undefined;
};

describe("JSON", () => {
  it("is what JSON.parse takes, and nothing else", () => {
    const texts = ["{}", "[]", ' {"a":[1,{"b":null}],"é\\u0041":-1.5e+3} ', '"x"', "0", "true", "", "{", "[1,]", "{a:1}", "01", "1.", "'x'", '"\n"',
      '"\\x"', "[1 2]", '{"a" 1}', "nul", "1 1", '{"a":1,}', "\u00a01", "NaN", "-"];
    for (const text of texts) {
      let good = true;
      try {
        JSON.parse(text);
      } catch {
        good = false;
      }
      expect(problem(text) === undefined, text).toBe(good);
    }
  });
  it("says where it is broken", () => {
    expect(problem('{"a": }')).toEqual(["A JSON value expected here", 6]);
    expect(problem('{"a":1')).toEqual(["A comma or } expected, and the text ends", 6]);
    expect(problem("[".repeat(1001))?.[0]).toBe("Deeper than 1000 levels");
  });
  it("is laid out without touching a digit", () => {
    expect(prettyJson('{"n":12345678901234567890.10,"a":[],"o":{"x":[1,"\\u00e9"]}}')).toBe(
      '{\n  "n": 12345678901234567890.10,\n  "a": [],\n  "o": {\n    "x": [\n      1,\n      "\\u00e9"\n    ]\n  }\n}',
    );
    expect(prettyJson("not json")).toBe("not json");
  });
});

it("a pointer leads to its place, or to the nearest above it", () => {
  const text = '{"States":{"a/b":{"Next":"x"},\n"c":[10,20]}}';
  const parsed = parseJson(text);
  if (!("root" in parsed)) throw new Error("it is JSON");
  const at = (pointer: string): string => {
    const { start, end } = placeOfPointer(parsed.root, pointer);
    return text.slice(start, end);
  };
  expect(at("/States/a~1b/Next")).toBe('"x"');
  expect(at("/States/c/1")).toBe("20");
  expect(at("/States/a~1b/Missing")).toBe('{"Next":"x"}');
  expect(at("")).toBe(text);
  expect(lineOf(text, placeOfPointer(parsed.root, "/States/c").start)).toBe(2);
});
