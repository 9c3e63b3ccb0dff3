// The field that a query is typed into, coloured, with the place marked where the server says that it is wrong.
import { useCallback, useRef, type ReactNode } from "react";
import Button from "@cloudscape-design/components/button";
import { JsonEditor, type JsonEditorHandle } from "../../json/json_editor";
import "./insights.css";
import { partsOf, type Wrong } from "./query_text";

function coloured(text: string): ReactNode[] {
  return partsOf(text).map(({ kind, start, end }) => (
    <span key={start} className={`query-${kind}`}>
      {text.slice(start, end)}
    </span>
  ));
}

export function QueryEditor({ value, onChange, wrong }: { value: string; onChange: (value: string) => void; wrong: Wrong | undefined }) {
  const editor = useRef<JsonEditorHandle>(null);
  const show = useCallback(() => wrong && editor.current?.select(wrong.start, wrong.end), [wrong]);
  return (
    <>
      <JsonEditor ref={editor} label="Query" value={value} onChange={onChange} colours={coloured} marks={wrong ? [{ ...wrong, severity: "error" }] : []} height="18em" />
      {wrong && (
        <div className="query-wrong" role="status" aria-label="Place of the error">
          <Button variant="inline-link" formAction="none" onClick={show}>
            {`Line ${wrong.line}, character ${wrong.character}`}
          </Button>{" "}
          <code>
            {value.slice(Math.max(0, wrong.start - 40), wrong.start)}
            <mark>{value.slice(wrong.start, wrong.end) || "\u00a0"}</mark>
            {value.slice(wrong.end, wrong.end + 40)}
          </code>
        </div>
      )}
    </>
  );
}
