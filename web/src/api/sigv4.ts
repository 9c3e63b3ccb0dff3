// AWS Signature Version 4 with WebCrypto, for POSTs to "/".
const encoder = new TextEncoder();

export interface Signing {
  readonly keyId: string;
  readonly secret: string;
  readonly region: string;
  readonly service: string;
}

function hex(bytes: ArrayBuffer): string {
  return Array.from(new Uint8Array(bytes), (byte) => byte.toString(16).padStart(2, "0")).join("");
}

async function sha256(text: string): Promise<string> {
  return hex(await crypto.subtle.digest("SHA-256", encoder.encode(text)));
}

async function hmac(key: BufferSource, text: string): Promise<ArrayBuffer> {
  const imported = await crypto.subtle.importKey("raw", key, { name: "HMAC", hash: "SHA-256" }, false, ["sign"]);
  return crypto.subtle.sign("HMAC", imported, encoder.encode(text));
}

// "20260101T000000Z"
export function amzDate(time: Date): string {
  return time.toISOString().replace(/[-:]|\.\d{3}/g, "");
}

export function credential({ keyId, region, service }: Omit<Signing, "secret">, date: string): string {
  return `${keyId}/${date.slice(0, 8)}/${region}/${service}/aws4_request`;
}

// The Authorization header of a POST to "/" with these headers; names in lower case, "x-amz-date" and "host" among them.
export async function authorization(signing: Signing, headers: Readonly<Record<string, string>>, body: string): Promise<string> {
  if (!globalThis.crypto?.subtle)
    throw new Error("This page cannot sign requests: browsers allow it over HTTPS and on localhost only.");
  const date = headers["x-amz-date"] ?? "";
  const names = Object.keys(headers).sort();
  const signed = names.join(";");
  const lines = names.map((name) => `${name}:${(headers[name] ?? "").trim().replace(/ +/g, " ")}\n`).join("");
  const request = ["POST", "/", "", lines, signed, await sha256(body)].join("\n");
  const scope = credential(signing, date);
  const text = ["AWS4-HMAC-SHA256", date, scope.slice(signing.keyId.length + 1), await sha256(request)].join("\n");
  let key = await hmac(encoder.encode(`AWS4${signing.secret}`), date.slice(0, 8));
  for (const part of [signing.region, signing.service, "aws4_request"]) key = await hmac(key, part);
  return `AWS4-HMAC-SHA256 Credential=${scope}, SignedHeaders=${signed}, Signature=${hex(await hmac(key, text))}`;
}
