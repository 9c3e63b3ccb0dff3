// An answer in a page: const rules = useAnswer((signal) => call("events", "ListRules", {}, { signal }), [bus]).
// Asked anew when one of `deps` or the namespace changes, on reload(), and every `everyMs`, until an answer is as `until`
// wants it; always while the page is looked at only: in a tab in the background it waits for that.
import { useCallback, useEffect, useRef, useState } from "react";
import type { ApiError } from "./client";
import { useNamespace, type Namespace } from "./namespace";

export interface Answer<Output> {
  readonly data: Output | undefined; // the last one; stays while the next is asked for, and when the same is refused
  readonly error: ApiError | undefined;
  readonly loading: boolean;
  readonly reload: () => void;
}

interface State<Output> {
  readonly of: string; // what `data` is an answer to
  readonly whose?: Namespace;
  readonly data?: Output;
  readonly error?: ApiError;
  readonly loading: boolean;
}

export function useAnswer<Output>(
  ask: (signal: AbortSignal) => Promise<Output>,
  deps: readonly unknown[] = [],
  options: { everyMs?: number; until?: (data: Output) => boolean } = {},
): Answer<Output> {
  const [state, setState] = useState<State<Output>>({ of: "", loading: true });
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
    const seen = (): void => {
      if (document.hidden) return;
      document.removeEventListener("visibilitychange", seen);
      run();
    };
    const run = (): void => {
      if (document.hidden) return document.addEventListener("visibilitychange", seen);
      latest.current.ask(controller.signal).then(
        (data) => {
          if (!controller.signal.aborted) setState({ of: key, whose: namespace, data, loading: false });
          if (!latest.current.until?.(data)) again();
        },
        (error: ApiError) => {
          if (!controller.signal.aborted) setState((before) => ({ ...(before.of === key ? before : { of: key }), whose: namespace, error, loading: false }));
          again();
        },
      );
    };
    setState((before) => (before.whose === namespace ? { ...before, loading: true } : { of: "", loading: true }));
    run();
    return () => {
      controller.abort();
      document.removeEventListener("visibilitychange", seen);
      clearTimeout(timer);
    };
  }, [key, namespace, round, everyMs]);

  const reload = useCallback(() => setRound((before) => before + 1), []);
  return { data: state.data, error: state.error, loading: state.loading, reload };
}
