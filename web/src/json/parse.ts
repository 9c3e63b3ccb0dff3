// JSON as a tree of places in its text, so that numbers keep their digits and a problem can be shown where it is.

interface Place {
  readonly start: number;
  readonly end: number; // one past the last character
}
export interface Scalar extends Place {
  readonly kind: "string" | "number" | "word";
}
export interface Member {
  readonly key: string;
  readonly keyPlace: Place;
  readonly value: JsonNode;
}
export interface JsonObject extends Place {
  readonly kind: "object";
  readonly members: readonly Member[];
}
export interface JsonArray extends Place {
  readonly kind: "array";
  readonly elements: readonly JsonNode[];
}
export type JsonNode = Scalar | JsonObject | JsonArray;

export type Parsed = { readonly root: JsonNode } | { readonly problem: string; readonly at: number };

const DEPTH_MAX = 1000;
const space = /[ \t\r\n]*/y;
// eslint-disable-next-line no-control-regex -- JSON has no control characters in strings
const scalar = /"(?:[^"\\\u0000-\u001f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*"|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null/y;

class Problem extends Error {
  constructor(
    message: string,
    readonly at: number,
  ) {
    super(message);
  }
}

class Reader {
  at = 0;
  constructor(readonly text: string) {}

  skip(): void {
    space.lastIndex = this.at;
    this.at += space.exec(this.text)?.[0].length ?? 0;
  }
  expected(what: string): Problem {
    return new Problem(this.at < this.text.length ? `${what} expected here` : `${what} expected, and the text ends`, this.at);
  }
  // The scalar that stands here.
  scalar(): Scalar {
    scalar.lastIndex = this.at;
    const found = scalar.exec(this.text)?.[0];
    if (!found) throw this.expected("A JSON value");
    const start = this.at;
    this.at += found.length;
    return { kind: found.startsWith('"') ? "string" : /^[tfn]/.test(found) ? "word" : "number", start, end: this.at };
  }
  value(depth: number): JsonNode {
    this.skip();
    const first = this.text[this.at];
    if (first !== "{" && first !== "[") return this.scalar();
    if (depth >= DEPTH_MAX) throw new Problem(`Deeper than ${DEPTH_MAX} levels`, this.at);
    const start = this.at++;
    if (first === "{") return { kind: "object", start, members: this.list("}", () => this.member(depth)), end: this.at };
    return { kind: "array", start, elements: this.list("]", () => this.value(depth + 1)), end: this.at };
  }
  member(depth: number): Member {
    this.skip();
    if (this.text[this.at] !== '"') throw this.expected('A name in "quotes"');
    const { start, end } = this.scalar();
    this.skip();
    if (this.text[this.at] !== ":") throw this.expected("A colon");
    this.at++;
    return { key: String(JSON.parse(this.text.slice(start, end))), keyPlace: { start, end }, value: this.value(depth + 1) };
  }
  list<Element>(close: string, next: () => Element): Element[] {
    const found: Element[] = [];
    this.skip();
    while (this.text[this.at] !== close) {
      if (found.length > 0) {
        if (this.text[this.at] !== ",") throw this.expected(`A comma or ${close}`);
        this.at++;
      }
      found.push(next());
      this.skip();
    }
    this.at++;
    return found;
  }
}

export function parseJson(text: string): Parsed {
  const reader = new Reader(text);
  try {
    const root = reader.value(0);
    reader.skip();
    if (reader.at < text.length) throw new Problem("Nothing more expected here", reader.at);
    return { root };
  } catch (error) {
    if (error instanceof Problem) return { problem: error.message, at: error.at };
    throw error;
  }
}

// The place that a JSON pointer leads to, or the nearest one above it.
export function placeOfPointer(root: JsonNode, pointer: string): Place {
  let node = root;
  for (const part of pointer.split("/").slice(1)) {
    const name = part.replace(/~1/g, "/").replace(/~0/g, "~");
    const next: JsonNode | undefined =
      node.kind === "object"
        ? node.members.find((member) => member.key === name)?.value
        : node.kind === "array"
          ? node.elements[Number(name)]
          : undefined;
    if (!next) break;
    node = next;
  }
  return node;
}

export function lineOf(text: string, at: number): number {
  let line = 1;
  for (let next = text.indexOf("\n"); next >= 0 && next < at; next = text.indexOf("\n", next + 1)) line++;
  return line;
}

// What is wrong with the text, for people.
export function jsonProblem(text: string, kind?: "object"): { text: string; at: number } | undefined {
  const parsed = parseJson(text);
  if ("problem" in parsed) return { text: `Line ${lineOf(text, parsed.at)}: ${parsed.problem}`, at: parsed.at };
  if (kind && parsed.root.kind !== kind) return { text: "It is a JSON object: {...}", at: parsed.root.start };
  return undefined;
}

// The same JSON with a member a line; every scalar as it was written. What is no JSON stays as it is.
export function prettyJson(text: string): string {
  const parsed = parseJson(text);
  if (!("root" in parsed)) return text;
  const write = (node: JsonNode, indent: string): string => {
    const inner = `${indent}  `;
    if (node.kind === "object")
      return node.members.length
        ? `{\n${node.members.map(({ keyPlace, value }) => `${inner}${text.slice(keyPlace.start, keyPlace.end)}: ${write(value, inner)}`).join(",\n")}\n${indent}}`
        : "{}";
    if (node.kind === "array")
      return node.elements.length ? `[\n${node.elements.map((one) => inner + write(one, inner)).join(",\n")}\n${indent}]` : "[]";
    return text.slice(node.start, node.end);
  };
  return write(parsed.root, "");
}
