// What a query found, as a table: its columns in the order that the query gives them, its moments, and as CSV or JSON.
import type { Field } from "../../api/insights";
import { momentText, parseMoment } from "../../shell/time";

export type Row = readonly Field[];

export const POINTER = "@ptr";

// A row leaves out the fields that it has not: they are put together, each behind the one that it follows.
export function columnsOf(rows: readonly Row[]): string[] {
  const columns: string[] = [];
  const known = new Set<string>();
  let before: Row = [];
  for (const row of rows) {
    if (row.length === before.length && row.every(({ field }, at) => field === before[at]?.field)) continue;
    before = row;
    let last = -1;
    for (const { field } of row) {
      if (field === POINTER) continue;
      if (known.has(field)) {
        last = columns.indexOf(field, last + 1) >= 0 ? columns.indexOf(field, last + 1) : last;
        continue;
      }
      known.add(field);
      columns.splice(++last, 0, field);
    }
  }
  return columns;
}

export const valueOf = (row: Row, column: string): string | undefined => row.find(({ field }) => field === column)?.value;

export const pointerOf = (row: Row): string | undefined => valueOf(row, POINTER);

const momentShape = /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{3}$/;

// 2026-11-28 15:00:00.000, as queries say moments: in UTC.
export const momentOf = (value: string): number | undefined => (momentShape.test(value) ? parseMoment(value, true) : undefined);

// As the reader wants it: moments in the zone that was chosen.
export function shownValue(value: string | undefined): string {
  if (value === undefined) return "";
  const moment = momentOf(value);
  return moment === undefined ? value : momentText(moment);
}

const CHARACTER = 7.7; // pixels, about
const [NARROW, WIDE] = [90, 640];
const LOOKED_AT = 200; // rows

export function widthOf(column: string, rows: readonly Row[]): number {
  const longest = rows.slice(0, LOOKED_AT).reduce((most, row) => Math.max(most, valueOf(row, column)?.length ?? 0), column.length);
  return Math.round(Math.max(NARROW, Math.min(WIDE, longest * CHARACTER + 16)));
}

// ---- to be taken elsewhere ----

const cellOf = (value: string): string => (/[",\n\r]/.test(value) ? `"${value.replace(/"/g, '""')}"` : value);

const byName = (row: Row): Map<string, string> => new Map(row.map(({ field, value }) => [field, value]));

export function csvOf(columns: readonly string[], rows: readonly Row[]): string {
  const lines = rows.map((row) => {
    const values = byName(row);
    return columns.map((column) => cellOf(values.get(column) ?? "")).join(",");
  });
  return [columns.map(cellOf).join(","), ...lines, ""].join("\r\n");
}

export function jsonOf(rows: readonly Row[]): string {
  return JSON.stringify(rows.map((row) => Object.fromEntries(byName(row))), null, 1);
}
