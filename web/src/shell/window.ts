// Which rows of a long list are drawn, and which columns of a wide one: those in sight and some around. Rows have one
// height, opened ones another; columns have widths of their own.
export interface Heights {
  readonly row: number;
  readonly open: number; // more, for a row that is open
}

export interface Shown {
  readonly first: number;
  readonly end: number; // one past the last
  readonly before: number; // pixels above the first
  readonly total: number; // pixels of all
}

const AROUND = 5;

// `open`: the places of open rows, ascending.
export function shownRows(count: number, open: readonly number[], heights: Heights, scrolled: number, visible: number): Shown {
  const top = (row: number): number => row * heights.row + open.filter((at) => at < row).length * heights.open;
  // The row at a height: without opened ones first, then as many fewer as there are opened ones above.
  const rowAt = (pixels: number): number => {
    let row = Math.floor(pixels / heights.row);
    for (const at of open) {
      const over = top(at) + heights.row;
      if (over >= pixels) break;
      row = pixels < over + heights.open ? at : Math.floor((pixels - heights.open * (open.indexOf(at) + 1)) / heights.row);
    }
    return row;
  };
  const first = Math.min(Math.max(0, rowAt(scrolled) - AROUND), Math.max(0, count - 1));
  const end = Math.min(count, Math.max(first, rowAt(scrolled + visible)) + 1 + AROUND);
  return { first, end, before: top(first), total: top(count) };
}

export interface ShownColumns {
  readonly first: number;
  readonly end: number; // one past the last
  readonly before: number; // pixels of those to the left
  readonly after: number; // and to the right
}

export function shownColumns(widths: readonly number[], scrolled: number, visible: number): ShownColumns {
  let [first, before, after] = [0, 0, 0];
  let end = widths.length;
  while (first < end && before + (widths[first] ?? 0) <= scrolled) before += widths[first++] ?? 0;
  let right = before;
  for (let at = first; at < widths.length; at++) {
    if (right > scrolled + visible) {
      end = at;
      break;
    }
    right += widths[at] ?? 0;
  }
  for (let at = end; at < widths.length; at++) after += widths[at] ?? 0;
  return { first, end, before, after };
}
