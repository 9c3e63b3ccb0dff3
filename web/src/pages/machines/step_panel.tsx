// What a state did: each visit of it, with its input and output, its attempts, its variables, and, while it waits for
// somebody, the ways to answer.
import Alert from "@cloudscape-design/components/alert";
import Box from "@cloudscape-design/components/box";
import Button from "@cloudscape-design/components/button";
import Link from "@cloudscape-design/components/link";
import Select from "@cloudscape-design/components/select";
import SpaceBetween from "@cloudscape-design/components/space-between";
import StatusIndicator, { type StatusIndicatorProps } from "@cloudscape-design/components/status-indicator";
import Tabs from "@cloudscape-design/components/tabs";
import type { FlowState } from "../../graph/flow";
import { statusWords } from "../../graph/graph";
import { detailsOf, whereOf, type Attempt, type StateSummary, type Visit, type VisitStatus } from "../../graph/history";
import { tokenOf, waitsForToken } from "../../graph/token";
import { JsonView } from "../../json/json_view";
import { href, setQuery, usePlace } from "../../route";
import { Panel } from "../../shell/panel";
import { useAsked } from "../../shell/asked";
import { Said } from "../../shell/said";
import { timeText } from "../../shell/time";
import { answerTitles, SendTask, type TaskAnswer } from "./send_task";

const kinds: Readonly<Record<VisitStatus, StatusIndicatorProps.Type>> = {
  running: "in-progress",
  succeeded: "success",
  caught: "warning",
  failed: "error",
  aborted: "stopped",
};
const VISITS_LISTED_MAX = 1000;

function Text({ text, label }: { text: string | undefined; label: string }) {
  return text === undefined ? <Box color="text-status-inactive">None yet</Box> : <JsonView text={text} label={label} />;
}

function OneAttempt({ attempt, number }: { attempt: Attempt; number: number }) {
  return (
    <SpaceBetween size="xxs">
      <Box variant="h4">{`Attempt ${number}: ${attempt.ended?.type ?? attempt.submitted?.type ?? attempt.scheduled.type}, ${timeText(attempt.scheduled.timestamp)}`}</Box>
      <Said text={attempt.resource} />
      {attempt.failure && <Said text={`${attempt.failure.error}: ${attempt.failure.cause}`} />}
      {attempt.parameters !== undefined && <JsonView text={attempt.parameters} label="Parameters" />}
      {attempt.output !== undefined && (
        <>
          <Box variant="small">Result</Box>
          <JsonView text={attempt.output} label="Result" />
        </>
      )}
    </SpaceBetween>
  );
}

function Waiting({ visit, source, done }: { visit: Visit; source: FlowState["source"]; done: () => void }) {
  const [asked, ask] = useAsked();
  const answer = (Object.keys(answerTitles) as TaskAnswer[]).find((one) => one === asked);
  const attempt = visit.attempts[visit.attempts.length - 1];
  if (!attempt || !waitsForToken(attempt) || visit.status !== "running") return null;
  return (
    <Alert type="info" header="It waits for an answer with its task token">
      <Box margin={{ top: "xs" }}>
        <SpaceBetween direction="horizontal" size="xs">
          {(Object.keys(answerTitles) as TaskAnswer[]).map((one) => (
            <Button key={one} onClick={() => ask(one)}>
              {answerTitles[one]}
            </Button>
          ))}
        </SpaceBetween>
      </Box>
      {answer && (
        <SendTask
          answer={answer}
          token={tokenOf(source, attempt) ?? ""}
          close={() => ask(undefined)}
          done={() => {
            ask(undefined);
            done();
          }}
        />
      )}
    </Alert>
  );
}

function VisitView({ visit, state, done }: { visit: Visit; state: FlowState; done: () => void }) {
  const part = usePlace().query["part"];
  const assigned = visit.exited && detailsOf(visit.exited)["assignedVariables"];
  const tabs = [
    { id: "input", label: "Input", content: <Text text={visit.input} label="Input" /> },
    { id: "output", label: "Output", content: <Text text={visit.output} label="Output" /> },
    ...(visit.attempts.length
      ? [
          {
            id: "attempts",
            label: `Attempts (${visit.attempts.length})`,
            content: (
              <SpaceBetween size="m">
                {visit.attempts.map((attempt, at) => (
                  <OneAttempt key={attempt.scheduled.id} attempt={attempt} number={at + 1} />
                ))}
              </SpaceBetween>
            ),
          },
        ]
      : []),
    ...(typeof assigned === "object" && assigned !== null
      ? [{ id: "variables", label: "Assigned", content: <Assigned values={assigned as Record<string, unknown>} /> }]
      : []),
    { id: "definition", label: "Definition", content: <JsonView text={JSON.stringify(state.source)} label="Definition of the state" /> },
  ];
  return (
    <SpaceBetween size="s">
      <StatusIndicator type={kinds[visit.status]}>{statusWords[visit.status]}</StatusIndicator>
      <Box variant="small">
        {`Entered ${timeText(visit.entered.timestamp)}`}
        {visit.exited && `, left after ${Math.round((visit.exited.timestamp - visit.entered.timestamp) * 1000)} ms`}
      </Box>
      {visit.failure && (
        <Alert type={visit.status === "failed" ? "error" : "warning"} header={<Said text={visit.failure.error} />}>
          <Said text={visit.failure.cause} />
        </Alert>
      )}
      {visit.mapRun && <Link href={href("/machines/runs/:arn", { arn: visit.mapRun })}>Map Run: its executions</Link>}
      <Waiting visit={visit} source={state.source} done={done} />
      <Tabs
        tabs={tabs}
        variant="default"
        activeTabId={tabs.find(({ id }) => id === part)?.id ?? "input"}
        onChange={({ detail }) => setQuery({ part: detail.activeTabId })}
      />
    </SpaceBetween>
  );
}

function Assigned({ values }: { values: Record<string, unknown> }) {
  return (
    <SpaceBetween size="xs">
      {Object.entries(values).map(([name, value]) => (
        <div key={name}>
          <b>
            <Said text={`$${name}`} />
          </b>
          <JsonView text={String(value)} label={name} />
        </div>
      ))}
    </SpaceBetween>
  );
}

export function StepPanel({ state, summary, done }: { state: FlowState; summary: StateSummary | undefined; done: () => void }) {
  const visits = summary?.visits ?? [];
  const chosen = Number(usePlace().query["visit"]);
  // The one that was chosen; else one that waits or went wrong; else the last.
  const visit = visits.find((one) => one.entered.id === chosen) ?? visits.find((one) => one.status === summary?.status) ?? visits[visits.length - 1];
  const options = visits.slice(-VISITS_LISTED_MAX).map((one) => ({
    value: String(one.entered.id),
    label: [`Event ${one.entered.id}`, whereOf(one), statusWords[one.status]].filter(Boolean).join(", "),
  }));
  return (
    <Panel title={<Said text={state.name} />} description={<Said text={[state.type, state.resource].filter(Boolean).join(" · ")} />}>
      <SpaceBetween size="s">
        {visits.length > 1 && (
          <Select
            ariaLabel="Which visit"
            filteringType="auto"
            selectedOption={options.find(({ value }) => value === String(visit?.entered.id)) ?? null}
            options={options}
            onChange={({ detail }) => setQuery({ visit: detail.selectedOption.value })}
          />
        )}
        {visits.length > VISITS_LISTED_MAX && <Box variant="small">{`The last ${VISITS_LISTED_MAX} of ${visits.length} visits`}</Box>}
        {visit ? <VisitView key={visit.entered.id} visit={visit} state={state} done={done} /> : (
          <>
            <StatusIndicator type="pending">Not reached</StatusIndicator>
            <JsonView text={JSON.stringify(state.source)} label="Definition of the state" />
          </>
        )}
      </SpaceBetween>
    </Panel>
  );
}
