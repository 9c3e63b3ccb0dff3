// Whom requests speak for: region, account, and keys for servers that want them. Keys stay in this tab's session.
import { useSyncExternalStore } from "react";

export interface Namespace {
  readonly region: string;
  readonly account?: string; // twelve digits; of a server without keys
  readonly keyId?: string;
  readonly secret?: string;
}

const NAME = "crema.namespace";
const DEFAULT: Namespace = { region: "us-east-1" };
const listeners = new Set<() => void>();
let current: Namespace | undefined;

function read(): Namespace {
  try {
    const kept: unknown = JSON.parse(sessionStorage.getItem(NAME) ?? "null");
    if (kept && typeof kept === "object" && "region" in kept && typeof kept.region === "string") return kept as Namespace;
  } catch {
    // what is kept there is not ours
  }
  return DEFAULT;
}

export function getNamespace(): Namespace {
  return (current ??= read());
}

export function setNamespace(namespace: Namespace): void {
  current = namespace;
  sessionStorage.setItem(NAME, JSON.stringify(namespace));
  for (const listener of listeners) listener();
}

export function useNamespace(): Namespace {
  return useSyncExternalStore((changed) => {
    listeners.add(changed);
    return () => listeners.delete(changed);
  }, getNamespace);
}
