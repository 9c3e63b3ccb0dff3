// What a query with a bin() found, as lines over time: a point for each bin, a line for each number and each group.
import type { Line } from "../../plot/plot";
import { momentOf, pointerOf, valueOf, type Row } from "./result_table";

export interface ResultPlot {
  readonly times: readonly number[]; // epoch seconds, ascending
  readonly lines: readonly Line[];
  readonly more: number; // lines that are not drawn
}

const LINES_MAX = 5; // as many as there are colours
const POINTS_MAX = 2000;

const numberOf = (text: string | undefined): number => (text === undefined || text.trim() === "" ? NaN : Number(text));

// Of the columns: when, how much, and what tells the lines apart. What stands behind `by` comes first and may be a number,
// too: numbers are taken for that until no line has two values at one time.
function sorted(columns: readonly string[], rows: readonly Row[]) {
  const all = (column: string, test: (value: string) => boolean): boolean => {
    const values = rows.flatMap((row) => valueOf(row, column) ?? []);
    return values.length > 0 && values.every(test);
  };
  const time = columns.find((column) => all(column, (value) => momentOf(value) !== undefined));
  const numbers = columns.filter((column) => column !== time && all(column, (value) => Number.isFinite(numberOf(value))));
  const groups = columns.filter((column) => column !== time && !numbers.includes(column));
  const places = (): number => new Set(rows.map((row) => JSON.stringify([time, ...groups].map((column) => valueOf(row, column ?? ""))))).size;
  while (numbers.length > 0 && places() < rows.length) groups.push(numbers.shift() ?? "");
  return { time, numbers, groups };
}

// The moments that are there, and those between them where a bin has nothing, when all bins are of one length.
function timesOf(found: Iterable<number>): number[] {
  const times = [...new Set(found)].sort((a, b) => a - b);
  const [first, last] = [times[0] ?? 0, times[times.length - 1] ?? 0];
  let step = Infinity;
  for (let at = 1; at < times.length; at++) step = Math.min(step, (times[at] ?? 0) - (times[at - 1] ?? 0));
  const even = times.every((time) => (time - first) % step === 0);
  const count = (last - first) / step + 1;
  if (times.length < 2 || !even || count > POINTS_MAX) return times;
  return Array.from({ length: count }, (_, at) => first + at * step);
}

// undefined: there is nothing to draw. Events have a moment too, but are no numbers: rows with a pointer are not drawn.
export function plotOf(columns: readonly string[], rows: readonly Row[]): ResultPlot | undefined {
  if (rows.length === 0 || rows.some((row) => pointerOf(row) !== undefined)) return undefined;
  const { time, numbers, groups } = sorted(columns, rows);
  if (time === undefined || numbers.length === 0) return undefined;
  const times = timesOf(rows.flatMap((row) => momentOf(valueOf(row, time) ?? "") ?? []));
  const placeOf = new Map(times.map((moment, at) => [moment, at]));
  const found = new Map<string, { weight: number; values: Map<number, number> }>();
  for (const row of rows) {
    const at = placeOf.get(momentOf(valueOf(row, time) ?? "") ?? NaN);
    if (at === undefined) continue;
    const group = groups.map((column) => valueOf(row, column) ?? "-").join(", ");
    for (const number of numbers) {
      const title = [group, groups.length === 0 || numbers.length > 1 ? number : ""].filter(Boolean).join(", ");
      const line = found.get(title) ?? { weight: 0, values: new Map<number, number>() };
      const value = numberOf(valueOf(row, number));
      line.values.set(at, value);
      line.weight += Math.abs(value) || 0;
      found.set(title, line);
    }
  }
  const largest = [...found].sort(([, a], [, b]) => b.weight - a.weight).slice(0, LINES_MAX);
  const lines = largest.map(([title, { values }]) => ({ title, values: times.map((_, at) => values.get(at) ?? NaN) }));
  return { times: times.map((ms) => ms / 1000), lines, more: found.size - lines.length };
}
