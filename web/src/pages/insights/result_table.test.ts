import { expect, it } from "vitest";
import { columnsOf, csvOf, jsonOf, momentOf, pointerOf, shownValue, valueOf, widthOf, type Row } from "./result_table";

const row = (members: Record<string, string>): Row => Object.entries(members).map(([field, value]) => ({ field, value }));

it("has the columns as the query gave them, whatever a row leaves out", () => {
  expect(columnsOf([row({ a: "1", c: "3", "@ptr": "p" }), row({ b: "2", c: "3" }), row({ a: "1", b: "2", d: "4", "@ptr": "q" })])).toEqual(["b", "a", "d", "c"]);
  expect(columnsOf([row({ a: "1", b: "2", c: "3" }), row({ a: "1", x: "0", b: "2" }), row({ c: "1", d: "2" })])).toEqual(["a", "x", "b", "c", "d"]);
  expect(columnsOf([row({ "@ptr": "p" })])).toEqual([]);
  expect(columnsOf([])).toEqual([]);
});

it("takes many rows of many columns", () => {
  const wide = Array.from({ length: 10_000 }, (_, at) => row({ "@timestamp": "t", [`f${at % 1000}`]: "v", "@ptr": String(at) }));
  const begin = performance.now();
  expect(columnsOf(wide)).toHaveLength(1001);
  expect(performance.now() - begin).toBeLessThan(2000);
});

it("knows values, pointers and moments", () => {
  const one = row({ a: "1", "@ptr": "p" });
  expect([valueOf(one, "a"), valueOf(one, "b"), pointerOf(one)]).toEqual(["1", undefined, "p"]);
  expect(momentOf("2026-11-28 15:00:00.000")).toBe(Date.UTC(2026, 10, 28, 15));
  expect([momentOf("2026-11-28"), momentOf("15"), momentOf("2026-13-28 15:00:00.000")]).toEqual([undefined, undefined, undefined]);
  expect(shownValue("10")).toBe("10");
  window.location.hash = "#/insights?zone=utc";
  expect(shownValue("2026-11-28 15:00:00.000")).toBe("2026-11-28 15:00:00.000");
});

it("is as wide as what stands in it, within limits", () => {
  expect(widthOf("n", [row({ n: "5" })])).toBe(90);
  expect(widthOf("n", [row({ n: "x".repeat(5000) })])).toBe(640);
});

it("is CSV and JSON", () => {
  const rows = [row({ a: 'say "x", y', b: "=1+1", "@ptr": "p" }), row({ b: "-5" }), row({ a: "two\nlines", b: "-x" })];
  expect(csvOf(["a", "b"], rows)).toBe("a,b\r\n\"say \"\"x\"\", y\",=1+1\r\n,-5\r\n\"two\nlines\",-x\r\n");
  expect(JSON.parse(jsonOf(rows.slice(1, 2)))).toEqual([{ b: "-5" }]);
});
