// The rules of a bus: enable, disable, delete.
import Button from "@cloudscape-design/components/button";
import Link from "@cloudscape-design/components/link";
import SpaceBetween from "@cloudscape-design/components/space-between";
import StatusIndicator from "@cloudscape-design/components/status-indicator";
import { perform } from "../../api/client";
import { callsToDeleteRule, callToTurn, listRules, type Rule } from "../../api/events";
import { useAction } from "../../api/use_action";
import { useAnswer } from "../../api/use_answer";
import { createRuleLink, editRuleLink, ruleLink } from "../../links";
import { useAsked, useChosen } from "../../shell/asked";
import { Confirm } from "../../shell/confirm";
import { Failure } from "../../shell/failure";
import { List, type Column } from "../../shell/list";
import { Said } from "../../shell/said";

export function RuleStatus({ state }: { state: string }) {
  return state === "DISABLED" ? <StatusIndicator type="stopped">Disabled</StatusIndicator> : <StatusIndicator type="success">Enabled</StatusIndicator>;
}

const columnsOf = (bus: string): readonly Column<Rule>[] => [
  { id: "name", header: "Name", isRowHeader: true, cell: (rule) => <Link href={ruleLink(bus, rule.Name)}>{rule.Name}</Link> },
  { id: "status", header: "Status", minWidth: 130, cell: (rule) => <RuleStatus state={rule.State} /> },
  { id: "type", header: "Type", cell: (rule) => (rule.ScheduleExpression ? "Scheduled" : "Standard") },
  { id: "description", header: "Description", cell: (rule) => <Said text={rule.Description} /> },
];

export function RuleList({ bus, level = "h2" }: { bus: string; level?: "h1" | "h2" }) {
  const answer = useAnswer((signal) => listRules(bus, { signal }), [bus]);
  const [selected, select] = useChosen(answer.data?.items, (rule) => rule.Name);
  const [asked, ask] = useAsked();
  const enabled = selected?.State !== "DISABLED";
  const calls = selected ? [callToTurn(bus, selected.Name, !enabled)] : [];
  const turn = useAction(async () => {
    await perform(calls);
    answer.reload();
  });
  return (
    <SpaceBetween size="l">
      {turn.error && <Failure error={turn.error} />}
      <List
        title="Rules"
        level={level}
        answer={answer}
        call={{ service: "events", operation: "ListRules", input: { EventBusName: bus } }}
        others={selected ? [{ id: "turn", text: `${enabled ? "Disable" : "Enable"} ${selected.Name}`, calls }] : []}
        columns={columnsOf(bus)}
        keyOf={(rule) => rule.Name}
        textOf={(rule) => `${rule.Name} ${rule.Description ?? ""} ${rule.EventPattern ?? ""}`}
        selected={selected}
        onSelect={select}
        empty={
          <SpaceBetween size="xs">
            <div>{`No rules on ${bus}: its events go nowhere.`}</div>
            <Button href={createRuleLink(bus)}>Create the first rule</Button>
          </SpaceBetween>
        }
        actions={
          <>
            <Button disabled={!selected} loading={turn.busy} onClick={() => void turn.run()}>
              {enabled ? "Disable" : "Enable"}
            </Button>
            <Button disabled={!selected} href={editRuleLink(bus, selected?.Name ?? "-")}>
              Edit
            </Button>
            <Button disabled={!selected} onClick={() => ask("delete-rule")}>
              Delete
            </Button>
            <Button variant="primary" href={createRuleLink(bus)}>
              Create rule
            </Button>
          </>
        }
      />
      {asked === "delete-rule" && selected && (
        <Confirm
          title={`Delete ${selected.Name}?`}
          verb="Delete"
          calls={() => callsToDeleteRule(bus, selected.Name)}
          close={() => ask(undefined)}
          done={() => {
            ask(undefined);
            answer.reload();
          }}
        >
          Its targets go with it. What is under way is still delivered.
        </Confirm>
      )}
    </SpaceBetween>
  );
}
