// A log stream: its events.
import Button from "@cloudscape-design/components/button";
import Link from "@cloudscape-design/components/link";
import { getEventTrace } from "../../api/crema";
import { useAction } from "../../api/use_action";
import { CopyCommand } from "../../cli/copy_command";
import { eventLink, groupLink } from "../../links";
import { go } from "../../route";
import type { PageProps } from "../../routes";
import { PageFrame } from "../../shell/page";
import { Said } from "../../shell/said";
import { Events } from "./events";

// The name of a stream that a rule made for an event.
const ofEvent = /^[0-9a-f]{8}-[0-9a-f]{4}-3[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}$/;

export default function StreamPage({ parameters }: PageProps) {
  const group = parameters["group"] ?? "";
  const stream = parameters["stream"] ?? "";
  const event = useAction(async () => go(eventLink((await getEventTrace({ LogGroupName: group, LogStreamName: stream })).EventId)));
  const actions = ofEvent.test(stream) && (
    <>
      <CopyCommand service="crema" operation="GetEventTrace" input={{ LogGroupName: group, LogStreamName: stream }} />
      <Button loading={event.busy} onClick={() => void event.run()}>
        Its event
      </Button>
    </>
  );
  return (
    <PageFrame
      title={<Said text={stream} />}
      description={
        <Link href={groupLink(group)}>
          <Said text={group} />
        </Link>
      }
      actions={actions}
      error={event.error}
    >
      <Events key={`${group}\n${stream}`} group={group} stream={stream} />
    </PageFrame>
  );
}
