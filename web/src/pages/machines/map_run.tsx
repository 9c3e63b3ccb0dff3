// A Map Run: how far it is, and its child executions.
import Container from "@cloudscape-design/components/container";
import KeyValuePairs from "@cloudscape-design/components/key-value-pairs";
import Link from "@cloudscape-design/components/link";
import SpaceBetween from "@cloudscape-design/components/space-between";
import { call } from "../../api/client";
import type { ExecutionStatus } from "../../api/states";
import { useAnswer } from "../../api/use_answer";
import { CopyCommand } from "../../cli/copy_command";
import { executionLink, lastOfArn } from "../../links";
import type { PageProps } from "../../routes";
import { AnswerPage } from "../../shell/answer_page";
import { timeText } from "../../shell/time";
import { Executions } from "./executions";
import { Status } from "./status";

interface MapRun {
  executionArn: string;
  status: ExecutionStatus;
  startDate: number;
  stopDate?: number;
  maxConcurrency: number;
  itemCounts: Record<string, number>;
}

export default function MapRunPage({ parameters }: PageProps) {
  const mapRunArn = parameters["arn"] ?? "";
  const answer = useAnswer((signal) => call<MapRun>("states", "DescribeMapRun", { mapRunArn }, { signal }), [mapRunArn], { everyMs: 2000 });
  const counted = ["total", "pending", "running", "succeeded", "failed", "timedOut", "aborted"];
  return (
    <AnswerPage title="Map Run" actions={<CopyCommand service="states" operation="DescribeMapRun" input={{ mapRunArn }} />} answer={answer}>
      {({ status, executionArn, startDate, itemCounts }) => (
        <SpaceBetween size="l">
          <Container>
            <KeyValuePairs
              columns={4}
              items={[
                { label: "Status", value: <Status status={status} /> },
                { label: "Execution", value: <Link href={executionLink(executionArn)}>{lastOfArn(executionArn)}</Link> },
                { label: "Started", value: timeText(startDate) },
                { label: "Items", value: counted.filter((name) => itemCounts[name]).map((name) => `${itemCounts[name]} ${name}`).join(", ") || "0" },
              ]}
            />
          </Container>
          <Executions of={{ mapRunArn }} empty="No executions yet" />
        </SpaceBetween>
      )}
    </AnswerPage>
  );
}
