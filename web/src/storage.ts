// What the browser keeps for the console: of this tab until it is closed, or of this browser. Where it is told to keep
// nothing (site data blocked), or has no room, a choice lasts until the page is left.

interface Keeper {
  readonly get: (name: string) => string | null;
  readonly set: (name: string, value: string | undefined) => void; // undefined: forget it
  readonly names: () => string[];
}

function keeperOf(storage: () => Storage): Keeper {
  const refused = new Map<string, string>();
  const trying = <Value>(act: () => Value, otherwise: Value): Value => {
    try {
      return act();
    } catch {
      return otherwise;
    }
  };
  return {
    get: (name) => refused.get(name) ?? trying(() => storage().getItem(name), null),
    set: (name, value) => {
      refused.delete(name);
      if (value === undefined) return trying(() => storage().removeItem(name), undefined);
      const done = trying(() => {
        storage().setItem(name, value);
        return true;
      }, false);
      if (!done) refused.set(name, value);
    },
    names: () => [...new Set([...trying(() => Object.keys(storage()), []), ...refused.keys()])],
  };
}

export const ofTab = keeperOf(() => sessionStorage);
export const ofBrowser = keeperOf(() => localStorage);
