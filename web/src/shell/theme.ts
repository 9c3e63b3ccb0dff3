// Light or dark: the system's until somebody chooses; the choice is kept in this browser.
import { applyMode, Mode } from "@cloudscape-design/global-styles";
import { useEffect, useSyncExternalStore } from "react";
import { ofBrowser } from "../storage";

export type Theme = "system" | "light" | "dark";

const NAME = "crema.theme";
const listeners = new Set<() => void>();

export function getTheme(): Theme {
  const kept = ofBrowser.get(NAME);
  return kept === "light" || kept === "dark" ? kept : "system";
}

export function setTheme(theme: Theme): void {
  ofBrowser.set(NAME, theme === "system" ? undefined : theme);
  for (const listener of listeners) listener();
}

const systemIsDark = (): MediaQueryList => window.matchMedia("(prefers-color-scheme: dark)");

export function isDark(theme: Theme): boolean {
  return theme === "dark" || (theme === "system" && systemIsDark().matches);
}

export function useTheme(): Theme {
  const theme = useSyncExternalStore((changed) => {
    listeners.add(changed);
    return () => listeners.delete(changed);
  }, getTheme);
  useEffect(() => {
    const apply = (): void => {
      const dark = isDark(theme);
      applyMode(dark ? Mode.Dark : Mode.Light);
      document.documentElement.style.colorScheme = dark ? "dark" : "light"; // scroll bars, and what is behind the page
    };
    const system = systemIsDark();
    apply();
    system.addEventListener("change", apply);
    return () => system.removeEventListener("change", apply);
  }, [theme]);
  return theme;
}
