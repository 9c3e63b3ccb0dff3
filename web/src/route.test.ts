import { afterEach, describe, expect, it } from "vitest";
import { getNamespace, setNamespace } from "./api/namespace";
import { placeOf } from "./place";
import { go, href, match, setQuery } from "./route";

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

it("links say the region and the account, unless they are the first ones", () => {
  setNamespace({ region: "eu-west-1", account: "111122223333" });
  expect(href("/buses/:bus", { bus: "orders" }, { tab: "tags" })).toBe("#/buses/orders?tab=tags&region=eu-west-1&account=111122223333");
  setNamespace({ region: "us-east-1", account: "111122223333", keyId: "ID", secret: "hush" });
  expect(href("/buses")).toBe("#/buses");
});

it("what a link says of them holds", () => {
  setNamespace({ region: "us-east-1" });
  const follow = (hash: string): void => {
    window.location.hash = hash;
    window.dispatchEvent(new HashChangeEvent("hashchange"));
  };
  follow("#/buses?region=eu-west-1");
  expect(getNamespace()).toEqual({ region: "eu-west-1" });
  follow("#/buses?account=111122223333&region=EU!");
  expect(getNamespace()).toEqual({ region: "eu-west-1", account: "111122223333" });
  follow("#/buses");
  expect(getNamespace().region).toBe("eu-west-1");
  setNamespace({ region: "us-east-1" });
});
