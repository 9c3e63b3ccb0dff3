// The history of an execution, page by page, and what comes to it while it goes on: the last page is asked for again.
import { useEffect, useMemo, useRef, useState } from "react";
import { ApiError } from "../../api/client";
import { useNamespace } from "../../api/namespace";
import { getHistory } from "../../api/states";
import type { HistoryEvent } from "../../graph/history";

const PAGE_EVENTS = 1000;
const AGAIN_MS = 700;
const DRAWN_MS = 300; // between two drawings while pages come: each looks at all that came

interface Page {
  readonly token: string | undefined;
  readonly events: readonly HistoryEvent[];
}

export interface History {
  readonly events: readonly HistoryEvent[];
  readonly whole: boolean; // all that there is has been read once
  readonly error: ApiError | undefined;
}

export function useHistory(executionArn: string, live: boolean, round: number): History {
  const [pages, setPages] = useState<readonly Page[]>([]);
  const [whole, setWhole] = useState(false);
  const [error, setError] = useState<ApiError>();
  const namespace = useNamespace();
  const known = useRef<{ key: string; pages: Page[] }>({ key: "", pages: [] });

  useEffect(() => {
    const key = JSON.stringify([executionArn, namespace]);
    if (known.current.key !== key) {
      known.current = { key, pages: [] };
      setPages([]);
      setWhole(false);
    }
    const mine = known.current;
    const controller = new AbortController();
    let timer: ReturnType<typeof setTimeout> | undefined;
    const run = async (): Promise<void> => {
      let token = mine.pages[mine.pages.length - 1]?.token;
      let at = Math.max(0, mine.pages.length - 1);
      let drawn = 0;
      do {
        const { events, nextToken } = await getHistory({ executionArn, maxResults: PAGE_EVENTS, nextToken: token }, { signal: controller.signal });
        if (controller.signal.aborted) return;
        const same = mine.pages[at]?.events.length === events.length;
        if (!same) mine.pages = [...mine.pages.slice(0, at), { token, events }];
        if (nextToken === undefined || performance.now() - drawn > DRAWN_MS) {
          setPages(mine.pages);
          drawn = performance.now();
        }
        token = nextToken;
        at++;
      } while (token !== undefined);
      setWhole(true);
      setError(undefined);
    };
    const loop = (): void => {
      const next = (): void => {
        if (live && !controller.signal.aborted) timer = setTimeout(loop, AGAIN_MS);
      };
      if (document.hidden && mine.pages.length > 0) return next();
      run().then(next, (thrown: unknown) => {
        if (controller.signal.aborted) return;
        setPages(mine.pages);
        if (thrown instanceof ApiError) setError(thrown);
        next();
      });
    };
    loop();
    return () => {
      controller.abort();
      clearTimeout(timer);
    };
  }, [executionArn, namespace, live, round]);

  const events = useMemo(() => pages.flatMap((page) => page.events), [pages]);
  return { events, whole, error };
}
