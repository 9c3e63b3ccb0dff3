// The text of a query: its parts, to be coloured, and the place where the server says that it is wrong.
import { ApiError } from "../../api/client";
import { lineOf } from "../../json/parse";

export type PartKind = "comment" | "text" | "regex" | "number" | "command" | "word" | "function" | "field" | "plain";

export interface Part {
  readonly kind: PartKind;
  readonly start: number;
  readonly end: number;
}

const commands = new Set("fields display filter where stats sort limit head parse dedup unnest pattern".split(" "));
const words = new Set("as by and or not in like asc desc into".split(" "));
const token = /(#[^\n]*)|("(?:[^"\\]|\\.)*"?|'(?:[^'\\]|\\.)*'?)|(`[^`]*`?)|(\d[\w.]*)|([@$A-Za-z_][\w.@$]*)|(\/(?:[^/\\\n]|\\.)+\/)|(\|)/g;

function kindOfWord(text: string, word: string, end: number, begins: boolean): PartKind {
  const low = word.toLowerCase();
  if (begins && commands.has(low)) return "command";
  if (words.has(low)) return "word";
  return /^\s*\(/.test(text.slice(end)) ? "function" : "field";
}

// All of the text, part by part.
export function partsOf(text: string): Part[] {
  const parts: Part[] = [];
  let at = 0;
  let begins = true; // a command is expected
  let operand = false; // what came last may be divided, so that a slash is no regular expression
  const add = (kind: PartKind, start: number, end: number): void => {
    if (start > at) parts.push({ kind: "plain", start: at, end: start });
    parts.push({ kind, start, end });
    at = end;
  };
  const search = new RegExp(token);
  for (let found = search.exec(text); found; found = search.exec(text)) {
    const [whole, comment, string, quoted, number, word, regex, pipe] = found;
    const [start, end] = [found.index, found.index + whole.length];
    if (regex !== undefined && operand) {
      search.lastIndex = start + 1;
      operand = false;
      continue;
    }
    if (comment !== undefined) {
      add("comment", start, end);
      continue;
    }
    if (string !== undefined) add("text", start, end);
    else if (quoted !== undefined) add("field", start, end);
    else if (number !== undefined) add("number", start, end);
    else if (word !== undefined) add(kindOfWord(text, word, end, begins), start, end);
    else if (regex !== undefined) add("regex", start, end);
    operand = number !== undefined || quoted !== undefined || (word !== undefined && parts[parts.length - 1]?.kind === "field");
    begins = pipe !== undefined;
  }
  if (at < text.length) parts.push({ kind: "plain", start: at, end: text.length });
  return parts;
}

export interface Wrong {
  readonly start: number;
  readonly end: number;
  readonly line: number; // both from 1
  readonly character: number;
}

// What MalformedQueryException says of the place, in the text that was sent.
export function wrongPlace(error: unknown, text: string): Wrong | undefined {
  if (!(error instanceof ApiError)) return undefined;
  const compile = error.members["queryCompileError"] as { location?: { startCharOffset?: number; endCharOffset?: number } } | undefined;
  const start = compile?.location?.startCharOffset;
  if (start === undefined) return undefined;
  const end = Math.max(compile?.location?.endCharOffset ?? start, start + 1);
  return { start, end, line: lineOf(text, start), character: start - text.lastIndexOf("\n", start - 1) };
}
