import { expect, it } from "vitest";
import { plotOf } from "./result_plot";
import type { Row } from "./result_table";

const row = (members: Record<string, string>): Row => Object.entries(members).map(([field, value]) => ({ field, value }));
const at = (minute: number): string => `2026-11-28 15:${String(minute).padStart(2, "0")}:00.000`;
const seconds = (minute: number): number => Date.UTC(2026, 10, 28, 15, minute) / 1000;

it("draws a number over its bins, in the order of time, with a gap where a bin has nothing", () => {
  const rows = [row({ "bin(5m)": at(15), n: "3" }), row({ "bin(5m)": at(0), n: "1" }), row({ "bin(5m)": at(5), n: "2.5" })];
  expect(plotOf(["bin(5m)", "n"], rows)).toEqual({ times: [0, 5, 10, 15].map(seconds), lines: [{ title: "n", values: [1, 2.5, NaN, 3] }], more: 0 });
});

it("draws a line for each group and number, the largest first, as many as there are colours", () => {
  const rows = [row({ t: at(0), type: "a", n: "1" }), row({ t: at(0), type: "b", n: "5" }), row({ t: at(1), n: "2" })];
  expect(plotOf(["t", "type", "n"], rows)?.lines).toEqual([
    { title: "b", values: [5, NaN] },
    { title: "-", values: [NaN, 2] },
    { title: "a", values: [1, NaN] },
  ]);
  expect(plotOf(["t", "n", "m"], [row({ t: at(0), n: "1", m: "2" })])?.lines.map(({ title }) => title)).toEqual(["m", "n"]);
  const many = Array.from({ length: 8 }, (_, index) => row({ t: at(0), type: `x${index}`, n: String(index) }));
  const drawn = plotOf(["t", "type", "n"], many);
  expect([drawn?.lines[0]?.title, drawn?.lines.length, drawn?.more]).toEqual(["x7", 5, 3]);
});

it("takes a number for what tells lines apart when it must", () => {
  const rows = [row({ t: at(0), status: "200", n: "7" }), row({ t: at(0), status: "500", n: "1" }), row({ t: at(1), status: "200", n: "2" })];
  expect(plotOf(["t", "status", "n"], rows)?.lines).toEqual([
    { title: "200", values: [7, 2] },
    { title: "500", values: [1, NaN] },
  ]);
});

it("fills no gaps between moments that are not of one length, nor too many", () => {
  expect(plotOf(["t", "n"], [row({ t: at(0), n: "1" }), row({ t: at(2), n: "1" }), row({ t: at(5), n: "1" })])?.times).toEqual([0, 2, 5].map(seconds));
  const far = [row({ t: "2026-01-01 00:00:00.000", n: "1" }), row({ t: "2026-01-01 00:00:01.000", n: "1" }), row({ t: "2026-06-01 00:00:00.000", n: "1" })];
  expect(plotOf(["t", "n"], far)?.times).toHaveLength(3);
});

it("draws nothing of events, of what has no time, of what has no numbers", () => {
  expect(plotOf(["@timestamp", "n"], [row({ "@timestamp": at(0), n: "1", "@ptr": "p" })])).toBeUndefined();
  expect(plotOf(["type", "n"], [row({ type: "a", n: "1" })])).toBeUndefined();
  expect(plotOf(["t", "type"], [row({ t: at(0), type: "a" })])).toBeUndefined();
  expect(plotOf([], [])).toBeUndefined();
});
