import { expect, it } from "vitest";
import { bytesText, countText, durationText } from "./format";

it("says bytes", () => {
  expect([0, 1023, 1536, 104857600, 2 ** 50].map(bytesText)).toEqual(["0 bytes", "1023 bytes", "1.5 KiB", "100 MiB", "1024 TiB"]);
});

it("says durations in their two largest parts", () => {
  expect([0, 59.9, 60, 3725, 90061, 172800].map(durationText)).toEqual(["0 s", "59 s", "1 min", "1 h 2 min", "1 d 1 h", "2 d"]);
});

it("counts", () => {
  expect([0, 1, 2].map((count) => countText(count, "event"))).toEqual(["0 events", "1 event", "2 events"]);
});
