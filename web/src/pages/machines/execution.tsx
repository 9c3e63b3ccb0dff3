// An execution: what it is, its graph as it goes on, its events, its timeline; stop, redrive, begin another.
import Alert from "@cloudscape-design/components/alert";
import Box from "@cloudscape-design/components/box";
import Button from "@cloudscape-design/components/button";
import Container from "@cloudscape-design/components/container";
import Grid from "@cloudscape-design/components/grid";
import KeyValuePairs from "@cloudscape-design/components/key-value-pairs";
import Link from "@cloudscape-design/components/link";
import SpaceBetween from "@cloudscape-design/components/space-between";
import Spinner from "@cloudscape-design/components/spinner";
import Tabs from "@cloudscape-design/components/tabs";
import { lazy, Suspense, useMemo, useState } from "react";
import { perform, type Call } from "../../api/client";
import { describeExecution, describeMachineForExecution, type ExecutionDetails } from "../../api/states";
import { useAction } from "../../api/use_action";
import { useAnswer } from "../../api/use_answer";
import { CopyButton } from "../../cli/copy_button";
import { CopyCommand } from "../../cli/copy_command";
import { durationText } from "../../format";
import { allStates, readFlow } from "../../graph/flow";
import { edgesTaken, summaries, traceOf, type Trace } from "../../graph/history";
import { JsonView } from "../../json/json_view";
import { lastOfArn, machineLink } from "../../links";
import { href, setQuery, usePlace } from "../../route";
import type { PageProps } from "../../routes";
import { AnswerPage } from "../../shell/answer_page";
import { useAsked } from "../../shell/asked";
import { Failure } from "../../shell/failure";
import { Panel } from "../../shell/panel";
import { Said } from "../../shell/said";
import { timeText } from "../../shell/time";
import { EventHistory } from "./event_history";
import { Origins } from "./origins";
import { StartExecution } from "./start_execution";
import { Status } from "./status";
import { StepPanel } from "./step_panel";
import { Timeline } from "./timeline";
import { useHistory } from "./use_history";

const Graph = lazy(() => import("../../graph/graph"));
const Legend = lazy(() => import("../../graph/graph").then((module) => ({ default: module.Legend })));

const goesOn = (execution: ExecutionDetails | undefined): boolean => execution?.status === "RUNNING" || execution?.status === "PENDING_REDRIVE";

function About({ execution }: { execution: ExecutionDetails }) {
  const { startDate, stopDate } = execution;
  return (
    <Panel title="Details">
      <KeyValuePairs
        columns={3}
        items={[
          { label: "Execution status", value: <Status status={execution.status} /> },
          { label: "Execution ARN", value: <Said text={execution.executionArn} /> },
          { label: "State machine", value: <Link href={machineLink(execution.stateMachineArn)}>{lastOfArn(execution.stateMachineArn)}</Link> },
          { label: "Start time", value: timeText(startDate) },
          { label: "End time", value: stopDate === undefined ? "-" : timeText(stopDate) },
          { label: "Duration", value: stopDate === undefined ? "-" : stopDate - startDate < 1 ? `${Math.round((stopDate - startDate) * 1000)} ms` : durationText(stopDate - startDate) },
          ...(execution.redriveCount ? [{ label: "Redrives", value: `${execution.redriveCount}, last ${timeText(execution.redriveDate)}` }] : []),
          ...(execution.mapRunArn ? [{ label: "Map Run", value: <Link href={href("/machines/runs/:arn", { arn: execution.mapRunArn })}>{lastOfArn(execution.mapRunArn)}</Link> }] : []),
        ]}
      />
    </Panel>
  );
}

function Texts({ execution, definition }: { execution: ExecutionDetails; definition: string | undefined }) {
  const one = (id: string, label: string, text: string | undefined) => ({
    id,
    label,
    content:
      text === undefined ? (
        <Box color="text-status-inactive">None</Box>
      ) : (
        <SpaceBetween size="xs">
          <CopyButton text={() => text} />
          <JsonView text={text} label={label} />
        </SpaceBetween>
      ),
  });
  return (
    <Container>
      <Tabs
        activeTabId={usePlace().query["text"] ?? "input"}
        onChange={({ detail }) => setQuery({ text: detail.activeTabId })}
        tabs={[one("input", "Input", execution.input), one("output", "Output", execution.output), one("definition", "Definition", definition)]}
      />
    </Container>
  );
}

function Variables({ trace }: { trace: Trace }) {
  if (trace.variables.length === 0) return null;
  return (
    <Panel title="Variables" counter={`(${trace.variables.length})`}>
      <SpaceBetween size="xs">
        {trace.variables.map(({ name, value, event, state }) => (
          <div key={name}>
            <b>
              <bdi>{`$${name}`}</bdi>
            </b>{" "}
            <Box variant="small" display="inline">
              {`by event ${event}, `}
              <bdi>{state}</bdi>
            </Box>
            <JsonView text={value} label={name} />
          </div>
        ))}
      </SpaceBetween>
    </Panel>
  );
}

function Actions({ execution, changed, again }: { execution: ExecutionDetails; changed: () => void; again: () => void }) {
  const executionArn = execution.executionArn;
  const stopCalls: Call[] = [{ service: "states", operation: "StopExecution", input: { executionArn, error: "Console.Stopped", cause: "Stopped by hand" } }];
  const redriveCalls: Call[] = [{ service: "states", operation: "RedriveExecution", input: { executionArn } }];
  const stop = useAction(() => perform(stopCalls));
  const redrive = useAction(() => perform(redriveCalls));
  const run = async (action: typeof stop): Promise<void> => {
    if (await action.run()) changed();
  };
  const error = stop.error ?? redrive.error;
  return (
    <SpaceBetween size="xs">
      <SpaceBetween direction="horizontal" size="xs">
        <CopyCommand
          service="states"
          operation="DescribeExecution"
          input={{ executionArn }}
          others={[
            { id: "stop", text: "Stop execution", calls: stopCalls },
            { id: "redrive", text: "Redrive", calls: redriveCalls },
          ]}
        />
        <Button disabled={execution.status !== "RUNNING"} loading={stop.busy} onClick={() => void run(stop)}>
          Stop execution
        </Button>
        <Button
          disabled={execution.redriveStatus !== "REDRIVABLE"}
          disabledReason={execution.redriveStatusReason ?? ""}
          loading={redrive.busy}
          onClick={() => void run(redrive)}
        >
          Redrive
        </Button>
        <Button disabled={execution.mapRunArn !== undefined} disabledReason="The Map Run starts its executions" onClick={again}>
          New execution
        </Button>
      </SpaceBetween>
      {error && <Failure error={error} />}
    </SpaceBetween>
  );
}

function Went({ execution, definition, changed, round }: { execution: ExecutionDetails; definition: string | undefined; changed: () => void; round: number }) {
  const { query } = usePlace();
  const arn = execution.executionArn;
  const history = useHistory(arn, goesOn(execution), round);
  const flow = useMemo(() => (definition === undefined ? undefined : readFlow(definition)), [definition]);
  const states = useMemo(() => (flow ? allStates(flow) : new Map<string, never>()), [flow]);
  const trace = useMemo(() => traceOf(history.events, (name) => states.get(name)?.container), [history.events, states]);
  const byState = useMemo(() => summaries(trace), [trace]);
  const taken = useMemo(() => edgesTaken(trace), [trace]);
  const chosen = query["state"];
  const state = chosen === undefined ? undefined : states.get(chosen)?.state;
  const last = history.events[history.events.length - 1]?.timestamp ?? execution.startDate;
  const end = Math.max(last, execution.stopDate ?? Date.now() / 1000); // what goes on is drawn anew every second
  const view = query["view"] ?? "graph";
  const graph = flow && (
    <Grid gridDefinition={[{ colspan: { default: 12, s: state ? 7 : 12 } }, ...(state ? [{ colspan: { default: 12, s: 5 } }] : [])]}>
      <Panel title="Graph" description={state ? undefined : "Choose a state to see its input and output"}>
        <Suspense fallback={<Spinner />}>
          <Graph flow={flow} summaries={byState} taken={taken} chosen={chosen} onChoose={(name) => setQuery({ state: name === chosen ? undefined : name, visit: undefined })} />
          <Legend />
        </Suspense>
      </Panel>
      {state && <StepPanel key={state.name} state={state} summary={byState.get(state.name)} done={changed} />}
    </Grid>
  );
  return (
    <SpaceBetween size="l">
      {history.error && <Failure error={history.error} retry={changed} />}
      {!history.whole && !history.error && (
        <Box>
          <Spinner /> {`${history.events.length} events read`}
        </Box>
      )}
      <Tabs
        activeTabId={view}
        onChange={({ detail }) => setQuery({ view: detail.activeTabId })}
        tabs={[
          { id: "graph", label: "Graph view", content: graph ?? <Spinner /> },
          { id: "timeline", label: "Timeline", content: <Timeline trace={trace} begin={execution.startDate} end={end} /> },
        ]}
      />
      <EventHistory events={history.events} trace={trace} arn={arn} />
      <Variables trace={trace} />
    </SpaceBetween>
  );
}

export default function ExecutionPage({ parameters }: PageProps) {
  const executionArn = parameters["arn"] ?? "";
  const [round, setRound] = useState(0);
  const [asked, ask] = useAsked();
  const answer = useAnswer((signal) => describeExecution({ executionArn }, { signal }), [executionArn], { everyMs: 1000, until: (found) => !goesOn(found) });
  const machine = useAnswer((signal) => describeMachineForExecution({ executionArn }, { signal }), [executionArn]);
  const changed = (): void => {
    answer.reload();
    machine.reload();
    setRound((before) => before + 1);
  };
  const actions = answer.data && <Actions execution={answer.data} changed={changed} again={() => ask("start")} />;
  return (
    <AnswerPage title={<Said text={answer.data?.name ?? "Execution"} />} actions={actions} answer={answer}>
      {(execution) => (
        <>
          <SpaceBetween size="l">
            {machine.error && <Failure error={machine.error} retry={machine.reload} />}
            <About execution={execution} />
            {execution.error !== undefined && (
              <Alert type="error" header={<Said text={execution.error || "Failed"} />}>
                <Said text={execution.cause} />
              </Alert>
            )}
            <Went execution={execution} definition={machine.data?.definition} changed={changed} round={round} />
            <Texts execution={execution} definition={machine.data?.definition} />
            <Origins arn={executionArn} live={goesOn(execution)} />
          </SpaceBetween>
          {asked === "start" && (
            <StartExecution
              machine={{ stateMachineArn: execution.stateMachineVersionArn ?? execution.stateMachineArn, type: "STANDARD" }}
              given={execution.input ?? "{}"}
              close={() => ask(undefined)}
            />
          )}
        </>
      )}
    </AnswerPage>
  );
}
