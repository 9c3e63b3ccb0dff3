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
let keysWanted = false;

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

// The server refused a request that was made without keys.
export function wantKeys(): void {
  keysWanted = true;
  for (const listener of listeners) listener();
}

function subscribe(changed: () => void): () => void {
  listeners.add(changed);
  return () => listeners.delete(changed);
}

export const useNamespace = (): Namespace => useSyncExternalStore(subscribe, getNamespace);
export const useKeysWanted = (): boolean => useSyncExternalStore(subscribe, () => keysWanted);
