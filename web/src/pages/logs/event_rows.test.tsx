import { renderToStaticMarkup } from "react-dom/server";
import { expect, it } from "vitest";
import { highlighted } from "./event_rows";

const shown = (message: string, wanted: string): string => renderToStaticMarkup(<>{highlighted(message, wanted)}</>);

it("marks a text wherever it stands, in any case", () => {
  expect(shown("milk, Milk", "MILK")).toBe("<mark>milk</mark>, <mark>Milk</mark>");
  expect(shown("milk", "tea")).toBe("milk");
  expect(shown("milk", "")).toBe("milk");
});

it("marks the text, not what stands beside it, after letters that grow when they are small", () => {
  expect(shown("\u0130\u0130 has no milk today", "Milk")).toBe("\u0130\u0130 has no <mark>milk</mark> today");
});

it("takes no text for a pattern", () => {
  for (const text of ["a.c", "a|b", "[x]-{y}", "(", "\\d", "^$", "a/b"]) expect(shown(`abc ${text}`, text)).toContain(`<mark>${text}</mark>`);
  expect(shown("abc", "a.c")).toBe("abc");
});
