// The router: a page is a hash, "#/buses/orders?tab=rules", so that every view has a link of its own and a reload
// stays where it was. A segment ":name" of a pattern is a parameter; values are percent-encoded, so an ARN fits one.
import { useSyncExternalStore } from "react";
import { namespaceQuery } from "./api/namespace";
import { placeOf, type Place } from "./place";

// The names of the parameters of a pattern, as a type: "/buses/:bus" has "bus".
type ParameterOf<Pattern extends string> = Pattern extends `${string}:${infer Name}/${infer Rest}`
  ? Name | ParameterOf<`/${Rest}`>
  : Pattern extends `${string}:${infer Name}`
    ? Name
    : never;
export type Parameters<Pattern extends string> = Readonly<Record<ParameterOf<Pattern>, string>>;

function decoded(segment: string): string | undefined {
  try {
    return decodeURIComponent(segment);
  } catch {
    return undefined;
  }
}

// The parameters when the path fits the pattern, else undefined.
export function match<Pattern extends string>(pattern: Pattern, path: string): Parameters<Pattern> | undefined {
  const wanted = pattern.split("/");
  const given = path.split("/");
  if (given.length > 2 && given[given.length - 1] === "") given.pop();
  if (wanted.length !== given.length) return undefined;
  const found: Record<string, string> = {};
  for (const [at, part] of wanted.entries()) {
    const value = decoded(given[at] ?? "");
    if (value === undefined) return undefined;
    if (part.startsWith(":")) {
      if (value === "") return undefined;
      found[part.slice(1)] = value;
    } else if (part !== value) {
      return undefined;
    }
  }
  return found as Parameters<Pattern>;
}

// The link to a page: href("/buses/:bus", { bus: "orders" }, { tab: "rules" }).
export function href<Pattern extends string>(
  pattern: Pattern,
  ...[parameters, query]: [ParameterOf<Pattern>] extends [never]
    ? [parameters?: Record<string, never>, query?: Record<string, string | undefined>]
    : [parameters: Parameters<Pattern>, query?: Record<string, string | undefined>]
): string {
  const values = (parameters ?? {}) as Record<string, string>;
  const path = pattern
    .split("/")
    .map((part) => (part.startsWith(":") ? encodeURIComponent(values[part.slice(1)] ?? "") : part))
    .join("/");
  const given = Object.entries({ ...query, ...namespaceQuery() }).filter((pair): pair is [string, string] => pair[1] !== undefined);
  const text = new URLSearchParams(given).toString();
  return `#${path}${text ? `?${text}` : ""}`;
}

export function go(link: string): void {
  window.location.hash = link;
}

// Changes the query of the place where one is; undefined takes a member away. No new entry in the history.
export function setQuery(change: Record<string, string | undefined>): void {
  const place = placeOf(window.location.hash);
  const query = Object.entries({ ...place.query, ...change }).filter((pair): pair is [string, string] => pair[1] !== undefined);
  const text = new URLSearchParams(query).toString();
  window.history.replaceState(null, "", `#${place.path}${text ? `?${text}` : ""}`);
  window.dispatchEvent(new HashChangeEvent("hashchange"));
}

function subscribe(changed: () => void): () => void {
  window.addEventListener("hashchange", changed);
  return () => window.removeEventListener("hashchange", changed);
}

export function usePlace(): Place {
  return placeOf(useSyncExternalStore(subscribe, () => window.location.hash));
}
