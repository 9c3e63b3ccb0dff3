// Pages of a list whose tokens lead only forward: the tokens gone by are remembered, so that one can go back.
import Button from "@cloudscape-design/components/button";
import SpaceBetween from "@cloudscape-design/components/space-between";
import { useState } from "react";

export interface Paging {
  readonly token: string | undefined;
  readonly page: number; // from 1
  readonly forward: (next: string) => void;
  readonly back: () => void;
  readonly first: () => void;
}

// Begins anew when `key` changes.
export function usePaging(key: string): Paging {
  const [state, setState] = useState<{ key: string; tokens: readonly string[] }>({ key, tokens: [] });
  const tokens = state.key === key ? state.tokens : [];
  return {
    token: tokens[tokens.length - 1],
    page: tokens.length + 1,
    forward: (next) => setState({ key, tokens: [...tokens, next] }),
    back: () => setState({ key, tokens: tokens.slice(0, -1) }),
    first: () => setState({ key, tokens: [] }),
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
