// The token of a task that waits: it stands in the task's parameters, where the definition says so.
import type { Attempt } from "./history";

const mention = /(\$\$|\$states\.context)\.Task\.Token/;
type Path = readonly (string | number)[];

function* mentions(value: unknown, path: Path): Generator<Path> {
  if (typeof value === "string") {
    if (mention.test(value)) yield path;
  } else if (Array.isArray(value)) {
    for (const [at, one] of value.entries()) yield* mentions(one, [...path, at]);
  } else if (typeof value === "object" && value !== null) {
    for (const [key, one] of Object.entries(value)) yield* mentions(one, [...path, key.replace(/\.\$$/, "")]);
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

function at(value: unknown, path: Path): unknown {
  let now = value;
  for (const part of path) {
    if (typeof now === "string") now = parsed(now); // EventBridge's Detail may be JSON in a string
    if (typeof now !== "object" || now === null) return undefined;
    now = (now as Record<string | number, unknown>)[part];
  }
  return now;
}

export function tokenOf(source: Readonly<Record<string, unknown>>, attempt: Attempt): string | undefined {
  if (attempt.ended || !attempt.parameters) return undefined;
  const parameters = parsed(attempt.parameters);
  for (const path of mentions(source["Parameters"] ?? source["Arguments"], [])) {
    const found = at(parameters, path);
    if (typeof found === "string") return found;
  }
  return undefined;
}

// A task that goes on only when somebody says so.
export const waitsForToken = (attempt: Attempt | undefined): boolean =>
  attempt !== undefined && !attempt.ended && (attempt.resource.endsWith(".waitForTaskToken") || attempt.scheduled.type === "ActivityScheduled");
