// Times and ranges of time as one types them, as they are shown, and as they stand in a link.
import type { Query } from "../place";
import { isUtc } from "./zone";

const two = (value: number): string => String(value).padStart(2, "0");

// 2026-01-31 17:04:05.678, in the zone that the reader chose.
export function momentText(ms: number | undefined, utc: boolean = isUtc()): string {
  if (ms === undefined || !Number.isFinite(ms)) return "-";
  const time = new Date(ms);
  if (Number.isNaN(time.getTime())) return "-";
  if (utc) return time.toISOString().replace("T", " ").replace("Z", "");
  const day = `${time.getFullYear()}-${two(time.getMonth() + 1)}-${two(time.getDate())}`;
  return `${day} ${two(time.getHours())}:${two(time.getMinutes())}:${two(time.getSeconds())}.${String(time.getMilliseconds()).padStart(3, "0")}`;
}

export const timeText = (epochSeconds: number | undefined): string => momentText(epochSeconds === undefined ? undefined : epochSeconds * 1000);

// 17:04:05, where the day is known.
export const clockText = (epochSeconds: number | undefined): string => timeText(epochSeconds).slice(11, 19);

const shape = /^(\d{4})-(\d\d)-(\d\d)(?:[ T](\d\d):(\d\d)(?::(\d\d)(?:\.(\d{1,3}))?)?)?(Z)?$/;

// undefined: it is no time. Parts at the end may be left out; a Z says UTC whatever is asked for.
export function parseMoment(text: string, utc: boolean): number | undefined {
  const found = shape.exec(text.trim());
  if (!found) return undefined;
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = found.slice(1, 7).map((part) => Number(part ?? 0));
  const milliseconds = Number((found[7] ?? "0").padEnd(3, "0"));
  const zulu = utc || found[8] !== undefined;
  const ms = zulu
    ? Date.UTC(year, month - 1, day, hour, minute, second, milliseconds)
    : new Date(year, month - 1, day, hour, minute, second, milliseconds).getTime();
  const back = new Date(ms);
  const same = zulu ? back.getUTCMonth() === month - 1 && back.getUTCDate() === day : back.getMonth() === month - 1 && back.getDate() === day;
  return same && hour < 24 && minute < 60 && second < 60 ? ms : undefined;
}

export const spans: readonly { id: string; text: string; ms: number }[] = [
  { id: "5m", text: "5 minutes", ms: 300_000 },
  { id: "30m", text: "30 minutes", ms: 1_800_000 },
  { id: "1h", text: "1 hour", ms: 3_600_000 },
  { id: "12h", text: "12 hours", ms: 43_200_000 },
  { id: "1d", text: "1 day", ms: 86_400_000 },
  { id: "7d", text: "7 days", ms: 604_800_000 },
];

export interface TimeRange {
  readonly startTime?: number;
  readonly endTime?: number; // not in it any more
}

// "span" (an id, "all" or "custom"), "from" and "to" (epoch milliseconds) of a link.
export function rangeOf(query: Query, fallback: string, now: number): TimeRange {
  const span = query["span"] ?? fallback;
  if (span === "custom") {
    const [from, to] = [Number(query["from"] ?? NaN), Number(query["to"] ?? NaN)];
    return { ...(Number.isFinite(from) ? { startTime: from } : {}), ...(Number.isFinite(to) ? { endTime: to } : {}) };
  }
  const found = spans.find(({ id }) => id === span);
  return found ? { startTime: now - found.ms } : {};
}
