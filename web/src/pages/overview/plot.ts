// What a plot of rates over time looks like, before it is drawn: its ceiling, its ticks, its lines.
export interface Line {
  readonly title: string;
  readonly values: readonly number[]; // one a point of time
}

export const WIDTH = 600;
export const HEIGHT = 160;

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

const xOf = (at: number, count: number): number => (count < 2 ? 0 : (at / (count - 1)) * WIDTH);

// The path of an SVG. What lies between two points in the ground line is left out: an idle hour costs two points.
export function pathOf(values: readonly number[], ceiling: number): string {
  const parts: string[] = [];
  for (const [at, value] of values.entries()) {
    const flat = at > 0 && at < values.length - 1 && value === values[at - 1] && value === values[at + 1];
    if (flat) continue;
    const y = HEIGHT - (Math.min(value, ceiling) / ceiling) * HEIGHT;
    parts.push(`${parts.length ? "L" : "M"}${xOf(at, values.length).toFixed(1)} ${y.toFixed(1)}`);
  }
  return parts.join("");
}

// The point nearest to a share (0 to 1) of the width.
export function pointAt(share: number, count: number): number {
  return Math.max(0, Math.min(count - 1, Math.round(share * (count - 1))));
}

export function rateText(rate: number): string {
  if (rate === 0) return "0";
  if (rate >= 100) return Math.round(rate).toLocaleString("en-US");
  return rate >= 1 ? rate.toFixed(1) : rate.toPrecision(2);
}
