// A long table of which only what is in sight is drawn; rows open to show more.
import { useLayoutEffect, useRef, useState, type ReactNode } from "react";
import "./rows.css";
import { shownRows } from "./window";

export interface RowColumn<Item> {
  readonly id: string;
  readonly header: string;
  readonly width: string; // of a grid: "80px", "1fr"
  readonly cell: (item: Item) => ReactNode;
}

export interface RowsProps<Item> {
  readonly label: string;
  readonly items: readonly Item[];
  readonly keyOf: (item: Item) => string | number;
  readonly columns: readonly RowColumn<Item>[];
  readonly open: ReadonlySet<string | number>;
  readonly onToggle: (key: string | number) => void;
  readonly inside: (item: Item) => ReactNode;
  readonly empty: ReactNode;
  readonly height?: number;
  readonly marked?: (item: Item) => boolean;
  readonly follow?: boolean; // stay at the end
}

const ROW = 34;
const OPEN = 330;

export function Rows<Item>({ label, items, keyOf, columns, open, onToggle, inside, empty, height = 560, marked, follow = false }: RowsProps<Item>) {
  const body = useRef<HTMLDivElement>(null);
  const [scrolled, setScrolled] = useState(0);
  const openAt = open.size === 0 ? [] : items.flatMap((item, at) => (open.has(keyOf(item)) ? [at] : []));
  const shown = shownRows(items.length, openAt, { row: ROW, open: OPEN }, scrolled, height);
  const grid = { gridTemplateColumns: `24px ${columns.map(({ width }) => width).join(" ")}` };
  useLayoutEffect(() => {
    const frame = body.current;
    if (!frame) return;
    if (follow) frame.scrollTop = frame.scrollHeight;
    setScrolled(frame.scrollTop);
  }, [follow, items.length]);
  return (
    <div className="rows" role="table" aria-label={label} aria-rowcount={items.length + 1}>
      <div className="rows-head" role="row" style={grid}>
        <span role="columnheader" aria-label="Open" />
        {columns.map(({ id, header }) => (
          <span key={id} role="columnheader">
            {header}
          </span>
        ))}
      </div>
      {items.length === 0 && <div className="rows-empty">{empty}</div>}
      <div ref={body} className="rows-body" style={{ maxHeight: height }} role="rowgroup" tabIndex={-1} onScroll={(event) => setScrolled(event.currentTarget.scrollTop)}>
        <div style={{ height: shown.total, paddingTop: shown.before, boxSizing: "border-box" }}>
          {items.slice(shown.first, shown.end).map((item, at) => {
            const key = keyOf(item);
            const isOpen = open.has(key);
            return (
              <div key={key} className={marked?.(item) ? "rows-row rows-marked" : "rows-row"} role="row" aria-rowindex={shown.first + at + 2}>
                <div className="rows-line" style={{ ...grid, height: ROW - 1 }} onClick={() => onToggle(key)}>
                  <span role="cell">
                    <button
                      type="button"
                      className="rows-toggle"
                      aria-expanded={isOpen}
                      aria-label={isOpen ? "Close" : "Open"}
                      onClick={(event) => {
                        event.stopPropagation();
                        onToggle(key);
                      }}
                    >
                      {isOpen ? "▾" : "▸"}
                    </button>
                  </span>
                  {columns.map(({ id, cell }) => (
                    <span key={id} role="cell">
                      {cell(item)}
                    </span>
                  ))}
                </div>
                {isOpen && (
                  <div className="rows-inside" role="cell" style={{ height: OPEN }}>
                    {inside(item)}
                  </div>
                )}
              </div>
            );
          })}
        </div>
      </div>
    </div>
  );
}

// Which rows are open.
export function useOpenRows(first: readonly (string | number)[] = []): [ReadonlySet<string | number>, (key: string | number) => void] {
  const [open, setOpen] = useState<ReadonlySet<string | number>>(() => new Set(first));
  const toggle = (key: string | number): void =>
    setOpen((before) => {
      const next = new Set(before);
      if (!next.delete(key)) next.add(key);
      return next;
    });
  return [open, toggle];
}
