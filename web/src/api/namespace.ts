// Whom requests speak for: region, account, and keys for servers that want them. Keys stay in this tab's session; region and
// account stand in the links of pages too, unless they are the first ones: what a page shows is of them.
import { useSyncExternalStore } from "react";
import { placeOf } from "../place";
import { ofTab } from "../storage";

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

export const isRegion = (text: string): boolean => /^[a-z0-9-]{1,64}$/.test(text);
export const isAccount = (text: string): boolean => /^\d{12}$/.test(text);

function kept(): Namespace {
  try {
    const found: unknown = JSON.parse(ofTab.get(NAME) ?? "null");
    if (found && typeof found === "object" && "region" in found && typeof found.region === "string") return found as Namespace;
  } catch {
    // what is kept there is not ours
  }
  return DEFAULT;
}

// What the link of the page says, and else what it was before.
function linked(before: Namespace): Namespace {
  const { region, account } = placeOf(window.location.hash).query;
  const other = { ...(region && isRegion(region) ? { region } : {}), ...(account && isAccount(account) ? { account } : {}) };
  return Object.entries(other).every(([name, value]) => before[name as "region" | "account"] === value) ? before : { ...before, ...other };
}

// What a link says of it.
export function namespaceQuery(): { region?: string; account?: string } {
  const { region, account, keyId } = getNamespace();
  return { ...(region === DEFAULT.region ? {} : { region }), ...(account && !keyId ? { account } : {}) };
}

export function getNamespace(): Namespace {
  return (current ??= linked(kept()));
}

window.addEventListener("hashchange", () => {
  const next = linked(getNamespace());
  if (next !== current) setNamespace(next);
});

export function setNamespace(namespace: Namespace): void {
  current = namespace;
  ofTab.set(NAME, JSON.stringify(namespace));
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
