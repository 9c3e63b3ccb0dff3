// A definition as what can be drawn: states, where they lead, and the flows inside of Parallel and Map.
// Whatever is not as it should be is left out: the definition may be half written.

export type EdgeKind = "next" | "choice" | "default" | "catch";

export interface FlowEdge {
  readonly to: string;
  readonly kind: EdgeKind;
  readonly label?: string;
}

export interface FlowState {
  readonly name: string;
  readonly type: string;
  readonly resource?: string;
  readonly edges: readonly FlowEdge[];
  readonly ends: boolean;
  readonly inside: readonly Flow[];
  readonly source: Readonly<Record<string, unknown>>;
}

export interface Flow {
  readonly startAt: string;
  readonly states: ReadonlyMap<string, FlowState>;
}

type Json = Record<string, unknown>;
const isObject = (value: unknown): value is Json => typeof value === "object" && value !== null && !Array.isArray(value);
const text = (value: unknown): string | undefined => (typeof value === "string" ? value : undefined);
const objects = (value: unknown): Json[] => (Array.isArray(value) ? value.filter(isObject) : []);

// What a rule of a Choice asks, short: "$.a StringEquals x".
function ruleText(rule: Json): string {
  if (text(rule["Condition"])) return String(rule["Condition"]).replace(/^\{%\s*|\s*%\}$/g, "");
  for (const [operator, word] of [["And", " and "], ["Or", " or "]] as const)
    if (Array.isArray(rule[operator])) return objects(rule[operator]).map(ruleText).join(word);
  if (isObject(rule["Not"])) return `not ${ruleText(rule["Not"])}`;
  const operator = Object.keys(rule).find((key) => !["Variable", "Next", "Comment", "Assign", "Output"].includes(key));
  return `${String(rule["Variable"] ?? "")} ${operator ?? ""} ${operator ? JSON.stringify(rule[operator]) : ""}`.trim();
}

function edgesOf(state: Json): FlowEdge[] {
  const edges: FlowEdge[] = [];
  const add = (to: unknown, kind: EdgeKind, label?: string): void => {
    if (typeof to === "string") edges.push({ to, kind, ...(label ? { label } : {}) });
  };
  for (const rule of objects(state["Choices"])) add(rule["Next"], "choice", ruleText(rule));
  add(state["Default"], "default", "otherwise");
  add(state["Next"], "next");
  for (const catcher of objects(state["Catch"]))
    add(catcher["Next"], "catch", Array.isArray(catcher["ErrorEquals"]) ? catcher["ErrorEquals"].join(", ") : undefined);
  return edges;
}

function stateOf(name: string, state: Json): FlowState {
  const type = text(state["Type"]) ?? "?";
  const resource = text(state["Resource"]);
  const map = state["ItemProcessor"] ?? state["Iterator"];
  const inside = (type === "Parallel" ? objects(state["Branches"]) : type === "Map" && isObject(map) ? [map] : []).map(flowOf);
  const ends = state["End"] === true || type === "Succeed" || type === "Fail";
  return { name, type, edges: edgesOf(state), ends, inside, source: state, ...(resource ? { resource } : {}) };
}

function flowOf(definition: Json): Flow {
  const states = isObject(definition["States"]) ? definition["States"] : {};
  return {
    startAt: text(definition["StartAt"]) ?? "",
    states: new Map(
      Object.entries(states)
        .filter((pair): pair is [string, Json] => isObject(pair[1]))
        .map(([name, state]) => [name, stateOf(name, state)]),
    ),
  };
}

// undefined: it is no JSON object.
export function readFlow(definition: string): Flow | undefined {
  try {
    const parsed: unknown = JSON.parse(definition);
    return isObject(parsed) ? flowOf(parsed) : undefined;
  } catch {
    return undefined;
  }
}

export interface Located {
  readonly state: FlowState;
  readonly container: string | undefined; // the Parallel or Map that it is in
}

// Every state by its name, which is its own in the whole definition.
export function allStates(flow: Flow): Map<string, Located> {
  const found = new Map<string, Located>();
  const walk = (one: Flow, container: string | undefined): void => {
    for (const state of one.states.values()) {
      found.set(state.name, { state, container });
      for (const inner of state.inside) walk(inner, state.name);
    }
  };
  walk(flow, undefined);
  return found;
}
