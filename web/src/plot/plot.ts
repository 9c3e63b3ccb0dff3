// What a plot over time looks like, before it is drawn: its ceiling, its ticks, its lines or bars.
export interface Line {
  readonly title: string;
  readonly values: readonly number[]; // one a point of time; NaN: there is none
}

export const WIDTH = 600;
export const HEIGHT = 160;
const BARS_WIDTH_MAX = 60; // of one place

// The least of 1, 2, 5, 10, 20, ... (and their tenths) that is not less than the value.
export function ceilingOf(value: number): number {
  if (!(value > 0)) return 1;
  const power = 10 ** Math.floor(Math.log10(value));
  for (const step of [1, 2, 5, 10]) if (value <= step * power * (1 + 1e-9)) return Number((step * power).toPrecision(1));
  return Number((10 * power).toPrecision(1));
}

export function highestOf(lines: readonly Line[]): number {
  let highest = 0;
  for (const { values } of lines) for (const value of values) if (value > highest) highest = value;
  return highest;
}

// Of a line's point; a bar has a place.
const xOf = (at: number, count: number): number => (count < 2 ? 0 : (at / (count - 1)) * WIDTH);

const yOf = (value: number, ceiling: number): number => HEIGHT - (Math.max(0, Math.min(value, ceiling)) / ceiling) * HEIGHT;

// The path of an SVG. What lies between two points in the ground line is left out: an idle hour costs two points. Where
// there is no value the line ends, and begins anew.
export function pathOf(values: readonly number[], ceiling: number): string {
  const parts: string[] = [];
  let begun = false;
  for (const [at, value] of values.entries()) {
    const flat = at > 0 && at < values.length - 1 && value === values[at - 1] && value === values[at + 1];
    if (flat) continue;
    if (!Number.isNaN(value)) parts.push(`${begun ? "L" : "M"}${xOf(at, values.length).toFixed(1)} ${yOf(value, ceiling).toFixed(1)}`);
    begun = !Number.isNaN(value);
  }
  return parts.join("");
}

// Bars side by side: those of one line of `lines`, each in its share of its point's place.
export function barsOf(values: readonly number[], ceiling: number, line: number, lines: number): string {
  const place = WIDTH / Math.max(1, values.length);
  const width = Math.min(place * 0.8, BARS_WIDTH_MAX) / lines;
  return values
    .map((value, at) => {
      if (!(value > 0)) return "";
      const left = (at + 0.5) * place + (line - lines / 2) * width;
      return `M${left.toFixed(1)} ${HEIGHT}V${yOf(value, ceiling).toFixed(1)}h${width.toFixed(2)}V${HEIGHT}z`;
    })
    .join("");
}

// The point nearest to a share (0 to 1) of the width.
export function pointAt(share: number, count: number): number {
  return Math.max(0, Math.min(count - 1, Math.round(share * (count - 1))));
}

// The bar under it.
export function barAt(share: number, count: number): number {
  return Math.max(0, Math.min(count - 1, Math.floor(share * count)));
}

export function rateText(rate: number): string {
  if (rate === 0) return "0";
  if (rate >= 100) return Math.round(rate).toLocaleString("en-US");
  return rate >= 1 ? rate.toFixed(1) : rate.toPrecision(2);
}
