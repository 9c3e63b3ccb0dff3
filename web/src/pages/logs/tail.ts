// A live tail: Crema's own TailLogs, or, where the server has none, FilterLogEvents asked again and again.
import { ApiError, callStream } from "../../api/client";
import { EventStreamDecoder } from "../../api/event_stream";
import { filterEvents } from "../../api/logs";
import { lastOfArn } from "../../links";
import type { ShownEvent } from "./event_rows";

export interface TailInput {
  readonly groups: readonly string[];
  readonly pattern: string | undefined;
}

export interface TailReader {
  begun(how: "stream" | "polling"): void;
  events(events: readonly ShownEvent[], dropped: number): void;
}

interface Update {
  sessionMetadata?: { sampled?: boolean; dropped?: number };
  sessionResults?: { logGroupIdentifier?: string; logStreamName?: string; message?: string; timestamp?: number; ingestionTime?: number; eventId?: string }[];
}

let numbered = 0;

// "arn:aws:logs:...:log-group:/a" or "000000000000:/a" -> "/a".
export const groupOfIdentifier = (identifier: string): string =>
  identifier.startsWith("arn:") ? lastOfArn(identifier).replace(/:\*$/, "") : identifier.replace(/^\d{12}:/, "");

export function eventsOf(update: Update): ShownEvent[] {
  return (update.sessionResults ?? []).map((one) => ({
    key: one.eventId ?? `tail/${++numbered}`,
    group: groupOfIdentifier(one.logGroupIdentifier ?? ""),
    logStreamName: one.logStreamName ?? "",
    message: one.message ?? "",
    timestamp: one.timestamp ?? 0,
    ingestionTime: one.ingestionTime ?? 0,
  }));
}

async function stream(body: ReadableStream<Uint8Array>, reader: TailReader): Promise<void> {
  const decoder = new EventStreamDecoder();
  const text = new TextDecoder();
  const source = body.getReader();
  for (;;) {
    const { done, value } = await source.read();
    if (done) throw new ApiError("SessionEnded", "The server ended the live tail.", 0, "");
    for (const { headers, payload } of decoder.take(value)) {
      const said = payload.length ? (JSON.parse(text.decode(payload)) as Update & { message?: string; Message?: string }) : {};
      if (headers[":message-type"] === "exception") throw new ApiError(headers[":exception-type"] ?? "Exception", said.message ?? said.Message ?? "", 0, "");
      if (headers[":event-type"] === "sessionStart") reader.begun("stream");
      if (headers[":event-type"] === "sessionUpdate") reader.events(eventsOf(said), said.sessionMetadata?.dropped ?? 0);
    }
  }
}

const POLL_MS = 1000;
const OVERLAP_MS = 60_000; // events may be late by this much
const SEEN_MAX = 50_000;

// Never finds an event twice, but one that is written more than OVERLAP_MS after its own time is missed.
async function poll({ groups, pattern }: TailInput, reader: TailReader, signal: AbortSignal): Promise<void> {
  const seen = new Set<string>();
  const begin = Date.now();
  reader.begun("polling");
  for (;;) {
    const found: ShownEvent[] = [];
    const startTime = Date.now() - OVERLAP_MS;
    for (const logGroupName of groups) {
      let nextToken: string | undefined;
      do {
        const page = await filterEvents({ logGroupName, startTime, nextToken, ...(pattern ? { filterPattern: pattern } : {}) }, { signal });
        for (const event of page.events) {
          const key = `${logGroupName}/${event.eventId}`;
          if (seen.has(key)) continue;
          seen.add(key);
          if (event.ingestionTime >= begin) found.push({ ...event, key, group: logGroupName });
        }
        nextToken = page.nextToken;
      } while (nextToken !== undefined);
    }
    for (const key of seen) {
      if (seen.size <= SEEN_MAX) break;
      seen.delete(key);
    }
    found.sort((a, b) => a.ingestionTime - b.ingestionTime);
    if (found.length) reader.events(found, 0);
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
    signal.throwIfAborted();
  }
}

// Ends only by throwing: an ApiError, or an AbortError when the signal says so.
export async function tail(input: TailInput, reader: TailReader, signal: AbortSignal): Promise<void> {
  let body: ReadableStream<Uint8Array>;
  try {
    const given = { LogGroupIdentifiers: input.groups, ...(input.pattern ? { FilterPattern: input.pattern } : {}) };
    body = await callStream("crema", "TailLogs", given, { signal });
  } catch (error) {
    if (error instanceof ApiError && error.name === "UnknownOperationException") return poll(input, reader, signal);
    throw error;
  }
  return stream(body, reader);
}
