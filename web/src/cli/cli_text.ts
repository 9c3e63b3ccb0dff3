// A call of the API as a command of the aws CLI, to be pasted into a shell.
import { getNamespace } from "../api/namespace";

export type CliService = "events" | "logs" | "stepfunctions" | "dynamodb";

export function quoted(word: string): string {
  return /^[A-Za-z0-9_./:=,@%+-]+$/.test(word) ? word : `'${word.replace(/'/g, "'\\''")}'`;
}

const dashed = (name: string): string =>
  name
    .replace(/([a-z0-9])([A-Z])/g, "$1-$2")
    .replace(/([A-Z])([A-Z][a-z])/g, "$1-$2")
    .toLowerCase();

export function cliText(service: CliService, operation: string, input: object): string {
  const words = ["aws", service, dashed(operation)];
  for (const [name, value] of Object.entries(input as Record<string, unknown>)) {
    if (value === undefined) continue;
    const flag = dashed(name);
    if (typeof value === "boolean") words.push(value ? `--${flag}` : `--no-${flag}`);
    else if (typeof value === "string" || typeof value === "number") words.push(`--${flag}`, quoted(String(value)));
    else words.push(`--${flag}`, quoted(JSON.stringify(value)));
  }
  words.push("--endpoint-url", quoted(window.location.origin), "--region", quoted(getNamespace().region));
  return words.join(" ");
}
