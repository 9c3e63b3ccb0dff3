// Where the states of a flow stand: layers from top to bottom, few crossings, edges around what they pass.
//
// 1. Edges that lead back are turned around, so that the rest has no circles; a state's layer is the longest way to it.
// 2. An edge that passes layers has a point in each, which takes part in all that follows like a state.
// 3. Each layer is ordered by where its neighbours stand, from both sides in turn; the order with the fewest crossings stays.
// 4. Each one moves as close to the middle of its neighbours as the others of its layer allow.
// A state with flows inside is laid out first and is then a box of their size.
import type { EdgeKind, Flow, FlowState } from "./flow";

export interface Point {
  readonly x: number;
  readonly y: number;
}
export interface Box extends Point {
  readonly width: number;
  readonly height: number;
}
export interface PlacedNode extends Box {
  readonly name: string; // START and END too
  readonly state: FlowState | undefined;
  readonly inside: readonly (Box & { readonly layout: Layout })[];
}
export interface PlacedEdge {
  readonly from: string;
  readonly to: string;
  readonly kind: EdgeKind;
  readonly label?: string;
  readonly points: readonly Point[];
}
export interface Layout {
  readonly width: number;
  readonly height: number;
  readonly nodes: readonly PlacedNode[];
  readonly edges: readonly PlacedEdge[];
}

export const START = "\u0000start";
export const END = "\u0000end";
export const HEADER = 44; // of a box with flows inside

const GAP_X = 28;
const GAP_Y = 44;
const PAD = 16;
const NODE_HEIGHT = 48;
const rounds = (segments: number): number => (segments > 5000 ? 2 : 12);
const COUNTED_MAX = 2000; // edges; beyond it crossings are not counted

interface Vertex {
  readonly id: string;
  readonly width: number;
  readonly height: number;
  rank: number;
  x: number; // of its middle
}
interface Link {
  readonly from: string;
  readonly to: string;
  readonly kind: EdgeKind;
  readonly label?: string;
}

const widthOf = (name: string): number => Math.min(300, Math.max(130, name.length * 8.6 + 52));

function linksOf(flow: Flow, top: boolean): Link[] {
  const links: Link[] = [];
  if (top && flow.states.has(flow.startAt)) links.push({ from: START, to: flow.startAt, kind: "next" });
  for (const state of flow.states.values()) {
    const seen = new Map<string, number>();
    for (const edge of state.edges) {
      if (!flow.states.has(edge.to)) continue;
      const before = seen.get(edge.to);
      if (before === undefined) seen.set(edge.to, links.push({ from: state.name, ...edge }) - 1);
      else {
        const link = links[before];
        if (link?.label && edge.label) links[before] = { ...link, label: `${link.label}; ${edge.label}` };
      }
    }
    if (top && state.ends) links.push({ from: state.name, to: END, kind: "next" });
  }
  return links;
}

// The links that close a circle, as a walk from the start meets them.
function backLinks(order: readonly string[], links: readonly Link[]): Set<Link> {
  const out = new Map<string, Link[]>();
  for (const link of links) out.set(link.from, [...(out.get(link.from) ?? []), link]);
  const back = new Set<Link>();
  const state = new Map<string, "open" | "done">();
  for (const root of order) {
    if (state.has(root)) continue;
    const stack: { id: string; next: number }[] = [{ id: root, next: 0 }];
    state.set(root, "open");
    for (let top = stack[stack.length - 1]; top; top = stack[stack.length - 1]) {
      const link = out.get(top.id)?.[top.next++];
      if (!link) {
        state.set(top.id, "done");
        stack.pop();
      } else if (state.get(link.to) === "open") back.add(link);
      else if (!state.has(link.to)) {
        state.set(link.to, "open");
        stack.push({ id: link.to, next: 0 });
      }
    }
  }
  return back;
}

function rank(vertices: Map<string, Vertex>, down: readonly (readonly [string, string])[]): void {
  const waiting = new Map<string, number>();
  const out = new Map<string, string[]>();
  for (const [from, to] of down) {
    waiting.set(to, (waiting.get(to) ?? 0) + 1);
    out.set(from, [...(out.get(from) ?? []), to]);
  }
  const ready = [...vertices.keys()].filter((id) => !waiting.has(id));
  for (let id = ready.shift(); id !== undefined; id = ready.shift()) {
    const from = vertices.get(id);
    for (const next of out.get(id) ?? []) {
      const to = vertices.get(next);
      if (from && to) to.rank = Math.max(to.rank, from.rank + 1);
      const left = (waiting.get(next) ?? 0) - 1;
      waiting.set(next, left);
      if (left === 0) ready.push(next);
    }
  }
}

function crossings(upper: readonly string[], lower: readonly string[], near: Neighbours): number {
  const below = new Map(lower.map((id, at) => [id, at]));
  const pairs = upper.flatMap((id, at) => (near.down.get(id) ?? []).map((to) => [at, below.get(to) ?? 0] as const));
  let count = 0;
  for (const [at, one] of pairs.entries()) for (const other of pairs.slice(at + 1)) if ((one[0] - other[0]) * (one[1] - other[1]) < 0) count++;
  return count;
}

type Neighbours = { up: Map<string, string[]>; down: Map<string, string[]> };

function neighboursOf(segments: readonly (readonly [string, string])[]): Neighbours {
  const up = new Map<string, string[]>();
  const down = new Map<string, string[]>();
  for (const [from, to] of segments) {
    down.set(from, [...(down.get(from) ?? []), to]);
    up.set(to, [...(up.get(to) ?? []), from]);
  }
  return { up, down };
}

function order(layers: string[][], segments: readonly (readonly [string, string])[], near: Neighbours): string[][] {
  const count = (all: string[][]): number =>
    segments.length > COUNTED_MAX ? 0 : all.slice(1).reduce((sum, layer, at) => sum + crossings(all[at] ?? [], layer, near), 0);
  let now = layers;
  let best = layers;
  let fewest = count(layers);
  for (let round = 0; round < rounds(segments.length) && (fewest > 0 || segments.length > COUNTED_MAX); round++) {
    const downwards = round % 2 === 0;
    const next = now.map((layer) => [...layer]);
    const steps = downwards ? next.keys() : [...next.keys()].reverse();
    for (const at of steps) {
      const fixed = new Map((next[downwards ? at - 1 : at + 1] ?? []).map((id, place) => [id, place]));
      if (fixed.size === 0) continue;
      const weight = new Map(
        (next[at] ?? []).map((id, place) => {
          const places = ((downwards ? near.up : near.down).get(id) ?? []).flatMap((other) => fixed.get(other) ?? []);
          return [id, places.length ? places.reduce((a, b) => a + b, 0) / places.length : place];
        }),
      );
      next[at]?.sort((a, b) => (weight.get(a) ?? 0) - (weight.get(b) ?? 0));
    }
    now = next;
    const found = count(now);
    if (found < fewest || segments.length > COUNTED_MAX) [best, fewest] = [now, found];
  }
  return best;
}

// The places closest to what is wished for, with the distances that are needed: neighbours that would overlap move as one.
export function settle(wished: readonly number[], distances: readonly number[]): number[] {
  const offsets = [0];
  for (const [at, distance] of distances.entries()) offsets.push((offsets[at] ?? 0) + distance);
  const blocks: { sum: number; count: number }[] = [];
  for (const [at, wish] of wished.entries()) {
    blocks.push({ sum: wish - (offsets[at] ?? 0), count: 1 });
    for (;;) {
      const last = blocks[blocks.length - 1];
      const before = blocks[blocks.length - 2];
      if (!last || !before || before.sum / before.count <= last.sum / last.count) break;
      blocks.splice(-2, 2, { sum: before.sum + last.sum, count: before.count + last.count });
    }
  }
  return blocks.flatMap(({ sum, count }) => Array.from({ length: count }, () => sum / count)).map((x, at) => x + (offsets[at] ?? 0));
}

function align(layers: readonly (readonly Vertex[])[], vertices: ReadonlyMap<string, Vertex>, near: Neighbours): void {
  const distance = (a: Vertex, b: Vertex): number => (a.width + b.width) / 2 + GAP_X;
  for (const layer of layers) {
    let x = 0;
    for (const [at, vertex] of layer.entries()) {
      const before = layer[at - 1];
      x = before ? before.x + distance(before, vertex) : 0;
      vertex.x = x;
    }
    for (const vertex of layer) vertex.x -= x / 2;
  }
  const middle = (ids: readonly string[]): number | undefined => {
    const xs = ids.flatMap((id) => vertices.get(id)?.x ?? []);
    return xs.length ? xs.reduce((a, b) => a + b, 0) / xs.length : undefined;
  };
  for (let round = 0; round < rounds(vertices.size); round++) {
    const downwards = round % 2 === 0;
    for (const layer of downwards ? layers : [...layers].reverse()) {
      const wished = layer.map((vertex) => {
        const first = downwards ? near.up : near.down;
        const second = downwards ? near.down : near.up;
        return middle(first.get(vertex.id) ?? []) ?? middle(second.get(vertex.id) ?? []) ?? vertex.x;
      });
      const settled = settle(wished, layer.slice(1).map((vertex, at) => distance(layer[at] ?? vertex, vertex)));
      for (const [at, vertex] of layer.entries()) vertex.x = settled[at] ?? vertex.x;
    }
  }
}

function insideOf(state: FlowState): { boxes: (Box & { layout: Layout })[]; width: number; height: number } {
  let x = PAD;
  const boxes = state.inside.map((flow) => {
    const layout = layoutFlow(flow, false);
    const box = { x, y: HEADER, width: layout.width, height: layout.height, layout };
    x += layout.width + PAD;
    return box;
  });
  const height = Math.max(0, ...boxes.map((box) => box.height));
  return { boxes, width: x, height: HEADER + height + PAD };
}

export function layoutFlow(flow: Flow, top = true): Layout {
  const links = linksOf(flow, top);
  const vertices = new Map<string, Vertex>();
  const inside = new Map<string, PlacedNode["inside"]>();
  const add = (id: string, width: number, height: number, at = 0): void => void vertices.set(id, { id, width, height, rank: at, x: 0 });
  if (top) add(START, 64, 32);
  const first = flow.states.get(flow.startAt);
  const states = [...(first ? [first] : []), ...[...flow.states.values()].filter((state) => state !== first)];
  for (const state of states) {
    const { boxes, width, height } = insideOf(state);
    inside.set(state.name, boxes);
    if (boxes.length) add(state.name, Math.max(width, widthOf(state.name)), height);
    else add(state.name, widthOf(state.name), NODE_HEIGHT);
  }
  if (top) add(END, 64, 32);

  const loops = links.filter(({ from, to }) => from === to);
  const straight = links.filter(({ from, to }) => from !== to);
  const back = backLinks([...vertices.keys()], straight);
  const down = (link: Link): readonly [string, string] => (back.has(link) ? [link.to, link.from] : [link.from, link.to]);
  rank(vertices, straight.map(down));

  // What a link passes, from top to bottom.
  const chains = straight.map((link, number) => {
    const [upper, lower] = down(link);
    const chain = [upper];
    for (let at = (vertices.get(upper)?.rank ?? 0) + 1; at < (vertices.get(lower)?.rank ?? 0); at++) {
      const id = `\u0000${number}/${at}`;
      add(id, 12, 0, at);
      chain.push(id);
    }
    return [...chain, lower];
  });
  const segments = chains.flatMap((chain) => chain.slice(1).map((to, at) => [chain[at] ?? to, to] as const));
  const near = neighboursOf(segments);
  const layerIds: string[][] = [];
  for (const vertex of vertices.values()) (layerIds[vertex.rank] ??= []).push(vertex.id);
  const layers = order(layerIds, segments, near).map((layer) => layer.flatMap((id) => vertices.get(id) ?? []));
  align(layers, vertices, near);
  return placed(flow, layers, vertices, inside, straight, chains, back, loops);
}

function placed(
  flow: Flow,
  layers: readonly (readonly Vertex[])[],
  vertices: ReadonlyMap<string, Vertex>,
  inside: ReadonlyMap<string, PlacedNode["inside"]>,
  links: readonly Link[],
  chains: readonly (readonly string[])[],
  back: ReadonlySet<Link>,
  loops: readonly Link[],
): Layout {
  const all = [...vertices.values()];
  const left = Math.min(0, ...all.map((vertex) => vertex.x - vertex.width / 2));
  const right = Math.max(0, ...all.map((vertex) => vertex.x + vertex.width / 2)) + (loops.length ? 24 : 0);
  const tops: number[] = [];
  let y = PAD;
  const heights = layers.map((layer) => Math.max(0, ...layer.map((vertex) => vertex.height)));
  for (const height of heights) {
    tops.push(y);
    y += height + GAP_Y;
  }
  const x = (vertex: Vertex): number => vertex.x - left + PAD;
  const box = (vertex: Vertex): Box => ({
    x: x(vertex) - vertex.width / 2,
    y: (tops[vertex.rank] ?? 0) + ((heights[vertex.rank] ?? 0) - vertex.height) / 2,
    width: vertex.width,
    height: vertex.height,
  });
  const nodes = all
    .filter(({ id }) => !id.startsWith("\u0000") || id === START || id === END)
    .map((vertex) => ({ name: vertex.id, state: flow.states.get(vertex.id), inside: inside.get(vertex.id) ?? [], ...box(vertex) }));
  const edges = links.map((link, at): PlacedEdge => {
    const chain = (chains[at] ?? []).flatMap((id) => vertices.get(id) ?? []);
    const points = chain.flatMap((vertex, place): Point[] => {
      const { y: upper, height } = box(vertex);
      const side = back.has(link) ? vertex.width / 4 : 0; // what leads back stands beside what leads there
      if (place === 0) return [{ x: x(vertex) + side, y: upper + height }];
      if (place === chain.length - 1) return [{ x: x(vertex) + side, y: upper }];
      const layerTop = tops[vertex.rank] ?? 0;
      return [{ x: x(vertex), y: layerTop }, { x: x(vertex), y: layerTop + (heights[vertex.rank] ?? 0) }];
    });
    return { ...link, points: back.has(link) ? points.reverse() : points };
  });
  for (const loop of loops) {
    const vertex = vertices.get(loop.from);
    if (!vertex) continue;
    const { x: start, y: upper, width, height } = box(vertex);
    const side = start + width;
    edges.push({ ...loop, points: [{ x: side, y: upper + height / 3 }, { x: side + 20, y: upper + height / 2 }, { x: side, y: upper + (2 * height) / 3 }] });
  }
  return { width: right - left + 2 * PAD, height: y - GAP_Y + PAD, nodes, edges };
}
