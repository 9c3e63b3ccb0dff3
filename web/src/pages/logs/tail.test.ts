import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { frame as frameOf } from "../../api/frame_of_test";
import { eventsOf, groupOfIdentifier, tail, type TailReader } from "./tail";

const fetched = vi.fn<typeof fetch>();
beforeEach(() => {
  fetched.mockReset();
  vi.stubGlobal("fetch", fetched);
});
afterEach(() => {
  vi.unstubAllGlobals();
  vi.useRealTimers();
});

const frame = (headers: Record<string, string>, payload: object): Uint8Array => frameOf(headers, JSON.stringify(payload));

function answer(...frames: Uint8Array[]): void {
  const body = new ReadableStream<Uint8Array>({
    start: (controller) => {
      for (const one of frames) controller.enqueue(one);
      controller.close();
    },
  });
  fetched.mockResolvedValueOnce({ ok: true, status: 200, body, headers: new Headers() } as Response);
}

function reader(): TailReader & { said: unknown[] } {
  const said: unknown[] = [];
  return { said, begun: (how) => said.push(how), events: (events, dropped) => said.push([events.map(({ message }) => message), dropped]) };
}

const input = { groups: ["/a"], pattern: "x" };
const update = (message: string, dropped: number) =>
  frame({ ":message-type": "event", ":event-type": "sessionUpdate" }, { sessionMetadata: { sampled: false, dropped }, sessionResults: [{ logGroupIdentifier: "000000000000:/a", message }] });

describe("a live tail", () => {
  it("gives what the stream brings, and says why it ends", async () => {
    answer(frame({ ":message-type": "event", ":event-type": "sessionStart" }, {}), update("one", 0), update("two", 3),
      frame({ ":message-type": "exception", ":exception-type": "SessionTimeoutException" }, { message: "Three hours" }));
    const seen = reader();
    await expect(tail(input, seen, new AbortController().signal)).rejects.toMatchObject({ name: "SessionTimeoutException", message: "Three hours" });
    expect(seen.said).toEqual(["stream", [["one"], 0], [["two"], 3]]);
    expect(JSON.parse(String(fetched.mock.calls[0]?.[1]?.body))).toEqual({ LogGroupIdentifiers: ["/a"], FilterPattern: "x" });
  });
  it("does not hide that the server went away", async () => {
    answer(update("one", 0));
    await expect(tail(input, reader(), new AbortController().signal)).rejects.toMatchObject({ name: "SessionEnded" });
  });
  it("asks again and again where there is none, and gives each event once", async () => {
    vi.useFakeTimers();
    const page = (...ids: string[]) =>
      fetched.mockResolvedValueOnce(new Response(JSON.stringify({ events: ids.map((eventId) => ({ eventId, message: eventId, timestamp: Date.now(), ingestionTime: Date.now() + 1 })) })));
    fetched.mockResolvedValueOnce(new Response(JSON.stringify({ __type: "UnknownOperationException" }), { status: 400 }));
    page("1");
    page("1", "2");
    const controller = new AbortController();
    const seen = reader();
    const ended = expect(tail(input, seen, controller.signal)).rejects.toThrow();
    await vi.advanceTimersByTimeAsync(1500);
    controller.abort();
    await vi.advanceTimersByTimeAsync(2000);
    await ended;
    expect(seen.said).toEqual(["polling", [["1"], 0], [["2"], 0]]);
  });
  it("passes refusals on", async () => {
    fetched.mockResolvedValueOnce(new Response(JSON.stringify({ __type: "InvalidParameterException", message: "m" }), { status: 400 }));
    await expect(tail(input, reader(), new AbortController().signal)).rejects.toMatchObject({ name: "InvalidParameterException" });
  });
});

it("knows a group by any of its names", () => {
  for (const one of ["/a", "000000000000:/a", "arn:aws:logs:us-east-1:000000000000:log-group:/a", "arn:aws:logs:us-east-1:000000000000:log-group:/a:*"])
    expect(groupOfIdentifier(one)).toBe("/a");
  expect(eventsOf({})).toEqual([]);
});
