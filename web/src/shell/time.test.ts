import { expect, it } from "vitest";
import { momentText, parseMoment, rangeOf } from "./time";

it("times lead back to what they were", () => {
  const ms = Date.UTC(2026, 0, 31, 17, 4, 5, 678);
  expect(momentText(ms, true)).toBe("2026-01-31 17:04:05.678");
  expect(parseMoment(momentText(ms, true), true)).toBe(ms);
  expect(parseMoment(momentText(ms, false), false)).toBe(ms);
  expect(parseMoment("2026-01-31T17:04:05.678Z", false)).toBe(ms);
  expect(parseMoment("2026-01-31", true)).toBe(Date.UTC(2026, 0, 31));
  expect(momentText(undefined, true)).toBe("-");
});

it("what is no time is none", () => {
  for (const text of ["", "now", "2026-02-30", "2026-13-01", "2026-01-01 25:00", "1"]) expect(parseMoment(text, true), text).toBeUndefined();
});

it("ranges are read from a link", () => {
  expect(rangeOf({}, "all", 1e12)).toEqual({});
  expect(rangeOf({}, "1h", 1e12)).toEqual({ startTime: 1e12 - 3_600_000 });
  expect(rangeOf({ span: "custom", from: "5", to: "x" }, "1h", 1e12)).toEqual({ startTime: 5 });
});
