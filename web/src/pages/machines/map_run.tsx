// A Map Run: how far it is, and its child executions.
import Container from "@cloudscape-design/components/container";
import ContentLayout from "@cloudscape-design/components/content-layout";
import Header from "@cloudscape-design/components/header";
import KeyValuePairs from "@cloudscape-design/components/key-value-pairs";
import Link from "@cloudscape-design/components/link";
import SpaceBetween from "@cloudscape-design/components/space-between";
import Spinner from "@cloudscape-design/components/spinner";
import { call } from "../../api/client";
import type { ExecutionStatus } from "../../api/states";
import { useAnswer } from "../../api/use_answer";
import { CopyCli } from "../../cli/copy_cli";
import { timeText } from "../../format";
import { executionLink, lastOfArn } from "../../links";
import type { PageProps } from "../../routes";
import { Failure } from "../../shell/failure";
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
  const { data, error, reload } = useAnswer((signal) => call<MapRun>("states", "DescribeMapRun", { mapRunArn }, { signal }), [mapRunArn], { everyMs: 2000 });
  if (!data) return error ? <Failure error={error} retry={reload} /> : <Spinner size="large" />;
  const counted = ["total", "pending", "running", "succeeded", "failed", "timedOut", "aborted"];
  return (
    <ContentLayout
      header={
        <Header variant="h1" actions={<CopyCli service="stepfunctions" operation="DescribeMapRun" input={{ mapRunArn }} />}>
          Map Run
        </Header>
      }
    >
      <SpaceBetween size="l">
        {error && <Failure error={error} retry={reload} />}
        <Container>
          <KeyValuePairs
            columns={4}
            items={[
              { label: "Status", value: <Status status={data.status} /> },
              { label: "Execution", value: <Link href={executionLink(data.executionArn)}>{lastOfArn(data.executionArn)}</Link> },
              { label: "Started", value: timeText(data.startDate) },
              { label: "Items", value: counted.filter((name) => data.itemCounts[name]).map((name) => `${data.itemCounts[name]} ${name}`).join(", ") || "0" },
            ]}
          />
        </Container>
        <Executions of={{ mapRunArn }} empty="No executions yet" />
      </SpaceBetween>
    </ContentLayout>
  );
}
