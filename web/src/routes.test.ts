import { expect, it } from "vitest";
import { routeOf, routes, sections } from "./routes";

it("every pattern stands once and leads to its own route", () => {
  expect(new Set(routes.map((route) => route.pattern)).size).toBe(routes.length);
  for (const route of routes) expect(routeOf(route.pattern.replace(/:\w+/g, "x"))?.route).toBe(route);
});

it("every section is in the navigation once", () => {
  expect(sections.map(({ text }) => text)).toEqual(["Overview", "Event buses", "Rules", "Recent events", "State machines", "Logs", "Logs Insights"]);
});

it("what is no page is none", () => {
  expect(routeOf("/nothing")).toBeUndefined();
});
