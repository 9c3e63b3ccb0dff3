// Where one is: what the hash of a link says (route.ts).

export type Query = Readonly<Record<string, string>>;

export interface Place {
  readonly path: string; // "/buses/orders", still encoded
  readonly query: Query;
}

export function placeOf(hash: string): Place {
  const text = hash.replace(/^#/, "");
  const mark = text.indexOf("?");
  const path = mark < 0 ? text : text.slice(0, mark);
  const query = Object.fromEntries(new URLSearchParams(mark < 0 ? "" : text.slice(mark + 1)));
  return { path: path.startsWith("/") ? path : `/${path}`, query };
}
