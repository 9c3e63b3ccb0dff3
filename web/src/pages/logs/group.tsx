// A log group: what it is, its streams, the events of all of them.
import Button from "@cloudscape-design/components/button";
import Container from "@cloudscape-design/components/container";
import KeyValuePairs from "@cloudscape-design/components/key-value-pairs";
import Tabs from "@cloudscape-design/components/tabs";
import { ApiError } from "../../api/client";
import { callsToDeleteGroup, describeGroups } from "../../api/logs";
import { useAnswer } from "../../api/use_answer";
import { CopyCommand } from "../../cli/copy_command";
import { bytesText } from "../../format";
import { insightsLink, liveLink } from "../../links";
import { go, href, setQuery, usePlace } from "../../route";
import type { PageProps } from "../../routes";
import { useAsked } from "../../shell/asked";
import { Confirm } from "../../shell/confirm";
import { PageFrame } from "../../shell/page";
import { firstPage } from "../../shell/pager";
import { Said } from "../../shell/said";
import { timeText } from "../../shell/time";
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
  const [asked, ask] = useAsked();
  const close = (): void => ask(undefined);
  const actions = (
    <>
      <CopyCommand service="logs" operation="DescribeLogGroups" input={{ logGroupNamePrefix: name }} />
      <Button href={liveLink(name)}>Live tail</Button>
      <Button href={insightsLink(name)}>View in Logs Insights</Button>
      <Button disabled={!group} onClick={() => ask("retention")}>
        Retention
      </Button>
      <Button disabled={!group} onClick={() => ask("delete")}>
        Delete
      </Button>
    </>
  );
  return (
    <PageFrame title={<Said text={name} />} actions={actions} error={error} retry={reload}>
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
          onChange={({ detail }) => setQuery({ tab: detail.activeTabId, ...firstPage })}
          tabs={[
            { id: "streams", label: "Log streams", content: <Streams group={name} /> },
            { id: "events", label: "Events of all streams", content: <Events group={name} /> },
          ]}
        />
      )}
      {asked === "retention" && group && (
        <Retention
          group={group}
          close={close}
          done={() => {
            close();
            reload();
          }}
        />
      )}
      {asked === "delete" && (
        <Confirm title={`Delete ${name}?`} verb="Delete" calls={callsToDeleteGroup(name)} close={close} done={() => go(href("/logs"))}>
          All its streams and events go with it.
        </Confirm>
      )}
    </PageFrame>
  );
}
