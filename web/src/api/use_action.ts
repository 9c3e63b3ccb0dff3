// Something that a button does: const remove = useAction(() => deleteRule(...)); remove.run(), remove.busy, remove.error.
import { useCallback, useEffect, useRef, useState } from "react";
import { ApiError } from "./client";

export interface Action<Arguments extends unknown[]> {
  readonly busy: boolean;
  readonly error: ApiError | undefined;
  readonly run: (...given: Arguments) => Promise<boolean>; // true when it was done
  readonly forget: () => void;
}

export function useAction<Arguments extends unknown[]>(act: (...given: Arguments) => Promise<unknown>): Action<Arguments> {
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<ApiError>();
  const latest = useRef(act);
  useEffect(() => {
    latest.current = act;
  });
  const run = useCallback(async (...given: Arguments): Promise<boolean> => {
    setBusy(true);
    setError(undefined);
    try {
      await latest.current(...given);
      return true;
    } catch (thrown) {
      if (thrown instanceof ApiError) setError(thrown);
      else setError(new ApiError("Error", thrown instanceof Error ? thrown.message : String(thrown), 0, ""));
      return false;
    } finally {
      setBusy(false);
    }
  }, []);
  const forget = useCallback(() => setError(undefined), []);
  return { busy, error, run, forget };
}
