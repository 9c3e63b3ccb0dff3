// The rules of a bus, held against an event, the nearest first.
import ExpandableSection from "@cloudscape-design/components/expandable-section";
import Link from "@cloudscape-design/components/link";
import SpaceBetween from "@cloudscape-design/components/space-between";
import StatusIndicator from "@cloudscape-design/components/status-indicator";
import { call } from "../../api/client";
import type { Explanation } from "../../api/crema";
import { useAnswer } from "../../api/use_answer";
import { CopyCommand } from "../../cli/copy_command";
import { ruleLink } from "../../links";
import { Failure } from "../../shell/failure";
import { Panel } from "../../shell/panel";
import { Explained, whyNot } from "./explained";

interface ExplainedRules {
  RuleCount: number;
  MatchedCount: number;
  Rules: { Name: string; State: string; Explanation: Explanation }[];
}

export function OtherRules({ bus, event }: { bus: string; event: string }) {
  const input = { EventBusName: bus, Event: event };
  const { data, error, reload } = useAnswer((signal) => call<ExplainedRules>("crema", "ExplainEvent", input, { signal }), [bus, event]);
  return (
    <Panel
      title={`Rules of ${bus}, and why`}
      description={data && `As they are now; ${data.MatchedCount} of ${data.RuleCount} match, the nearest come first.`}
      actions={<CopyCommand service="crema" operation="ExplainEvent" input={input} />}
    >
      <SpaceBetween size="s">
        {error && <Failure error={error} retry={reload} />}
        {data?.Rules.length === 0 && "It has no rules."}
        {data?.Rules.map(({ Name, State, Explanation: explanation }) => (
          <ExpandableSection
            key={Name}
            headerText={Name}
            headerDescription={whyNot(explanation)}
            headerActions={
              <StatusIndicator type={explanation.Matched ? "success" : "stopped"}>
                {`${explanation.Matched ? "Matches" : "Does not match"}${State === "DISABLED" ? ", disabled" : ""}`}
              </StatusIndicator>
            }
          >
            <SpaceBetween size="xs">
              <Link href={ruleLink(bus, Name)}>Open the rule</Link>
              <Explained explanation={explanation} />
            </SpaceBetween>
          </ExpandableSection>
        ))}
      </SpaceBetween>
    </Panel>
  );
}
