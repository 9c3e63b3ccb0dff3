// The client of Crema's API: call("events", "ListRules", { EventBusName: "orders" }).
// An answer that is an error is thrown as an ApiError, with the service's own name and words.
import { getNamespace, wantKeys, type Namespace } from "./namespace";
import { amzDate, authorization, credential } from "./sigv4";

export type Service = "events" | "logs" | "states" | "dynamodb" | "crema";

const services: Record<Service, { prefix: string; version: string }> = {
  events: { prefix: "AWSEvents", version: "1.1" },
  logs: { prefix: "Logs_20140328", version: "1.1" },
  states: { prefix: "AWSStepFunctions", version: "1.0" },
  dynamodb: { prefix: "DynamoDB_20120810", version: "1.0" },
  crema: { prefix: "Crema", version: "1.1" },
};

export class ApiError extends Error {
  constructor(
    override readonly name: string,
    message: string,
    readonly status: number, // 0: there was no answer
    readonly requestId: string,
    readonly members: Readonly<Record<string, unknown>> = {}, // what else the answer says
  ) {
    super(message);
  }
}

// A call as it is made, or as a command says it.
export interface Call {
  readonly service: Service;
  readonly operation: string;
  readonly input: object;
}

export interface CallOptions {
  readonly signal?: AbortSignal;
  readonly as?: Namespace; // another than the one that is chosen
}

async function headersOf(service: Service, operation: string, body: string, namespace: Namespace): Promise<Record<string, string>> {
  const { prefix, version } = services[service];
  const { region, account, keyId, secret } = namespace;
  const headers: Record<string, string> = {
    "content-type": `application/x-amz-json-${version}`,
    "x-amz-date": amzDate(new Date()),
    "x-amz-target": `${prefix}.${operation}`,
  };
  if (keyId && secret) {
    const signed = { ...headers, host: window.location.host };
    headers["authorization"] = await authorization({ keyId, secret, region, service }, signed, body);
  } else {
    // A server without keys reads region and account from it, and looks no further.
    const scope = credential({ keyId: account ?? "console", region, service }, headers["x-amz-date"] ?? "");
    headers["authorization"] = `AWS4-HMAC-SHA256 Credential=${scope}, SignedHeaders=host, Signature=${"0".repeat(64)}`;
  }
  return headers;
}

// {"__type":"aws.events#ValidationException","message":...} or a header that says it.
function errorOf(response: Response, body: unknown): ApiError {
  const given = (body && typeof body === "object" ? body : {}) as Record<string, unknown>;
  const type = String(given["__type"] ?? response.headers.get("x-amzn-errortype") ?? `Http${response.status}`);
  const name = type.split("#").pop()?.split(":")[0] ?? type;
  if (name === "UnrecognizedClientException" && !getNamespace().keyId) wantKeys();
  const message = String(given["message"] ?? given["Message"] ?? response.statusText);
  return new ApiError(name, message, response.status, response.headers.get("x-amzn-requestid") ?? "", given);
}

async function post(service: Service, operation: string, input: object, { as = getNamespace(), ...options }: CallOptions): Promise<Response> {
  const body = JSON.stringify(input);
  const headers = await headersOf(service, operation, body, as);
  try {
    return await fetch("/", { method: "POST", headers, body, credentials: "omit", ...options });
  } catch (error) {
    if (error instanceof DOMException && error.name === "AbortError") throw error;
    throw new ApiError("NoAnswer", "The server does not answer. Is it running?", 0, "");
  }
}

async function read(response: Response): Promise<unknown> {
  const text = await response.text();
  let parsed: unknown;
  try {
    parsed = text ? JSON.parse(text) : {};
  } catch {
    throw new ApiError(`Http${response.status}`, text.slice(0, 200), response.status, response.headers.get("x-amzn-requestid") ?? "");
  }
  if (!response.ok) throw errorOf(response, parsed);
  return parsed;
}

export async function call<Output = unknown>(
  service: Service,
  operation: string,
  input: object = {},
  options: CallOptions = {},
): Promise<Output> {
  return (await read(await post(service, operation, input, options))) as Output;
}

// One after the other; the first that is refused ends it.
export async function perform(calls: readonly Call[]): Promise<void> {
  for (const { service, operation, input } of calls) await call(service, operation, input);
}

// An operation whose answer is a stream: its bytes as they come. An answer that is an error is thrown as call() does.
export async function callStream(service: Service, operation: string, input: object, options: CallOptions): Promise<ReadableStream<Uint8Array>> {
  const response = await post(service, operation, input, options);
  if (!response.ok) await read(response);
  if (!response.body) throw new ApiError("NoAnswer", "The answer has no body", response.status, "");
  return response.body;
}
