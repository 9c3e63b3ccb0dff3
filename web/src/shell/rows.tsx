// A long table of which only what is in sight is drawn; rows open to show more. When all columns are so many pixels wide
// it scrolls sideways too, and of the columns only those in sight are drawn.
import { useLayoutEffect, useRef, useState, type ReactNode } from "react";
import "./rows.css";
import { shownColumns, shownRows } from "./window";

export interface RowColumn<Item> {
  readonly id: string;
  readonly header: string;
  readonly width: string | number; // of a grid: "80px", "1fr"; or pixels
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
  readonly openHeight?: number; // more, for a row that is open
  readonly marked?: (item: Item) => boolean;
  readonly follow?: boolean; // stay at the end
}

const ROW = 34;
const TOGGLE = 24;
const GAP = 12; // between columns

interface Scrolled {
  readonly top: number;
  readonly left: number;
  readonly width: number; // of what is in sight
}

// The columns that are drawn, and the grid that they stand in.
function gridOf<Item>(columns: readonly RowColumn<Item>[], { left, width }: Scrolled) {
  const pixels = columns.map((column) => (typeof column.width === "number" ? column.width + GAP : NaN));
  if (pixels.some(Number.isNaN)) return { shown: columns, first: 0, width: undefined, grid: { gridTemplateColumns: `${TOGGLE}px ${columns.map((column) => column.width).join(" ")}` } };
  const { first, end, before, after } = shownColumns(pixels, left, width);
  const shown = columns.slice(first, end);
  const widths = shown.map((column, at) => (first + at === columns.length - 1 ? `minmax(${column.width}px, 1fr)` : `${column.width}px`));
  const whole = pixels.reduce((sum, one) => sum + one, TOGGLE + 2 * GAP);
  return { shown, first, width: whole, grid: { gridTemplateColumns: `${TOGGLE + before}px ${widths.join(" ")}`, paddingRight: GAP + after } };
}

function Line<Item>({ item, isOpen, columns, first, toggle, grid }: {
  item: Item;
  isOpen: boolean;
  columns: readonly RowColumn<Item>[];
  first: number;
  toggle: () => void;
  grid: object;
}) {
  return (
    <div className="rows-line" style={{ ...grid, height: ROW - 1 }} onClick={toggle}>
      <span role="cell">
        <button
          type="button"
          className="rows-toggle"
          aria-expanded={isOpen}
          aria-label={isOpen ? "Close" : "Open"}
          onClick={(event) => {
            event.stopPropagation();
            toggle();
          }}
        >
          {isOpen ? "▾" : "▸"}
        </button>
      </span>
      {columns.map(({ id, cell }, at) => (
        <span key={id} role="cell" aria-colindex={first + at + 2}>
          {cell(item)}
        </span>
      ))}
    </div>
  );
}

export function Rows<Item>({ label, items, keyOf, columns, open, onToggle, inside, empty, height = 560, openHeight = 330, marked, follow = false }: RowsProps<Item>) {
  const body = useRef<HTMLDivElement>(null);
  const [scrolled, setScrolled] = useState<Scrolled>({ top: 0, left: 0, width: 1600 });
  const openAt = open.size === 0 ? [] : items.flatMap((item, at) => (open.has(keyOf(item)) ? [at] : []));
  const shown = shownRows(items.length, openAt, { row: ROW, open: openHeight }, scrolled.top, height);
  const { shown: drawn, first, width, grid } = gridOf(columns, scrolled);
  const look = (frame: HTMLDivElement): void => setScrolled({ top: frame.scrollTop, left: frame.scrollLeft, width: frame.clientWidth });
  useLayoutEffect(() => {
    const frame = body.current;
    if (!frame) return;
    if (follow) frame.scrollTop = frame.scrollHeight;
    look(frame);
  }, [follow, items.length]);
  return (
    <div className="rows" role="table" aria-label={label} aria-rowcount={items.length + 1} aria-colcount={columns.length + 1}>
      <div ref={body} className="rows-body" style={{ maxHeight: height }} onScroll={(event) => look(event.currentTarget)}>
        <div className="rows-sheet" style={{ width }}>
          <div className="rows-head" role="row" style={grid}>
            <span role="columnheader" aria-label="Open" />
            {drawn.map(({ id, header }, at) => (
              <span key={id} role="columnheader" aria-colindex={first + at + 2} title={header}>
                {header}
              </span>
            ))}
          </div>
          {items.length === 0 && <div className="rows-empty">{empty}</div>}
          <div style={{ height: shown.total, paddingTop: shown.before, boxSizing: "border-box" }} role="rowgroup">
            {items.slice(shown.first, shown.end).map((item, at) => {
              const key = keyOf(item);
              const isOpen = open.has(key);
              return (
                <div key={key} className={marked?.(item) ? "rows-row rows-marked" : "rows-row"} role="row" aria-rowindex={shown.first + at + 2}>
                  <Line item={item} isOpen={isOpen} columns={drawn} first={first} toggle={() => onToggle(key)} grid={grid} />
                  {isOpen && (
                    <div className="rows-inside" role="cell" style={{ height: openHeight, maxWidth: scrolled.width }}>
                      {inside(item)}
                    </div>
                  )}
                </div>
              );
            })}
          </div>
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
