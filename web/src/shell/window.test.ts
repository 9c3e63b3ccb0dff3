import { expect, it } from "vitest";
import { shownColumns, shownRows } from "./window";

const heights = { row: 10, open: 100 };

it("shows what is in sight, of any number of rows", () => {
  expect(shownRows(25_000, [], heights, 0, 100)).toEqual({ first: 0, end: 16, before: 0, total: 250_000 });
  const middle = shownRows(25_000, [], heights, 100_000, 100);
  expect(middle.first).toBeLessThanOrEqual(10_000);
  expect(middle.end).toBeGreaterThan(10_010);
  expect(middle.end - middle.first).toBeLessThan(50);
  expect(middle.before).toBe(middle.first * 10);
});

it("counts the rows that are open", () => {
  for (const scrolled of [0, 15, 60, 130, 500, 1000, 2090]) {
    const shown = shownRows(200, [1, 5], heights, scrolled, 50);
    expect(shown.total).toBe(2200);
    const top = (row: number): number => row * 10 + [1, 5].filter((at) => at < row).length * 100;
    expect(top(shown.first), `at ${scrolled}`).toBeLessThanOrEqual(scrolled);
    expect(shown.end === 200 || top(shown.end) >= scrolled + 50, `at ${scrolled}`).toBe(true);
  }
});

it("takes an empty list, and one that got shorter", () => {
  expect(shownRows(0, [], heights, 0, 100)).toEqual({ first: 0, end: 0, before: 0, total: 0 });
  expect(shownRows(3, [], heights, 5000, 100)).toMatchObject({ first: 2, end: 3 });
});

it("draws the columns in sight", () => {
  const widths = Array.from({ length: 1000 }, () => 100);
  expect(shownColumns(widths, 0, 450)).toEqual({ first: 0, end: 5, before: 0, after: 99_500 });
  expect(shownColumns(widths, 250, 450)).toEqual({ first: 2, end: 8, before: 200, after: 99_200 });
  expect(shownColumns(widths, 99_600, 450)).toEqual({ first: 996, end: 1000, before: 99_600, after: 0 });
  expect(shownColumns([100, 100], 0, 450)).toEqual({ first: 0, end: 2, before: 0, after: 0 });
  expect(shownColumns([], 0, 450)).toEqual({ first: 0, end: 0, before: 0, after: 0 });
});
