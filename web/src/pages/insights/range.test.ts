import { expect, it } from "vitest";
import { queryTimes } from "./range";

const now = 1_700_000_000_123;

it("is in seconds, up to now", () => {
  expect(queryTimes({ startTime: now - 300_000 }, now)).toEqual({ startTime: 1_699_999_700, endTime: 1_700_000_000 });
  expect(queryTimes({}, now)).toEqual({ startTime: 0, endTime: 1_700_000_000 });
});

it("ends before what is not in it any more", () => {
  expect(queryTimes({ startTime: 1_600_000_000_000, endTime: 1_600_000_010_000 }, now)).toEqual({ startTime: 1_600_000_000, endTime: 1_600_000_009 });
});

it("is in milliseconds where seconds would say something else", () => {
  expect(queryTimes({ startTime: 1_600_000_000_500, endTime: 1_600_000_010_000 }, now)).toEqual({ startTime: 1_600_000_000_500, endTime: 1_600_000_009_999 });
  expect(queryTimes({ endTime: 5_500 }, now)).toEqual({ startTime: 0, endTime: 5 });
});
