// A state machine: what it is, its executions, its definition as text and as a graph.
import Alert from "@cloudscape-design/components/alert";
import Button from "@cloudscape-design/components/button";
import Grid from "@cloudscape-design/components/grid";
import KeyValuePairs from "@cloudscape-design/components/key-value-pairs";
import SpaceBetween from "@cloudscape-design/components/space-between";
import Spinner from "@cloudscape-design/components/spinner";
import Tabs from "@cloudscape-design/components/tabs";
import { lazy, Suspense, useMemo } from "react";
import { callsToDeleteMachine, describeMachine, type MachineDetails } from "../../api/states";
import { useAnswer } from "../../api/use_answer";
import { CopyButton } from "../../cli/copy_button";
import { CopyCommand } from "../../cli/copy_command";
import { readFlow } from "../../graph/flow";
import { JsonView } from "../../json/json_view";
import { go, href, setQuery, usePlace } from "../../route";
import type { PageProps } from "../../routes";
import { AnswerPage } from "../../shell/answer_page";
import { useAsked } from "../../shell/asked";
import { Confirm } from "../../shell/confirm";
import { firstPage } from "../../shell/pager";
import { Panel } from "../../shell/panel";
import { Said } from "../../shell/said";
import { timeText } from "../../shell/time";
import { Executions } from "./executions";
import { StartExecution } from "./start_execution";

const Graph = lazy(() => import("../../graph/graph"));

function Definition({ machine }: { machine: MachineDetails }) {
  const flow = useMemo(() => readFlow(machine.definition), [machine.definition]);
  return (
    <Panel
      title="Definition"
      actions={
        <>
          <CopyButton text={() => machine.definition} />
          <Button href={href("/machines/:arn/edit", { arn: machine.stateMachineArn })}>Edit</Button>
        </>
      }
    >
      <Grid gridDefinition={[{ colspan: { default: 12, s: 6 } }, { colspan: { default: 12, s: 6 } }]}>
        <JsonView text={machine.definition} label="Definition" />
        {flow && (
          <Suspense fallback={<Spinner />}>
            <Graph flow={flow} />
          </Suspense>
        )}
      </Grid>
    </Panel>
  );
}

function About({ machine }: { machine: MachineDetails }) {
  return (
    <Panel title="Details">
      <KeyValuePairs
        columns={3}
        items={[
          { label: "ARN", value: <Said text={machine.stateMachineArn} /> },
          { label: "IAM role ARN", value: <Said text={machine.roleArn} /> },
          { label: "Type", value: machine.type === "EXPRESS" ? "Express" : "Standard" },
          { label: "Creation date", value: timeText(machine.creationDate) },
          { label: "Status", value: machine.status },
          { label: "Revision", value: <Said text={machine.revisionId} /> },
        ]}
      />
    </Panel>
  );
}

export default function MachinePage({ parameters }: PageProps) {
  const arn = parameters["arn"] ?? "";
  const tab = usePlace().query["tab"] ?? "executions";
  const answer = useAnswer((signal) => describeMachine({ stateMachineArn: arn }, { signal }), [arn]);
  const [asked, ask] = useAsked();
  const close = (): void => ask(undefined);
  const start = (
    <Button variant="primary" onClick={() => ask("start")}>
      Start execution
    </Button>
  );
  const actions = (
    <>
      <CopyCommand service="states" operation="DescribeStateMachine" input={{ stateMachineArn: arn }} />
      <Button onClick={() => ask("delete")}>Delete</Button>
      <Button href={href("/machines/:arn/edit", { arn })}>Edit</Button>
      {start}
    </>
  );
  return (
    <AnswerPage title={<Said text={answer.data?.name ?? "State machine"} />} actions={answer.data && actions} answer={answer}>
      {(machine) => (
        <>
          <SpaceBetween size="l">
            <About machine={machine} />
            <Tabs
              activeTabId={tab}
              onChange={({ detail }) => setQuery({ tab: detail.activeTabId, status: undefined, ...firstPage })}
              tabs={[
                {
                  id: "executions",
                  label: "Executions",
                  content:
                    machine.type === "EXPRESS" ? (
                      <Alert type="info" header="An Express machine keeps no executions" action={start}>
                        What they did is in the log group of its logging configuration. Start one here to see its answer.
                      </Alert>
                    ) : (
                      <Executions of={{ stateMachineArn: arn }} empty={<SpaceBetween size="s"><b>No executions yet</b>{start}</SpaceBetween>} />
                    ),
                },
                { id: "definition", label: "Definition", content: <Definition machine={machine} /> },
              ]}
            />
          </SpaceBetween>
          {asked === "start" && <StartExecution machine={machine} close={close} />}
          {asked === "delete" && (
            <Confirm
              title={`Delete ${machine.name}?`}
              verb="Delete"
              calls={callsToDeleteMachine(arn)}
              close={close}
              done={() => go(href("/machines"))}
            >
              Executions that are under way go on to their end; no new ones start.
            </Confirm>
          )}
        </>
      )}
    </AnswerPage>
  );
}
