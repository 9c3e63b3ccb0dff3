import { afterEach, describe, expect, it } from "vitest";
import { go, href, match, placeOf, setQuery } from "./route";

describe("places", () => {
  it("are read from a hash", () => {
    expect(placeOf("")).toEqual({ path: "/", query: {} });
    expect(placeOf("#/buses/a%2Fb?tab=rules&x=")).toEqual({ path: "/buses/a%2Fb", query: { tab: "rules", x: "" } });
  });
  it("have parameters", () => {
    expect(match("/buses/:bus", "/buses/orders")).toEqual({ bus: "orders" });
    expect(match("/buses/:bus/rules/:rule", "/buses/a%2Fb/rules/r/")).toEqual({ bus: "a/b", rule: "r" });
    expect(match("/", "/")).toEqual({});
  });
  it("do not fit what they are not", () => {
    for (const path of ["/buses", "/buses/", "/buses/a/b", "/rules/a", "/buses/%E0%A4%A"])
      expect(match("/buses/:bus", path), path).toBeUndefined();
  });
});

describe("links", () => {
  afterEach(() => go(""));
  it("lead back to what they were made of", () => {
    const arn = "arn:aws:states:us-east-1:000000000000:execution:m:é/?#&%";
    const link = href("/machines/executions/:arn", { arn }, { event: "7", none: undefined });
    const place = placeOf(link);
    expect(match("/machines/executions/:arn", place.path)).toEqual({ arn });
    expect(place.query).toEqual({ event: "7" });
  });
  it("change the query in place", () => {
    go(href("/recent", {}, { bus: "a" }));
    setQuery({ source: "x y", bus: undefined });
    expect(placeOf(window.location.hash)).toEqual({ path: "/recent", query: { source: "x y" } });
  });
});
