import { beforeEach, expect, it } from "vitest";
import { forget, isKept } from "./kept";

const keep = (key: string): void => sessionStorage.setItem(`crema.typed.${key}`, "1");

beforeEach(() => sessionStorage.clear());

it("forgets what is below a key, and nothing else", () => {
  for (const key of ["rule/a/draft", "rule/a", "rule/ab/draft", "send"]) keep(key);
  sessionStorage.setItem("crema.namespace", "{}");
  expect([isKept("rule/a"), isKept("rule"), isKept("rule/b"), isKept("sen")]).toEqual([true, true, false, false]);
  forget("rule/a");
  expect([isKept("rule/a"), isKept("rule/ab"), isKept("send")]).toEqual([false, true, true]);
  forget("");
  expect(sessionStorage.getItem("crema.namespace")).toBe("{}");
});
