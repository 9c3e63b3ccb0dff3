import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { ApiError, call } from "./client";
import { setNamespace } from "./namespace";
import { authorization } from "./sigv4";

const fetched = vi.fn<typeof fetch>();

function answer(status: number, body: unknown, headers: Record<string, string> = {}): void {
  fetched.mockResolvedValueOnce(new Response(typeof body === "string" ? body : JSON.stringify(body), { status, headers }));
}

function sent(): { url: unknown; init: RequestInit; headers: Record<string, string> } {
  const [url, init] = fetched.mock.calls[0] ?? [];
  return { url, init: init ?? {}, headers: (init?.headers ?? {}) as Record<string, string> };
}

beforeEach(() => {
  fetched.mockReset();
  vi.stubGlobal("fetch", fetched);
  setNamespace({ region: "us-east-1" });
});
afterEach(() => vi.unstubAllGlobals());

describe("a call", () => {
  it("says its operation as the service's clients do", async () => {
    answer(200, { StateMachines: [] });
    await expect(call("states", "ListStateMachines", { maxResults: 3 })).resolves.toEqual({ StateMachines: [] });
    const { url, init, headers } = sent();
    expect(url).toBe("/");
    expect(init.method).toBe("POST");
    expect(init.body).toBe('{"maxResults":3}');
    expect(headers["x-amz-target"]).toBe("AWSStepFunctions.ListStateMachines");
    expect(headers["content-type"]).toBe("application/x-amz-json-1.0");
  });
  it("names region and account to a server without keys", async () => {
    setNamespace({ region: "eu-west-1", account: "123456789012" });
    answer(200, {});
    await call("events", "ListRules");
    expect(sent().headers["authorization"]).toMatch(/Credential=123456789012\/\d{8}\/eu-west-1\/events\/aws4_request/);
  });
  it("is signed when there are keys", async () => {
    setNamespace({ region: "us-east-1", keyId: "ID", secret: "SECRET" });
    answer(200, {});
    await call("crema", "GetClock");
    expect(sent().headers["authorization"]).toMatch(
      /^AWS4-HMAC-SHA256 Credential=ID\/\d{8}\/us-east-1\/crema\/aws4_request, SignedHeaders=content-type;host;x-amz-date;x-amz-target, Signature=[0-9a-f]{64}$/,
    );
    expect(sent().headers).not.toHaveProperty("host");
  });
});

describe("an error", () => {
  const caught = (promise: Promise<unknown>): Promise<ApiError> =>
    promise.then(
      () => expect.fail("it was no error"),
      (error: ApiError) => error,
    );
  it("has the service's name, words and request id", async () => {
    answer(400, { __type: "aws.x#ResourceNotFoundException", message: "There is none." }, { "x-amzn-requestid": "r-1" });
    const error = await caught(call("events", "DescribeRule", { Name: "x" }));
    expect(error).toBeInstanceOf(ApiError);
    expect([error.name, error.message, error.status, error.requestId]).toEqual(["ResourceNotFoundException", "There is none.", 400, "r-1"]);
  });
  it("is one too when the answer is no JSON", async () => {
    answer(502, "<html>bad gateway");
    expect((await caught(call("events", "ListRules"))).name).toBe("Http502");
  });
  it("says when nobody answers", async () => {
    fetched.mockRejectedValueOnce(new TypeError("fetch failed"));
    const error = await caught(call("events", "ListRules"));
    expect([error.name, error.status]).toEqual(["NoAnswer", 0]);
  });
});

it("signs as other implementations do", async () => {
  // The same request, signed by botocore.
  const headers = {
    "content-type": "application/x-amz-json-1.1",
    host: "localhost:4566",
    "x-amz-date": "20260101T000000Z",
    "x-amz-target": "AWSEvents.ListRules",
  };
  const signing = { keyId: "AKID", secret: "s3cr3t", region: "eu-west-1", service: "events" };
  expect(await authorization(signing, headers, '{"EventBusName":"é"}')).toBe(
    "AWS4-HMAC-SHA256 Credential=AKID/20260101/eu-west-1/events/aws4_request, SignedHeaders=content-type;host;x-amz-date;x-amz-target, Signature=b2601c0a5520e569ef3f3b8851e4b544ec8e77818739408f3322b94e083893f0",
  );
});
