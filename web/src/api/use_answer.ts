// An answer in a page: const rules = useAnswer((signal) => call("events", "ListRules", {}, { signal }), [bus]).
// Asked anew when one of `deps` or the namespace changes, on reload(), and every `everyMs` while the page is looked at,
// until an answer is as `until` wants it.
import { useCallback, useEffect, useRef, useState } from "react";
import type { ApiError } from "./client";
import { useNamespace } from "./namespace";

export interface Answer<Output> {
  readonly data: Output | undefined; // the last one; stays while the next is asked for
  readonly error: ApiError | undefined;
  readonly loading: boolean;
  readonly reload: () => void;
}

export function useAnswer<Output>(
  ask: (signal: AbortSignal) => Promise<Output>,
  deps: readonly unknown[] = [],
  options: { everyMs?: number; until?: (data: Output) => boolean } = {},
): Answer<Output> {
  const [state, setState] = useState<{ data?: Output; error?: ApiError; loading: boolean }>({ loading: true });
  const [round, setRound] = useState(0);
  const namespace = useNamespace();
  const latest = useRef({ ask, until: options.until });
  useEffect(() => {
    latest.current = { ask, until: options.until };
  });
  const key = JSON.stringify([deps, namespace]);
  const everyMs = options.everyMs ?? 0;

  useEffect(() => {
    const controller = new AbortController();
    let timer: ReturnType<typeof setTimeout> | undefined;
    const again = (): void => {
      if (everyMs > 0 && !controller.signal.aborted) timer = setTimeout(run, everyMs);
    };
    const run = (): void => {
      if (document.hidden) return again();
      latest.current.ask(controller.signal).then(
        (data) => {
          if (!controller.signal.aborted) setState({ data, loading: false });
          if (!latest.current.until?.(data)) again();
        },
        (error: ApiError) => {
          if (!controller.signal.aborted) setState((before) => ({ ...before, error, loading: false }));
          again();
        },
      );
    };
    setState((before) => ({ ...before, loading: true }));
    run();
    return () => {
      controller.abort();
      clearTimeout(timer);
    };
  }, [key, round, everyMs]);

  const reload = useCallback(() => setRound((before) => before + 1), []);
  return { data: state.data, error: state.error, loading: state.loading, reload };
}
