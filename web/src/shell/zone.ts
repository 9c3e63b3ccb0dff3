// The zone that times are shown in: the browser's until somebody chooses UTC. The choice is kept in this browser and
// stands in the link of the page where it was made, which says it to whoever follows the link.
import { useSyncExternalStore } from "react";
import { placeOf } from "../place";
import { setQuery } from "../route";
import { ofBrowser } from "../storage";

export type Zone = "local" | "utc";

const NAME = "crema.zone";

export function getZone(): Zone {
  const zone = placeOf(window.location.hash).query["zone"] ?? ofBrowser.get(NAME);
  return zone === "utc" ? "utc" : "local";
}

export const isUtc = (): boolean => getZone() === "utc";

export function setZone(zone: Zone): void {
  ofBrowser.set(NAME, zone);
  setQuery({ zone }); // which tells those who listen
}

export function useZone(): Zone {
  return useSyncExternalStore((changed) => {
    window.addEventListener("hashchange", changed);
    return () => window.removeEventListener("hashchange", changed);
  }, getZone);
}
