// A text field for JSON, or another language that brings its colours: line numbers, and marks at the places of problems.
import { forwardRef, useImperativeHandle, useMemo, useRef, type ReactNode } from "react";
import "./json.css";
import { lineOf } from "./parse";

export interface Mark {
  readonly start: number;
  readonly end: number;
  readonly severity: "error" | "warning";
}

export interface JsonEditorHandle {
  select(start: number, end: number): void;
}

const COLOURED_MAX = 100_000; // characters; what is longer is edited without colours
const token = /("(?:[^"\\\n]|\\.)*"?)(\s*:)?|-?\d[\d.eE+-]*|\b(?:true|false|null)\b/g;

function classOf(text: string, isKey: boolean): string {
  if (text.startsWith('"')) return isKey ? "json-key" : "json-string";
  return /^[tfn]/.test(text) ? "json-word" : "json-number";
}

function coloured(text: string): ReactNode[] {
  const parts: ReactNode[] = [];
  let at = 0;
  for (const found of text.matchAll(token)) {
    const shown = found[1] ?? found[0];
    parts.push(text.slice(at, found.index));
    parts.push(
      <span key={found.index} className={classOf(shown, found[2] !== undefined)}>
        {shown}
      </span>,
    );
    at = found.index + shown.length;
  }
  parts.push(text.slice(at));
  return parts;
}

export const JsonEditor = forwardRef<
  JsonEditorHandle,
  {
    value: string;
    onChange: (value: string) => void;
    label: string;
    marks?: readonly Mark[];
    height?: string;
    colours?: (text: string) => ReactNode[]; // all of the text, in its parts
  }
>(function JsonEditor({ value, onChange, label, marks = [], height = "60vh", colours = coloured }, handle) {
  const field = useRef<HTMLTextAreaElement>(null);
  useImperativeHandle(handle, () => ({
    select: (start, end) => {
      const area = field.current;
      if (!area) return;
      area.focus();
      area.setSelectionRange(start, end);
      const frame = area.closest(".json-editor");
      const lines = area.value.split("\n").length;
      if (frame) frame.scrollTop = (area.scrollHeight * (lineOf(area.value, start) - 1)) / lines - frame.clientHeight / 3;
    },
  }));
  const short = value.length <= COLOURED_MAX;
  const sheet = useMemo(() => [short ? colours(value) : value, "\n"], [value, short, colours]);
  const lines = useMemo(() => {
    const severities = new Map<number, string>();
    for (const { start, severity } of marks) {
      const line = lineOf(value, start);
      if (severities.get(line) !== "error") severities.set(line, severity);
    }
    const count = value.split("\n").length;
    return Array.from({ length: count }, (_, at) => (
      <div key={at} className="json-number-line">
        {severities.has(at + 1) ? <span className={`json-${severities.get(at + 1)}`}>{at + 1}</span> : at + 1}
      </div>
    ));
  }, [value, marks]);
  return (
    <div className="json-editor" style={{ maxHeight: height, minHeight: `min(${height}, 12em)` }}>
      <div className="json-gutter" aria-hidden>
        {lines}
      </div>
      <div className={short ? "json-sheet" : "json-sheet json-plain-sheet"}>
        <pre aria-hidden style={short ? undefined : { visibility: "hidden" }}>
          {sheet}
        </pre>
        <textarea
          ref={field}
          aria-label={label}
          value={value}
          spellCheck={false}
          autoComplete="off"
          autoCapitalize="off"
          wrap="off"
          onChange={(event) => onChange(event.target.value)}
        />
      </div>
    </div>
  );
});
