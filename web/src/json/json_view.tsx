// A text that may be JSON, coloured and with folds; what is none is shown as it is. It is always text, never markup.
import { useMemo, useState, type ReactNode } from "react";
import "./json.css";
import { parseJson, type JsonNode } from "./parse";

const SHOWN_MAX = 200; // children of one container before "more"
const OPEN_DEPTH = 4;

function Container({ text, node, depth, name, tail }: { text: string; node: JsonNode; depth: number; name: ReactNode; tail: string }) {
  const children = node.kind === "object" ? node.members : node.kind === "array" ? node.elements : [];
  const [open, setOpen] = useState(depth < OPEN_DEPTH && (depth === 0 || children.length <= 50));
  const [shown, setShown] = useState(SHOWN_MAX);
  const [before, after] = node.kind === "object" ? ["{", "}"] : ["[", "]"];
  const what = node.kind === "object" ? "members" : "elements";
  return (
    <div>
      <button type="button" className="json-fold" aria-expanded={open} aria-label={open ? "Fold" : "Unfold"} onClick={() => setOpen(!open)}>
        {open ? "▾" : "▸"}
      </button>
      {name}
      {before}
      {!open && (
        <button type="button" className="json-more" onClick={() => setOpen(true)}>
          {`${children.length} ${children.length === 1 ? what.slice(0, -1) : what}`}
        </button>
      )}
      {open && (
        <div className="json-inside">
          {children.slice(0, shown).map((child, at) => {
            const comma = at < children.length - 1 ? "," : "";
            return "key" in child ? (
              <Value key={at} text={text} node={child.value} depth={depth + 1} name={<Key text={text} {...child.keyPlace} />} tail={comma} />
            ) : (
              <Value key={at} text={text} node={child} depth={depth + 1} name={null} tail={comma} />
            );
          })}
          {children.length > shown && (
            <button type="button" className="json-more" onClick={() => setShown(shown * 4)}>
              {`${children.length - shown} more`}
            </button>
          )}
        </div>
      )}
      {after}
      {tail}
    </div>
  );
}

function Key({ text, start, end }: { text: string; start: number; end: number }) {
  return (
    <>
      <span className="json-key">{text.slice(start, end)}</span>:{" "}
    </>
  );
}

function Value(props: { text: string; node: JsonNode; depth: number; name: ReactNode; tail: string }) {
  const { text, node, name, tail } = props;
  const empty = (node.kind === "object" && node.members.length === 0) || (node.kind === "array" && node.elements.length === 0);
  if ((node.kind === "object" || node.kind === "array") && !empty) return <Container {...props} />;
  return (
    <div className="json-line">
      {name}
      <span className={`json-${node.kind}`}>{empty ? (node.kind === "object" ? "{}" : "[]") : text.slice(node.start, node.end)}</span>
      {tail}
    </div>
  );
}

export function JsonView({ text, label }: { text: string; label?: string }) {
  const parsed = useMemo(() => parseJson(text), [text]);
  return (
    <div className="json-view" role="group" aria-label={label} tabIndex={0}>
      {"root" in parsed ? <Value key={text} text={text} node={parsed.root} depth={0} name={null} tail="" /> : <div className="json-plain">{text}</div>}
    </div>
  );
}
