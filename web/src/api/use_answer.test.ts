import { act, createElement } from "react";
import { createRoot, type Root } from "react-dom/client";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { ApiError } from "./client";
import { setNamespace } from "./namespace";
import { useAnswer, type Answer } from "./use_answer";

// What a page would see, asking for `of`; answers come when the test says so.
interface Asked {
  readonly of: string;
  readonly answer: (text: string) => Promise<void>;
  readonly refuse: () => Promise<void>;
}

let root: Root;
let seen: Answer<string>;
let asked: Asked[];
let hidden: boolean;

function Page({ of, everyMs = 0 }: { of: string; everyMs?: number }) {
  seen = useAnswer(
    () =>
      new Promise<string>((answer, refuse) => {
        asked.push({
          of,
          answer: (text) => act(async () => answer(text)),
          refuse: () => act(async () => refuse(new ApiError("Refused", "", 400, ""))),
        });
      }),
    [of],
    { everyMs },
  );
  return null;
}

const show = (of: string, everyMs?: number): Promise<void> => act(async () => root.render(createElement(Page, everyMs ? { of, everyMs } : { of })));
const last = (): Asked => asked[asked.length - 1] as Asked;
const look = (away: boolean): Promise<void> =>
  act(async () => {
    hidden = away;
    document.dispatchEvent(new Event("visibilitychange"));
  });

beforeEach(() => {
  vi.stubGlobal("IS_REACT_ACT_ENVIRONMENT", true);
  vi.spyOn(document, "hidden", "get").mockImplementation(() => hidden);
  [asked, hidden] = [[], false];
  setNamespace({ region: "us-east-1" });
  root = createRoot(document.createElement("div"));
});
afterEach(async () => {
  await act(async () => root.unmount());
  vi.useRealTimers();
  vi.restoreAllMocks();
});

it("asks once a tab that was opened in the background is looked at", async () => {
  hidden = true;
  await show("a");
  expect([asked.length, seen.loading]).toEqual([0, true]);
  await look(true);
  expect(asked.length).toBe(0);
  await look(false);
  await last().answer("A");
  await look(false);
  expect([asked.length, seen.data, seen.loading]).toEqual([1, "A", false]);
});

it("asks again and again only while it is looked at", async () => {
  vi.useFakeTimers();
  await show("a", 1000);
  await last().answer("A");
  hidden = true;
  await act(async () => vi.advanceTimersByTime(5000));
  expect(asked.length).toBe(1);
  await look(false);
  expect(asked.length).toBe(2);
  await act(async () => root.render(null));
  await look(false);
  expect(asked.length).toBe(2);
});

it("keeps an answer while the same is refused, or the next is asked for", async () => {
  await show("a");
  await last().answer("A");
  await act(async () => seen.reload());
  await last().refuse();
  expect([seen.data, seen.error?.name]).toEqual(["A", "Refused"]);
  await show("b");
  expect([last().of, seen.data, seen.loading]).toEqual(["b", "A", true]);
});

it("shows no answer to something else under a refusal", async () => {
  await show("a");
  await last().answer("A");
  await show("b");
  await last().refuse();
  expect([seen.data, seen.error?.name]).toEqual([undefined, "Refused"]);
});

it("shows nothing of one region while it asks another", async () => {
  await show("a");
  await last().answer("A");
  await act(async () => setNamespace({ region: "eu-west-1" }));
  expect([asked.length, seen.data, seen.loading]).toEqual([2, undefined, true]);
  await last().answer("of the other");
  expect(seen.data).toBe("of the other");
});
