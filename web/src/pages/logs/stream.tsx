// A log stream: its events.
import Button from "@cloudscape-design/components/button";
import ContentLayout from "@cloudscape-design/components/content-layout";
import Header from "@cloudscape-design/components/header";
import Link from "@cloudscape-design/components/link";
import SpaceBetween from "@cloudscape-design/components/space-between";
import { getEventTrace } from "../../api/crema";
import { useAction } from "../../api/use_action";
import { eventLink, groupLink } from "../../links";
import { go } from "../../route";
import type { PageProps } from "../../routes";
import { Failure } from "../../shell/failure";
import { Said } from "../../shell/said";
import { Events } from "./events";

// The name of a stream that a rule made for an event.
const ofEvent = /^[0-9a-f]{8}-[0-9a-f]{4}-3[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}$/;

export default function StreamPage({ parameters }: PageProps) {
  const group = parameters["group"] ?? "";
  const stream = parameters["stream"] ?? "";
  const event = useAction(async () => go(eventLink((await getEventTrace({ LogGroupName: group, LogStreamName: stream })).EventId)));
  return (
    <ContentLayout
      header={
        <Header
          variant="h1"
          actions={
            ofEvent.test(stream) && (
              <Button loading={event.busy} onClick={() => void event.run()}>
                Its event
              </Button>
            )
          }
          description={<Link href={groupLink(group)}>{group}</Link>}
        >
          <Said text={stream} />
        </Header>
      }
    >
      <SpaceBetween size="l">
        {event.error && <Failure error={event.error} />}
        <Events key={`${group}\n${stream}`} group={group} stream={stream} />
      </SpaceBetween>
    </ContentLayout>
  );
}
