// A definition being written: the text with its problems at their places, as the server sees them, and its graph.
import Alert from "@cloudscape-design/components/alert";
import Box from "@cloudscape-design/components/box";
import Button from "@cloudscape-design/components/button";
import Grid from "@cloudscape-design/components/grid";
import SpaceBetween from "@cloudscape-design/components/space-between";
import Spinner from "@cloudscape-design/components/spinner";
import StatusIndicator from "@cloudscape-design/components/status-indicator";
import { lazy, Suspense, useEffect, useMemo, useRef } from "react";
import { validateDefinition, type Diagnostic } from "../../api/states";
import { useAnswer } from "../../api/use_answer";
import { allStates, readFlow, type Flow } from "../../graph/flow";
import { JsonEditor, type JsonEditorHandle, type Mark } from "../../json/json_editor";
import { lineOf, parseJson, placeOfPointer, prettyJson, type Parsed } from "../../json/parse";
import { Failure } from "../../shell/failure";
import { useSettled } from "../../shell/settled";

const Graph = lazy(() => import("../../graph/graph"));

export interface Problem extends Mark {
  readonly message: string;
  readonly code: string;
  readonly line: number;
  readonly location?: string;
}

// Problems at their places in the text: of the JSON itself, or else what the server said of it.
export function problemsOf(text: string, parsed: Parsed, diagnostics: readonly Diagnostic[]): Problem[] {
  if (!("root" in parsed))
    return [{ start: parsed.at, end: parsed.at + 1, severity: "error", code: "INVALID_JSON", message: parsed.problem, line: lineOf(text, parsed.at) }];
  return diagnostics.map((one) => {
    const { start, end } = placeOfPointer(parsed.root, one.location ?? "");
    return {
      start, end, severity: one.severity === "WARNING" ? "warning" : "error", code: one.code, message: one.message, line: lineOf(text, start),
      ...(one.location ? { location: one.location } : {}),
    };
  });
}

// The states that problems are in: every name on the way of a location that is a state's.
export function statesWith(problems: readonly Problem[], flow: Flow | undefined): Set<string> {
  const known = flow ? allStates(flow) : new Map<string, unknown>();
  return new Set(
    problems.flatMap(({ location }) => {
      const names = (location ?? "").split("/").map((part) => part.replace(/~1/g, "/").replace(/~0/g, "~"));
      return names.filter((name, at) => names[at - 1] === "States" && known.has(name)).slice(-1);
    }),
  );
}

// `known`: whether it is the text that was looked at.
function Problems({ problems, known, show }: { problems: readonly Problem[]; known: boolean; show: (problem: Problem) => void }) {
  if (problems.length === 0) return known ? <StatusIndicator type="success">No problems</StatusIndicator> : <StatusIndicator type="pending">Not looked at yet</StatusIndicator>;
  return (
    <SpaceBetween size="xs">
      {problems.map((problem, at) => (
        <div key={at} data-problem={problem.code}>
          <StatusIndicator type={problem.severity}>
            <Button variant="inline-link" onClick={() => show(problem)}>
              {`Line ${problem.line}`}
            </Button>{" "}
            {problem.message}{" "}
            <Box variant="small" display="inline">
              {[problem.code, problem.location].filter(Boolean).join(" ")}
            </Box>
          </StatusIndicator>
        </div>
      ))}
    </SpaceBetween>
  );
}

export function DefinitionEditor({ value, onChange, type }: { value: string; onChange: (value: string) => void; type: string }) {
  const editor = useRef<JsonEditorHandle>(null);
  const paused = useSettled(value);
  const parsed = useMemo(() => parseJson(value), [value]);
  const wellFormed = "root" in parsed;
  const { data, error, loading } = useAnswer(
    async (signal) => ({ of: paused, ...("root" in parseJson(paused) ? await validateDefinition({ definition: paused, type }, { signal }) : { diagnostics: [], truncated: false }) }),
    [paused, type],
  );
  const problems = useMemo(() => problemsOf(value, parsed, data?.diagnostics ?? []), [value, parsed, data]);
  // While it is no JSON the graph stays as it last was.
  const lastFlow = useRef<Flow>();
  const flow = useMemo(() => (wellFormed ? readFlow(paused) : undefined), [paused, wellFormed]);
  useEffect(() => {
    if (flow) lastFlow.current = flow;
  });
  const drawn = flow ?? lastFlow.current;
  const marked = useMemo(() => statesWith(problems, drawn), [problems, drawn]);
  const chooseState = (name: string): void => {
    const found = parsed && "root" in parsed ? value.indexOf(JSON.stringify(name) + ":") : -1;
    if (found >= 0) editor.current?.select(found, found + name.length + 2);
  };
  return (
    <Grid gridDefinition={[{ colspan: { default: 12, s: 7 } }, { colspan: { default: 12, s: 5 } }]}>
      <SpaceBetween size="s">
        <JsonEditor ref={editor} label="Definition" value={value} onChange={onChange} marks={problems} />
        <SpaceBetween direction="horizontal" size="xs">
          <Button formAction="none" disabled={!wellFormed} onClick={() => onChange(prettyJson(value))}>
            Format
          </Button>
          {loading && <Spinner />}
        </SpaceBetween>
        {error && <Failure error={error} />}
        <div role="status" aria-label="Problems">
          <Problems problems={problems} known={data?.of === value && !loading && !error} show={({ start, end }) => editor.current?.select(start, end)} />
        </div>
        {data?.truncated && <Alert type="info">There are more problems than are shown.</Alert>}
      </SpaceBetween>
      {drawn ? (
        <Suspense fallback={<Spinner />}>
          <Graph flow={drawn} problems={marked} onChoose={chooseState} />
        </Suspense>
      ) : (
        <Box color="text-status-inactive">The graph is drawn as soon as there is a definition.</Box>
      )}
    </Grid>
  );
}
