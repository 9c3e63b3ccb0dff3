// The event that started an execution, and those that it emitted.
import Box from "@cloudscape-design/components/box";
import Link from "@cloudscape-design/components/link";
import SpaceBetween from "@cloudscape-design/components/space-between";
import { getExecutionTrace, type EventLink } from "../../api/crema";
import { useAnswer } from "../../api/use_answer";
import { CopyCommand } from "../../cli/copy_command";
import { eventLink } from "../../links";
import { Failure } from "../../shell/failure";
import { Panel } from "../../shell/panel";
import { timeText } from "../../shell/time";

function Event({ event }: { event: EventLink }) {
  return (
    <li>
      <Link href={eventLink(event.EventId)}>
        <bdi>{event.DetailType}</bdi>
      </Link>{" "}
      <Box variant="small" display="inline">
        <bdi>{event.Source}</bdi>
        {`, ${timeText(event.ArrivalTime)}, on `}
        <bdi>{event.EventBusName}</bdi>
      </Box>
    </li>
  );
}

export function Origins({ arn, live }: { arn: string; live: boolean }) {
  const { data, error, reload } = useAnswer((signal) => getExecutionTrace(arn, { signal }), [arn, live], { everyMs: live ? 2000 : 0 });
  return (
    <Panel title="Related events" actions={<CopyCommand service="crema" operation="GetExecutionTrace" input={{ ExecutionArn: arn }} />}>
      {error && <Failure error={error} retry={reload} />}
      {data && (
        <SpaceBetween size="s">
          <div>
            <Box variant="awsui-key-label">Started by</Box>
            {data.StartedBy ? (
              <ul>
                <Event event={data.StartedBy} />
              </ul>
            ) : (
              "No event that is still known"
            )}
          </div>
          <div>
            <Box variant="awsui-key-label">Emitted</Box>
            {data.Emitted.length ? (
              <ul>
                {data.Emitted.map((event) => (
                  <Event key={event.EventId} event={event} />
                ))}
              </ul>
            ) : (
              "No events that are still known"
            )}
          </div>
          <Box variant="small">{`Events are known since ${timeText(data.Since)}.`}</Box>
        </SpaceBetween>
      )}
    </Panel>
  );
}
