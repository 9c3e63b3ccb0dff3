// Which of the recent events a pattern would match, while it is typed; of the others, which clause fails and what it saw.
import Box from "@cloudscape-design/components/box";
import ExpandableSection from "@cloudscape-design/components/expandable-section";
import SpaceBetween from "@cloudscape-design/components/space-between";
import StatusIndicator from "@cloudscape-design/components/status-indicator";
import { explainPattern, type Explanation, type RecentEvent } from "../../api/crema";
import { useAnswer } from "../../api/use_answer";
import { isolated } from "../../format";
import { Failure } from "../../shell/failure";
import { Panel } from "../../shell/panel";
import { useSettled } from "../../shell/settled";
import { timeText } from "../../shell/time";
import { Explained, whyNot } from "../recent/explained";

interface Held {
  event: RecentEvent;
  explanation: Explanation;
}

async function hold(pattern: string, events: readonly RecentEvent[], sample: string, signal: AbortSignal): Promise<Held[]> {
  if (events.length === 0) await explainPattern(pattern, sample, { signal }); // whether it is a pattern at all
  return Promise.all(
    events.map(async (event) => ({ event, explanation: (await explainPattern(pattern, event.Event ?? "{}", { signal })).Explanation })),
  );
}

export function HeldAgainst({ pattern, events, sample }: { pattern: string | undefined; events: readonly RecentEvent[]; sample: string }) {
  const settled = useSettled(pattern);
  const { data, error, loading } = useAnswer(
    async (signal) => (settled === undefined ? undefined : { of: settled, held: await hold(settled, events, sample, signal) }),
    [settled, events.map(({ EventId }) => EventId), events.length === 0 && sample],
  );
  const held = data && data.of === settled ? data.held : undefined;
  const matched = held?.filter(({ explanation }) => explanation.Matched).length ?? 0;
  return (
    <Panel
      title={held && !error ? `Would match ${matched} of ${held.length} recent events` : "Recent events"}
      description="What came through this bus lately, held against the pattern as it is typed."
    >
      <SpaceBetween size="s">
        {pattern === undefined && <Box>A whole pattern is needed first.</Box>}
        {pattern !== undefined && error && <Failure error={error} />}
        {pattern !== undefined && loading && !held && <StatusIndicator type="loading">Holding them against it</StatusIndicator>}
        {held?.length === 0 && <Box>Nothing came through this bus yet.</Box>}
        {!error &&
          pattern !== undefined &&
          held?.map(({ event, explanation }) => (
            <ExpandableSection
              key={event.EventId}
              headerText={`${isolated(event.DetailType)} from ${isolated(event.Source)}`}
              headerDescription={explanation.Matched ? timeText(event.ArrivalTime) : whyNot(explanation)}
              headerActions={
                <StatusIndicator type={explanation.Matched ? "success" : "stopped"}>{explanation.Matched ? "Would match" : "Would not match"}</StatusIndicator>
              }
            >
              <Explained explanation={explanation} />
            </ExpandableSection>
          ))}
      </SpaceBetween>
    </Panel>
  );
}
