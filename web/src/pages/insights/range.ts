// A range of time as StartQuery takes it: both ends included, in seconds where these say it exactly, else in milliseconds.
import type { TimeRange } from "../../shell/time";

export interface QueryTimes {
  readonly startTime: number;
  readonly endTime: number;
}

const MILLISECONDS_MIN = 100_000_000_000; // what is less is read as seconds

export function queryTimes({ startTime, endTime }: TimeRange, now: number): QueryTimes {
  const relative = endTime === undefined;
  const first = relative ? Math.floor((startTime ?? 0) / 1000) * 1000 : (startTime ?? 0);
  const last = relative ? Math.floor(now / 1000) * 1000 + 999 : endTime - 1;
  const whole = first % 1000 === 0 && last % 1000 === 999;
  if (whole || first < MILLISECONDS_MIN || last < MILLISECONDS_MIN) return { startTime: Math.floor(first / 1000), endTime: Math.floor(last / 1000) };
  return { startTime: first, endTime: last };
}
