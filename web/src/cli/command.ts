// A call of the API as a command to be pasted into a shell: of the aws CLI, or of curl for Crema's own operations.
import type { Call, Service } from "../api/client";
import { getNamespace } from "../api/namespace";

export function quoted(word: string): string {
  return /^[A-Za-z0-9_./:=,@%+-]+$/.test(word) ? word : `'${word.replace(/'/g, "'\\''")}'`;
}

const dashed = (name: string): string =>
  name
    .replace(/([a-z0-9])([A-Z])/g, "$1-$2")
    .replace(/([A-Z])([A-Z][a-z])/g, "$1-$2")
    .toLowerCase();

const commands: Readonly<Record<Exclude<Service, "crema">, string>> = { events: "events", logs: "logs", states: "stepfunctions", dynamodb: "dynamodb" };

// What the aws CLI calls otherwise, for --output is its own.
const renamed: Readonly<Record<string, string>> = { "SendTaskSuccess.output": "task-output" };

// What the aws CLI would replace by what it finds there.
const isPlace = (value: unknown): boolean => typeof value === "string" && /^(fileb?|https?):\/\//.test(value);

// A server without keys takes the account for the id of a key.
const whose = (account: string | undefined): string[] => (account ? [`AWS_ACCESS_KEY_ID=${account}`, "AWS_SECRET_ACCESS_KEY=any"] : []);

function awsText(command: string, operation: string, input: object): string {
  const { region, account, keyId } = getNamespace();
  const words = [...(keyId ? [] : whose(account)), "aws", command, dashed(operation)];
  const places: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(input as Record<string, unknown>)) {
    if (value === undefined) continue;
    if (isPlace(value)) {
      places[name] = value;
      continue;
    }
    const flag = renamed[`${operation}.${name}`] ?? dashed(name);
    if (typeof value === "boolean") words.push(value ? `--${flag}` : `--no-${flag}`);
    else {
      const text = typeof value === "string" ? value : JSON.stringify(value);
      if (text.startsWith("-")) words.push(`--${flag}=${quoted(text)}`); // else it reads as a flag
      else words.push(`--${flag}`, quoted(text));
    }
  }
  if (Object.keys(places).length > 0) words.push("--cli-input-json", quoted(JSON.stringify(places)));
  words.push("--endpoint-url", quoted(window.location.origin), "--region", quoted(region));
  return words.join(" ");
}

// Region and account for a server without keys; for one with keys curl signs, with the secret that the shell has.
function signing(): string[] {
  const { region, account, keyId } = getNamespace();
  if (keyId) return ["--aws-sigv4", quoted(`aws:amz:${region}:crema`), "--user", `${quoted(`${keyId}:`)}"$AWS_SECRET_ACCESS_KEY"`];
  return ["-H", quoted(`Authorization: AWS4-HMAC-SHA256 Credential=${account ?? "any"}/20260101/${region}/crema/aws4_request, SignedHeaders=host, Signature=0`)];
}

function curlText(operation: string, input: object): string {
  const headers = [`X-Amz-Target: Crema.${operation}`, "Content-Type: application/x-amz-json-1.1"];
  return ["curl", "-s", window.location.origin, ...headers.flatMap((header) => ["-H", quoted(header)]), ...signing(), "-d", quoted(JSON.stringify(input))].join(" ");
}

export function commandText({ service, operation, input }: Call): string {
  return service === "crema" ? curlText(operation, input) : awsText(commands[service], operation, input);
}
