// The event stream of AWS's protocols (application/vnd.amazon.eventstream), decoded from the bytes of an answer.
//
//   total u32 | headers u32 | CRC-32 of these 8 | headers | payload | CRC-32 of all before
//   a header:   name length u8 | name | type u8 | value; of a text (type 7): length u16 | UTF-8
export interface StreamMessage {
  readonly headers: Readonly<Record<string, string>>;
  readonly payload: Uint8Array;
}

const MESSAGE_BYTES_MAX = 16 * 1024 * 1024 + 64 * 1024;
const TEXT = 7;
const sizes: Readonly<Record<number, number>> = { 0: 0, 1: 0, 2: 1, 3: 2, 4: 4, 5: 8, 8: 8, 9: 16 }; // of values that are not texts or bytes

const table = Uint32Array.from({ length: 256 }, (_, byte) => {
  let value = byte;
  for (let bit = 0; bit < 8; bit++) value = value & 1 ? (value >>> 1) ^ 0xedb88320 : value >>> 1;
  return value;
});

export function crc32(bytes: Uint8Array): number {
  let value = 0xffffffff;
  for (const byte of bytes) value = (value >>> 8) ^ (table[(value ^ byte) & 255] ?? 0);
  return (value ^ 0xffffffff) >>> 0;
}

function headersOf(bytes: Uint8Array): Record<string, string> {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const decoder = new TextDecoder();
  const headers: Record<string, string> = {};
  let at = 0;
  while (at < bytes.length) {
    const nameEnd = at + 1 + view.getUint8(at);
    const name = decoder.decode(bytes.subarray(at + 1, nameEnd));
    const type = view.getUint8(nameEnd);
    at = nameEnd + 1;
    const size = sizes[type];
    if (size !== undefined) {
      at += size;
      continue;
    }
    const end = at + 2 + view.getUint16(at);
    if (end > bytes.length) throw new Error("a header of the event stream is cut off");
    if (type === TEXT) headers[name] = decoder.decode(bytes.subarray(at + 2, end));
    at = end;
  }
  return headers;
}

export class EventStreamDecoder {
  private rest: Uint8Array = new Uint8Array(0);

  // The messages that are whole with these bytes. Throws when the stream is damaged; nothing after it can be trusted.
  take(bytes: Uint8Array): StreamMessage[] {
    const joined = new Uint8Array(this.rest.length + bytes.length);
    joined.set(this.rest);
    joined.set(bytes, this.rest.length);
    const view = new DataView(joined.buffer);
    const messages: StreamMessage[] = [];
    let at = 0;
    while (joined.length - at >= 12) {
      const total = view.getUint32(at);
      const headers = view.getUint32(at + 4);
      if (crc32(joined.subarray(at, at + 8)) !== view.getUint32(at + 8)) throw new Error("the event stream is damaged");
      if (total > MESSAGE_BYTES_MAX || headers + 16 > total) throw new Error("a message of the event stream has an impossible length");
      if (joined.length - at < total) break;
      const end = at + total - 4;
      if (crc32(joined.subarray(at, end)) !== view.getUint32(end)) throw new Error("the event stream is damaged");
      messages.push({ headers: headersOf(joined.subarray(at + 12, at + 12 + headers)), payload: joined.slice(at + 12 + headers, end) });
      at += total;
    }
    this.rest = joined.slice(at);
    return messages;
  }
}
