// A message of an event stream as a server sends it; for tests.
import { crc32 } from "./event_stream";

export function frame(headers: Record<string, string>, payload: string): Uint8Array {
  const utf8 = new TextEncoder();
  const head: number[] = [];
  for (const [name, value] of Object.entries(headers)) {
    const [nameBytes, valueBytes] = [utf8.encode(name), utf8.encode(value)];
    head.push(nameBytes.length, ...nameBytes, 7, valueBytes.length >> 8, valueBytes.length & 255, ...valueBytes);
  }
  head.push(1, 0x78, 0); // a boolean named x, which nobody asks for
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
