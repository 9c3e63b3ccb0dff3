import { expect, it } from "vitest";
import { crc32, EventStreamDecoder } from "./event_stream";
import { frame } from "./frame_of_test";

const read = (pieces: Uint8Array[]): [string | undefined, string][] => {
  const decoder = new EventStreamDecoder();
  return pieces.flatMap((piece) => decoder.take(piece)).map(({ headers, payload }) => [headers[":event-type"], new TextDecoder().decode(payload)]);
};

it("has the checksum everyone has", () => expect(crc32(new TextEncoder().encode("123456789"))).toBe(0xcbf43926));

it("decodes messages however the bytes come", () => {
  const all = [...frame({ ":event-type": "sessionStart", ":message-type": "event" }, "{}"), ...frame({ ":event-type": "sessionUpdate" }, '{"é":1}'), ...frame({}, "")];
  const wanted = [["sessionStart", "{}"], ["sessionUpdate", '{"é":1}'], [undefined, ""]];
  for (const size of [1, 7, 64, all.length]) {
    const pieces: Uint8Array[] = [];
    for (let at = 0; at < all.length; at += size) pieces.push(Uint8Array.from(all.slice(at, at + size)));
    expect(read(pieces)).toEqual(wanted);
  }
});

it("refuses what is damaged", () => {
  const good = frame({ ":event-type": "sessionUpdate" }, "{}");
  for (const at of [0, 5, 9, 14, good.length - 6, good.length - 1]) {
    const bad = Uint8Array.from(good);
    bad[at] = (bad[at] ?? 0) ^ 0x40;
    expect(() => read([bad]), `byte ${at}`).toThrow(/event stream/);
  }
});
