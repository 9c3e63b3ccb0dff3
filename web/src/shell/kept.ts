// What is typed into a form, kept in the tab's session so that a reload loses none of it: const [name, setName] =
// useKept("bus/name", ""); a third function fills in what nobody typed, which is not kept. Forgotten when the form was sent or given up: forget("bus") forgets all below "bus".
import { useCallback, useEffect, useState } from "react";
import { ofTab } from "../storage";

const PREFIX = "crema.typed.";

function read<Value>(key: string): Value | undefined {
  try {
    return JSON.parse(ofTab.get(PREFIX + key) ?? "null") ?? undefined;
  } catch {
    return undefined; // what is kept there is not ours
  }
}

const below = (key: string): string[] => ofTab.names().filter((name) => `${name}/`.startsWith(`${PREFIX}${key}/`));

export function forget(key: string): void {
  for (const name of below(key)) ofTab.set(name, undefined);
}

export const isKept = (key: string): boolean => below(key).length > 0;

export function useKept<Value>(key: string, first: Value | (() => Value)): [Value, (value: Value | ((before: Value) => Value)) => void, (value: Value) => void] {
  const [value, setValue] = useState<Value>(() => read<Value>(key) ?? (first instanceof Function ? first() : first));
  const [changed, setChanged] = useState(false);
  useEffect(() => {
    if (changed) ofTab.set(PREFIX + key, JSON.stringify(value));
  }, [key, value, changed]);
  const change = useCallback((to: Value | ((before: Value) => Value)) => {
    setChanged(true);
    setValue(to);
  }, []);
  return [value, change, setValue];
}
