// Every page of the console: its pattern (route.ts), its title, the section of the navigation it belongs to, and its
// file, which is loaded when the page is opened; the overview, which most see first, comes with the frame. A page is a
// component whose `parameters` are those of its pattern.
import { lazy as lazily, type ComponentType, type LazyExoticComponent } from "react";
import Overview from "./pages/overview/overview";
import { match } from "./route";
import { worded, type Load } from "./shell/worded";

export interface PageProps {
  readonly parameters: Readonly<Record<string, string>>;
}

export type Section = "overview" | "buses" | "rules" | "recent" | "machines" | "logs" | "insights";

type Page = ComponentType<PageProps> | LazyExoticComponent<ComponentType<PageProps>>;

export interface Route {
  readonly pattern: string;
  readonly title: string;
  readonly section: Section;
  readonly page: Page;
}

const loads = new Map<Page, Load<PageProps>>();

function lazy(load: Load<PageProps>): Page {
  const whole = worded(load);
  const page = lazily(whole);
  loads.set(page, whole);
  return page;
}

export const routes: readonly Route[] = [
  { pattern: "/", title: "Overview", section: "overview", page: Overview },
  { pattern: "/buses", title: "Event buses", section: "buses", page: lazy(() => import("./pages/buses/buses")) },
  { pattern: "/buses/:bus", title: "Event bus", section: "buses", page: lazy(() => import("./pages/buses/bus")) },
  { pattern: "/send", title: "Send events", section: "buses", page: lazy(() => import("./pages/buses/send_page")) },
  { pattern: "/rules", title: "Rules", section: "rules", page: lazy(() => import("./pages/rules/rules")) },
  { pattern: "/rules/:bus/:rule", title: "Rule", section: "rules", page: lazy(() => import("./pages/rules/rule")) },
  { pattern: "/rules/:bus/:rule/edit", title: "Edit rule", section: "rules", page: lazy(() => import("./pages/rules/edit_rule")) },
  { pattern: "/create-rule", title: "Create rule", section: "rules", page: lazy(() => import("./pages/rules/create_rule")) },
  { pattern: "/recent", title: "Recent events", section: "recent", page: lazy(() => import("./pages/recent/recent")) },
  { pattern: "/recent/:id", title: "Event", section: "recent", page: lazy(() => import("./pages/recent/event")) },
  { pattern: "/machines", title: "State machines", section: "machines", page: lazy(() => import("./pages/machines/machines")) },
  { pattern: "/machines/create", title: "Create state machine", section: "machines", page: lazy(() => import("./pages/machines/create_machine")) },
  { pattern: "/machines/:arn", title: "State machine", section: "machines", page: lazy(() => import("./pages/machines/machine")) },
  { pattern: "/machines/:arn/edit", title: "Edit state machine", section: "machines", page: lazy(() => import("./pages/machines/edit_machine")) },
  { pattern: "/machines/executions/:arn", title: "Execution", section: "machines", page: lazy(() => import("./pages/machines/execution")) },
  { pattern: "/machines/runs/:arn", title: "Map Run", section: "machines", page: lazy(() => import("./pages/machines/map_run")) },
  { pattern: "/logs", title: "Logs", section: "logs", page: lazy(() => import("./pages/logs/groups")) },
  { pattern: "/logs/:group", title: "Log group", section: "logs", page: lazy(() => import("./pages/logs/group")) },
  { pattern: "/logs/:group/streams/:stream", title: "Log stream", section: "logs", page: lazy(() => import("./pages/logs/stream")) },
  { pattern: "/live", title: "Live tail", section: "logs", page: lazy(() => import("./pages/logs/live")) },
  { pattern: "/insights", title: "Logs Insights", section: "insights", page: lazy(() => import("./pages/insights/insights")) },
];

// What the side navigation shows, in its order.
export const sections: readonly { section: Section; text: string; pattern: string }[] = routes
  .filter((route, at) => routes.findIndex((other) => other.section === route.section) === at)
  .map((route) => ({ section: route.section, text: route.title, pattern: route.pattern }));

export function routeOf(path: string): { route: Route; parameters: PageProps["parameters"] } | undefined {
  for (const route of routes) {
    const parameters = match(route.pattern, path);
    if (parameters) return { route, parameters };
  }
  return undefined;
}

// Begins to load the page at a place, before anything is drawn.
export function preload(path: string): void {
  const found = routeOf(path);
  void (found && loads.get(found.route.page))?.().catch(() => undefined); // drawing it asks again, and tells
}
