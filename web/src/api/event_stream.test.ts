import { expect, it } from "vitest";
import { crc32, EventStreamDecoder } from "./event_stream";

const utf8 = new TextEncoder();

function frame(headers: Record<string, string>, payload: string): Uint8Array {
  const head: number[] = [];
  for (const [name, value] of Object.entries(headers)) {
    const [nameBytes, valueBytes] = [utf8.encode(name), utf8.encode(value)];
    head.push(nameBytes.length, ...nameBytes, 7, valueBytes.length >> 8, valueBytes.length & 255, ...valueBytes);
  }
  head.push(1, 0x78, 0); // a boolean named x
  const body = utf8.encode(payload);
  const bytes = new Uint8Array(16 + head.length + body.length);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, bytes.length);
  view.setUint32(4, head.length);
  view.setUint32(8, crc32(bytes.subarray(0, 8)));
  bytes.set(head, 12);
  bytes.set(body, 12 + head.length);
  view.setUint32(bytes.length - 4, crc32(bytes.subarray(0, bytes.length - 4)));
  return bytes;
}

const read = (pieces: Uint8Array[]): [string | undefined, string][] => {
  const decoder = new EventStreamDecoder();
  return pieces.flatMap((piece) => decoder.take(piece)).map(({ headers, payload }) => [headers[":event-type"], new TextDecoder().decode(payload)]);
};

it("has the checksum everyone has", () => expect(crc32(utf8.encode("123456789"))).toBe(0xcbf43926));

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
