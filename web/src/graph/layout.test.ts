import { describe, expect, it } from "vitest";
import { allStates, readFlow } from "./flow";
import { END, layoutFlow, settle, START, type Box, type Layout } from "./layout";

const layout = (definition: object): Layout => {
  const flow = readFlow(JSON.stringify(definition));
  if (!flow) throw new Error("no definition");
  return layoutFlow(flow);
};
const overlap = (a: Box, b: Box): boolean =>
  a.x < b.x + b.width && b.x < a.x + a.width && a.y < b.y + b.height && b.y < a.y + a.height;

// Nothing stands on anything else, and everything is inside of the whole.
function check({ width, height, nodes, edges }: Layout): void {
  for (const [at, one] of nodes.entries()) {
    expect(one.x >= 0 && one.y >= 0 && one.x + one.width <= width && one.y + one.height <= height, one.name).toBe(true);
    for (const other of nodes.slice(at + 1)) expect(overlap(one, other), `${one.name} on ${other.name}`).toBe(false);
    for (const box of one.inside) {
      expect(box.x + box.width <= one.width && box.y + box.height <= one.height).toBe(true);
      check(box.layout);
    }
  }
  for (const edge of edges) for (const { x, y } of edge.points) expect(x >= 0 && x <= width && y >= 0 && y <= height).toBe(true);
}

const parallel = {
  StartAt: "P",
  States: {
    P: {
      Type: "Parallel",
      Branches: [
        { StartAt: "a", States: { a: { Type: "Pass", Next: "b" }, b: { Type: "Pass", End: true } } },
        { StartAt: "M", States: { M: { Type: "Map", ItemProcessor: { StartAt: "i", States: { i: { Type: "Pass", End: true } } }, End: true } } },
      ],
      Catch: [{ ErrorEquals: ["States.ALL"], Next: "sorry" }],
      Next: "done",
    },
    sorry: { Type: "Fail" },
    done: { Type: "Succeed" },
  },
};

describe("a layout", () => {
  it("goes down from the start to the end", () => {
    const { nodes, edges } = layout({ StartAt: "a", States: { a: { Type: "Pass", Next: "b" }, b: { Type: "Pass", End: true } } });
    const y = (name: string): number => nodes.find((node) => node.name === name)?.y ?? NaN;
    expect(y(START)).toBeLessThan(y("a"));
    expect(y("a")).toBeLessThan(y("b"));
    expect(y("b")).toBeLessThan(y(END));
    expect(edges.map(({ from, to }) => [from, to])).toEqual([[START, "a"], ["a", "b"], ["b", END]]);
  });
  it("has boxes in boxes", () => {
    const whole = layout(parallel);
    check(whole);
    const box = whole.nodes.find((node) => node.name === "P");
    expect(box?.inside.map(({ layout: inner }) => inner.nodes.map(({ name }) => name))).toEqual([["a", "b"], ["M"]]);
  });
  it("takes circles, a state that leads to itself, and states that nothing leads to", () => {
    const states = {
      a: { Type: "Choice", Choices: [{ Variable: "$.x", IsPresent: true, Next: "b" }, { Variable: "$.y", IsPresent: true, Next: "a" }], Default: "c" },
      b: { Type: "Wait", Next: "a" },
      c: { Type: "Succeed" },
      lost: { Type: "Pass", Next: "nowhere" },
    };
    const whole = layout({ StartAt: "a", States: states });
    check(whole);
    const back = whole.edges.find(({ from, to }) => from === "b" && to === "a");
    expect((back?.points[0]?.y ?? 0) > (back?.points[back.points.length - 1]?.y ?? 0)).toBe(true);
  });
  it("is bounded for large definitions", () => {
    const states = Object.fromEntries(
      Array.from({ length: 200 }, (_, at) => [
        `s${at}`,
        { Type: "Choice", Choices: [1, 2, 7].map((step) => ({ Variable: "$", IsPresent: true, Next: `s${(at * step + 1) % 200}` })), Default: `s${at + 1}` },
      ]),
    );
    const begin = Date.now();
    expect(layout({ StartAt: "s0", States: states }).nodes).toHaveLength(202);
    expect(Date.now() - begin).toBeLessThan(5000);
  });
});

it("a half-written definition has what can be drawn of it", () => {
  for (const text of ["", "[]", "1", "{"]) expect(readFlow(text)).toBeUndefined();
  const whole = layout({ StartAt: 3, States: { a: null, b: { Type: 5, Choices: "x", Catch: [null] }, c: { Type: "Parallel", Branches: 1 } } });
  expect(whole.nodes.map(({ name }) => name)).toEqual([START, "b", "c", END]);
});

it("knows what each state is inside of", () => {
  const flow = readFlow(JSON.stringify(parallel));
  if (!flow) throw new Error("no definition");
  expect([...allStates(flow)].map(([name, { container }]) => [name, container])).toEqual([
    ["P", undefined], ["a", "P"], ["b", "P"], ["M", "P"], ["i", "M"], ["sorry", undefined], ["done", undefined],
  ]);
});

it("settles where it may", () => {
  expect(settle([0, 0], [10])).toEqual([-5, 5]);
  expect(settle([0, 20, 21], [10, 10])).toEqual([0, 15.5, 25.5]);
});
