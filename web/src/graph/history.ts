// The history of an execution as GetExecutionHistory gives it, and what happened in it: visits of states, with their
// attempts, within iterations and branches.
//
// Truths: 1. What comes after an event is found by its previousEventId, never by its place: branches are interleaved.
//         2. Facts are collected first and judged last, so that a redrive, which goes on where a failure was, is a fact as well.

export interface HistoryEvent {
  readonly id: number;
  readonly previousEventId?: number;
  readonly timestamp: number; // epoch seconds
  readonly type: string;
  readonly [details: string]: unknown;
}

export type Details = Readonly<Record<string, unknown>>;

// What the event has beside its head.
export function detailsOf(event: HistoryEvent): Details {
  for (const [name, value] of Object.entries(event))
    if (name.endsWith("EventDetails") && typeof value === "object" && value !== null) return value as Details;
  return {};
}

export const textOf = (details: Details, name: string): string | undefined => {
  const value = details[name];
  return typeof value === "string" ? value : undefined;
};

export type VisitStatus = "running" | "succeeded" | "caught" | "failed" | "aborted";

export interface Failure {
  readonly error: string;
  readonly cause: string;
}

export interface Attempt {
  readonly scheduled: HistoryEvent;
  readonly resource: string;
  readonly parameters?: string;
  submitted?: HistoryEvent;
  ended?: HistoryEvent;
  output?: string;
  failure?: Failure;
}

export interface Visit {
  readonly kind: "visit";
  readonly name: string;
  readonly entered: HistoryEvent;
  readonly input: string | undefined;
  readonly parent: Frame | undefined;
  readonly after: string | undefined; // the state that it came from, in the same flow
  readonly attempts: Attempt[];
  exited?: HistoryEvent;
  output?: string;
  failure?: Failure;
  aborted: boolean;
  status: VisitStatus;
  iterations: number;
  mapRun?: string;
}

export interface Iteration {
  readonly kind: "iteration";
  readonly index: number;
  readonly parent: Visit | undefined;
  over: boolean;
}

export type Frame = Visit | Iteration;

export interface Variable {
  readonly name: string;
  readonly value: string;
  readonly event: number;
  readonly state: string;
}

export interface Trace {
  readonly visits: readonly Visit[]; // in the order of entering
  readonly steps: ReadonlyMap<number, string>; // event id -> the state it belongs to
  readonly variables: readonly Variable[]; // the last value of each
  readonly ended: HistoryEvent | undefined;
}

const endings = /^Execution(Succeeded|Failed|Aborted|TimedOut)$/;
const failureOf = (details: Details, type: string): Failure => ({
  error: textOf(details, "error") ?? (type.endsWith("TimedOut") ? "States.Timeout" : ""),
  cause: textOf(details, "cause") ?? "",
});

class Tracer {
  readonly visits: Visit[] = [];
  readonly steps = new Map<number, string>();
  readonly variables = new Map<string, Variable>();
  private readonly frames = new Map<number, Frame | undefined>(); // where one is after an event
  private readonly left = new Map<number, string>(); // the state that an event left
  ended: HistoryEvent | undefined;

  constructor(private readonly containerOf: (state: string) => string | undefined) {}

  // The nearest frame around that fits.
  private up(frame: Frame | undefined, fits: (frame: Frame) => boolean): Frame | undefined {
    let at = frame;
    while (at && !fits(at)) at = at.parent;
    return at;
  }
  private visitOf(frame: Frame | undefined): Visit | undefined {
    return this.up(frame, (one) => one.kind === "visit") as Visit | undefined;
  }
  private stays(event: HistoryEvent, frame: Frame | undefined): void {
    this.frames.set(event.id, frame);
    const visit = this.visitOf(frame);
    if (visit) this.steps.set(event.id, visit.name);
  }

  take(event: HistoryEvent): void {
    const from = this.frames.get(event.previousEventId ?? 0);
    const details = detailsOf(event);
    const { type } = event;
    if (type.endsWith("StateEntered")) this.enter(event, details, from);
    else if (type.endsWith("StateExited")) this.exit(event, details, from);
    else if (type.endsWith("StateAborted")) this.abort(event, from);
    else if (type.startsWith("MapIteration")) this.iterate(event, details, from);
    else if (/^(Parallel|Map)State/.test(type)) this.around(event, details, from);
    else if (type.startsWith("MapRun")) this.mapRun(event, details, from);
    else if (/^(Task|LambdaFunction|Activity)/.test(type)) this.task(event, details, from);
    else if (type === "EvaluationFailed") this.fail(event, details, from);
    else {
      if (type === "ExecutionRedriven") this.ended = undefined;
      if (endings.test(type)) this.ended = event;
      this.frames.set(event.id, from);
    }
  }

  private enter(event: HistoryEvent, details: Details, from: Frame | undefined): void {
    const name = textOf(details, "name") ?? "?";
    const container = this.containerOf(name);
    const parent =
      container === undefined
        ? undefined
        : this.up(from, (frame) => (frame.kind === "visit" ? frame.name === container : frame.parent?.name === container));
    const visit: Visit = {
      kind: "visit", name, entered: event, input: textOf(details, "input"), parent, attempts: [], aborted: false, status: "running", iterations: 0,
      after: this.left.get(event.previousEventId ?? 0),
    };
    this.visits.push(visit);
    this.stays(event, visit);
  }
  private exit(event: HistoryEvent, details: Details, from: Frame | undefined): void {
    const name = textOf(details, "name");
    const visit = this.up(from, (frame) => frame.kind === "visit" && frame.name === name) as Visit | undefined;
    if (!visit) return this.stays(event, from);
    visit.exited = event;
    const output = textOf(details, "output");
    if (output !== undefined) visit.output = output;
    this.steps.set(event.id, visit.name);
    this.frames.set(event.id, visit.parent);
    this.left.set(event.id, visit.name);
    const assigned = details["assignedVariables"];
    if (typeof assigned === "object" && assigned !== null)
      for (const [key, value] of Object.entries(assigned))
        this.variables.set(key, { name: key, value: String(value), event: event.id, state: visit.name });
  }
  private abort(event: HistoryEvent, from: Frame | undefined): void {
    const visit = this.visitOf(from);
    if (visit) visit.aborted = true;
    this.stays(event, from);
  }
  private iterate(event: HistoryEvent, details: Details, from: Frame | undefined): void {
    const name = textOf(details, "name");
    const index = Number(details["index"] ?? 0);
    if (event.type === "MapIterationStarted") {
      const map = this.up(from, (frame) => frame.kind === "visit" && frame.name === name) as Visit | undefined;
      if (map) map.iterations++;
      return this.stays(event, { kind: "iteration", index, parent: map, over: false });
    }
    const iteration = this.up(from, (frame) => frame.kind === "iteration" && frame.parent?.name === name && frame.index === index);
    if (iteration?.kind === "iteration") iteration.over = true;
    this.stays(event, iteration ? iteration.parent : from);
  }
  // ParallelStateStarted, MapStateFailed, ...: the frame of the state around.
  private around(event: HistoryEvent, details: Details, from: Frame | undefined): void {
    const started = event.type.endsWith("Started");
    const own = this.visitOf(from);
    const kind = event.type.startsWith("Parallel") ? "ParallelStateEntered" : "MapStateEntered";
    const visit = this.up(own, (frame) => frame.kind === "visit" && frame.entered.type === kind) as Visit | undefined;
    if (visit && event.type.endsWith("Failed")) visit.failure = failureOf(details, event.type);
    if (visit && started) delete visit.failure;
    this.stays(event, visit ?? from);
  }
  private mapRun(event: HistoryEvent, details: Details, from: Frame | undefined): void {
    const visit = this.visitOf(from);
    const arn = textOf(details, "mapRunArn");
    if (visit && arn) visit.mapRun = arn;
    if (visit && event.type === "MapRunFailed") visit.failure = failureOf(details, event.type);
    if (visit && event.type === "MapRunRedriven") delete visit.failure;
    this.stays(event, from);
  }
  private fail(event: HistoryEvent, details: Details, from: Frame | undefined): void {
    const visit = this.visitOf(from);
    if (visit) visit.failure = failureOf(details, event.type);
    this.stays(event, from);
  }
  private task(event: HistoryEvent, details: Details, from: Frame | undefined): void {
    const visit = this.visitOf(from);
    this.stays(event, from);
    if (!visit) return;
    if (event.type.endsWith("Scheduled")) {
      const parameters = textOf(details, "parameters") ?? textOf(details, "input");
      const kind = textOf(details, "resourceType");
      const resource = textOf(details, "resource") ?? "";
      visit.attempts.push({ scheduled: event, resource: kind ? `${kind}:${resource}` : resource, ...(parameters === undefined ? {} : { parameters }) });
      delete visit.failure;
      return;
    }
    const attempt = visit.attempts[visit.attempts.length - 1];
    const output = textOf(details, "output");
    if (attempt && output !== undefined) attempt.output = output;
    if (attempt && event.type.endsWith("Submitted")) attempt.submitted = event;
    if (/(Failed|TimedOut)$/.test(event.type)) {
      visit.failure = failureOf(details, event.type);
      if (attempt) attempt.failure = visit.failure;
    }
    if (attempt && /(Succeeded|Failed|TimedOut)$/.test(event.type)) attempt.ended = event;
  }

  private open(frame: Frame | undefined): boolean {
    if (!frame) return !this.ended;
    return frame.kind === "visit" ? frame.status === "running" : !frame.over && this.open(frame.parent);
  }
  judge(): void {
    const failing = new Set<Frame>();
    if (this.ended && this.ended.type !== "ExecutionAborted" && this.ended.type !== "ExecutionSucceeded")
      for (let at = this.frames.get(this.ended.id); at; at = at.parent) failing.add(at);
    for (const visit of this.visits) {
      if (visit.exited) visit.status = visit.failure ? "caught" : "succeeded";
      else if (visit.aborted) visit.status = "aborted";
      else if (visit.entered.type === "FailStateEntered") visit.status = "failed";
      else if (this.open(visit.parent)) visit.status = "running";
      else visit.status = visit.failure || failing.has(visit) ? "failed" : "aborted";
    }
  }
}

export function traceOf(events: readonly HistoryEvent[], containerOf: (state: string) => string | undefined): Trace {
  const tracer = new Tracer(containerOf);
  for (const event of events) tracer.take(event);
  tracer.judge();
  return { visits: tracer.visits, steps: tracer.steps, variables: [...tracer.variables.values()], ended: tracer.ended };
}

// What all visits of a state together look like: what still goes on first, then what is worst.
const weights: readonly VisitStatus[] = ["running", "failed", "caught", "aborted", "succeeded"];

export interface StateSummary {
  readonly status: VisitStatus;
  readonly visits: readonly Visit[];
}

export function summaries(trace: Trace): Map<string, StateSummary> {
  const found = new Map<string, { status: VisitStatus; visits: Visit[] }>();
  for (const visit of trace.visits) {
    const before = found.get(visit.name);
    if (!before) found.set(visit.name, { status: visit.status, visits: [visit] });
    else {
      before.visits.push(visit);
      if (weights.indexOf(visit.status) < weights.indexOf(before.status)) before.status = visit.status;
    }
  }
  return found;
}

// The edges that were gone along, as "from\nto".
export const edgeKey = (from: string, to: string): string => `${from}\n${to}`;
export const edgesTaken = (trace: Trace): Set<string> =>
  new Set(trace.visits.flatMap((visit) => (visit.after === undefined ? [] : edgeKey(visit.after, visit.name))));

// Which iterations a visit is in, outermost first: "iteration 2 of Each".
export function whereOf(visit: Visit): string {
  const words: string[] = [];
  for (let at: Frame | undefined = visit.parent; at; at = at.parent)
    if (at.kind === "iteration") words.unshift(`iteration ${at.index} of ${at.parent?.name ?? "?"}`);
  return words.join(", ");
}
