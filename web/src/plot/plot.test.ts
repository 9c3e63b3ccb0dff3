import { expect, it } from "vitest";
import { barAt, barsOf, ceilingOf, highestOf, pathOf, pointAt, rateText } from "./plot";

it("ends at a round number above the highest", () => {
  expect([0, 0.003, 0.2, 1, 1.1, 7, 10, 4321].map(ceilingOf)).toEqual([1, 0.005, 0.2, 1, 2, 10, 10, 5000]);
  expect(highestOf([{ title: "a", values: [1, 3] }, { title: "b", values: [2] }])).toBe(3);
});

it("draws a line through the points, and leaves out what lies in it", () => {
  expect(pathOf([0, 10, 5], 10)).toBe("M0.0 160.0L300.0 0.0L600.0 80.0");
  expect(pathOf([0, 0, 0, 0, 2], 2)).toBe("M0.0 160.0L450.0 160.0L600.0 0.0");
  expect(pathOf([], 1)).toBe("");
  expect(pathOf([1], 1)).toBe("M0.0 0.0");
  expect(pathOf([0, NaN, NaN, 10, 10], 10)).toBe("M0.0 160.0M450.0 0.0L600.0 0.0");
});

it("draws bars side by side, and none for nothing", () => {
  expect(barsOf([10, 0, NaN, 5], 10, 0, 1)).toBe("M45.0 160V0.0h60.00V160zM495.0 160V80.0h60.00V160z");
  expect(barsOf([10, 0], 10, 1, 2)).toBe("M150.0 160V0.0h30.00V160z");
  expect(barsOf([1, ...Array.from({ length: 99 }, () => 0)], 1, 0, 1)).toBe("M0.6 160V0.0h4.80V160z");
});

it("finds the point under the pointer", () => {
  expect([-1, 0, 0.49, 0.5, 1, 2].map((share) => pointAt(share, 3))).toEqual([0, 0, 1, 1, 2, 2]);
  expect([-1, 0, 0.49, 0.67, 1].map((share) => barAt(share, 3))).toEqual([0, 0, 1, 2, 2]);
});

it("says a rate in few digits", () => {
  expect([0, 0.0166667, 3, 99.96, 12345].map(rateText)).toEqual(["0", "0.017", "3.0", "100.0", "12,345"]);
});
