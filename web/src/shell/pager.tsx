// Pages of a list whose tokens lead only forward. The token of the page stands in the URL; those gone by are remembered, so
// that one can go back: after a reload, to the first.
import Button from "@cloudscape-design/components/button";
import SpaceBetween from "@cloudscape-design/components/space-between";
import { useEffect, useState } from "react";
import { setQuery, usePlace } from "../route";

// What takes a list's place out of the URL, when another list is to be seen.
export const firstPage = { token: undefined, page: undefined };

export interface Paging {
  readonly token: string | undefined;
  readonly page: number; // from 1
  readonly move: (token: string | undefined) => void; // to any other place
  readonly forward: (next: string) => void;
  readonly back: () => void;
}

// Begins anew when `key` changes.
export function usePaging(key: string): Paging {
  const { query } = usePlace();
  const [before, setBefore] = useState<{ key: string; tokens: readonly (string | undefined)[] }>({ key, tokens: [] });
  const same = before.key === key;
  const token = same ? query["token"] : undefined;
  const page = token === undefined ? 1 : Number(query["page"]) || 2;
  useEffect(() => {
    if (same) return;
    setQuery(firstPage);
    setBefore({ key, tokens: [] });
  }, [same, key]);
  return {
    token,
    page,
    move: (to) => setQuery({ token: to, page: undefined }),
    forward: (next) => {
      setBefore({ key, tokens: [...before.tokens, token] });
      setQuery({ token: next, page: String(page + 1) });
    },
    back: () => {
      const last = before.tokens[before.tokens.length - 1];
      setBefore({ key, tokens: before.tokens.slice(0, -1) });
      setQuery(last === undefined ? firstPage : { token: last, page: String(page - 1) });
    },
  };
}

export function Pager({ paging, next, words = ["Previous page", "Next page"] }: { paging: Paging; next: string | undefined; words?: readonly [string, string] }) {
  if (paging.page === 1 && next === undefined) return null;
  return (
    <SpaceBetween direction="horizontal" size="xs" alignItems="center">
      <Button variant="icon" iconName="angle-left" ariaLabel={words[0]} disabled={paging.page === 1} onClick={paging.back} />
      <span>{paging.page}</span>
      <Button variant="icon" iconName="angle-right" ariaLabel={words[1]} disabled={next === undefined} onClick={() => next !== undefined && paging.forward(next)} />
    </SpaceBetween>
  );
}
