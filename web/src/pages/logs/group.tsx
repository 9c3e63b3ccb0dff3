// A log group: what it is, its streams, the events of all of them.
import Button from "@cloudscape-design/components/button";
import Container from "@cloudscape-design/components/container";
import ContentLayout from "@cloudscape-design/components/content-layout";
import Header from "@cloudscape-design/components/header";
import KeyValuePairs from "@cloudscape-design/components/key-value-pairs";
import SpaceBetween from "@cloudscape-design/components/space-between";
import Tabs from "@cloudscape-design/components/tabs";
import { useState } from "react";
import { ApiError } from "../../api/client";
import { deleteGroup, describeGroups } from "../../api/logs";
import { useAnswer } from "../../api/use_answer";
import { CopyCli } from "../../cli/copy_cli";
import { bytesText, timeText } from "../../format";
import { go, href, setQuery, usePlace } from "../../route";
import type { PageProps } from "../../routes";
import { Confirm } from "../../shell/confirm";
import { Failure } from "../../shell/failure";
import { Said } from "../../shell/said";
import { Events } from "./events";
import { Retention, retentionText } from "./retention";
import { Streams } from "./streams";

export default function GroupPage({ parameters }: PageProps) {
  const name = parameters["group"] ?? "";
  const { data: group, error, reload } = useAnswer(
    async (signal) => {
      const { logGroups } = await describeGroups({ logGroupNamePrefix: name, limit: 1 }, { signal });
      const found = logGroups.find((one) => one.logGroupName === name); // the shortest name of those that begin so is the first
      if (!found) throw new ApiError("ResourceNotFoundException", "The specified log group does not exist.", 400, "");
      return found;
    },
    [name],
  );
  const tab = usePlace().query["tab"] ?? "streams";
  const [asking, setAsking] = useState<"delete" | "retention">();
  const close = (): void => setAsking(undefined);
  return (
    <ContentLayout
      header={
        <Header
          variant="h1"
          actions={
            <SpaceBetween direction="horizontal" size="xs">
              <CopyCli service="logs" operation="DescribeLogGroups" input={{ logGroupNamePrefix: name }} />
              <Button href={href("/live", {}, { groups: name })}>Live tail</Button>
              <Button disabled={!group} onClick={() => setAsking("retention")}>
                Retention
              </Button>
              <Button disabled={!group} onClick={() => setAsking("delete")}>
                Delete
              </Button>
            </SpaceBetween>
          }
        >
          <Said text={name} />
        </Header>
      }
    >
      <SpaceBetween size="l">
        {error && <Failure error={error} retry={reload} />}
        {group && (
          <Container>
            <KeyValuePairs
              columns={4}
              items={[
                { label: "ARN", value: <Said text={group.arn} /> },
                { label: "Retention", value: retentionText(group.retentionInDays) },
                { label: "Stored", value: group.storedBytes === undefined ? "-" : bytesText(group.storedBytes) },
                { label: "Created", value: timeText(group.creationTime / 1000) },
              ]}
            />
          </Container>
        )}
        {group && (
          <Tabs
            activeTabId={tab}
            onChange={({ detail }) => setQuery({ tab: detail.activeTabId })}
            tabs={[
              { id: "streams", label: "Log streams", content: <Streams group={name} /> },
              { id: "events", label: "Events of all streams", content: <Events group={name} /> },
            ]}
          />
        )}
      </SpaceBetween>
      {asking === "retention" && group && (
        <Retention
          group={group}
          close={close}
          done={() => {
            close();
            reload();
          }}
        />
      )}
      {asking === "delete" && (
        <Confirm title={`Delete ${name}?`} verb="Delete" act={() => deleteGroup({ logGroupName: name })} close={close} done={() => go(href("/logs"))}>
          All its streams and events go with it.
        </Confirm>
      )}
    </ContentLayout>
  );
}
