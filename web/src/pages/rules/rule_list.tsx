// The rules of a bus: enable, disable, delete.
import Button from "@cloudscape-design/components/button";
import Link from "@cloudscape-design/components/link";
import SpaceBetween from "@cloudscape-design/components/space-between";
import StatusIndicator from "@cloudscape-design/components/status-indicator";
import { useState } from "react";
import { call } from "../../api/client";
import { deleteRule, listRules, type Rule } from "../../api/events";
import { useAction } from "../../api/use_action";
import { useAnswer } from "../../api/use_answer";
import { CopyCli } from "../../cli/copy_cli";
import { createRuleLink, editRuleLink, ruleLink } from "../../links";
import { Confirm } from "../../shell/confirm";
import { Failure } from "../../shell/failure";
import { List, type Column } from "../../shell/list";
import { Said } from "../../shell/said";

export function RuleStatus({ state }: { state: string }) {
  return state === "DISABLED" ? <StatusIndicator type="stopped">Disabled</StatusIndicator> : <StatusIndicator type="success">Enabled</StatusIndicator>;
}

const columnsOf = (bus: string): readonly Column<Rule>[] => [
  { id: "name", header: "Name", isRowHeader: true, cell: (rule) => <Link href={ruleLink(bus, rule.Name)}>{rule.Name}</Link> },
  { id: "status", header: "Status", cell: (rule) => <RuleStatus state={rule.State} /> },
  { id: "type", header: "Type", cell: (rule) => (rule.ScheduleExpression ? "Scheduled" : "Standard") },
  { id: "description", header: "Description", cell: (rule) => <Said text={rule.Description} /> },
];

export function RuleList({ bus, level = "h2" }: { bus: string; level?: "h1" | "h2" }) {
  const { data, error, reload } = useAnswer((signal) => listRules(bus, { signal }), [bus]);
  const [chosen, setChosen] = useState<string>();
  const [deleting, setDeleting] = useState(false);
  const selected = data?.items.find((rule) => rule.Name === chosen);
  const enabled = selected?.State !== "DISABLED";
  const turn = useAction(async () => {
    await call("events", enabled ? "DisableRule" : "EnableRule", { EventBusName: bus, Name: selected?.Name });
    reload();
  });
  return (
    <SpaceBetween size="l">
      {error && <Failure error={error} retry={reload} />}
      {turn.error && <Failure error={turn.error} />}
      <List
        title="Rules"
        level={level}
        items={data?.items}
        more={data?.more ?? false}
        columns={columnsOf(bus)}
        keyOf={(rule) => rule.Name}
        textOf={(rule) => `${rule.Name} ${rule.Description ?? ""} ${rule.EventPattern ?? ""}`}
        selected={selected}
        onSelect={(rule) => setChosen(rule?.Name)}
        empty={
          <SpaceBetween size="xs">
            <div>{`No rules on ${bus}: its events go nowhere.`}</div>
            <Button href={createRuleLink(bus)}>Create the first rule</Button>
          </SpaceBetween>
        }
        actions={
          <>
            <Button iconName="refresh" ariaLabel="Ask again" onClick={reload} />
            <CopyCli service="events" operation="ListRules" input={{ EventBusName: bus }} />
            <Button disabled={!selected} loading={turn.busy} onClick={() => void turn.run()}>
              {enabled ? "Disable" : "Enable"}
            </Button>
            <Button disabled={!selected} href={editRuleLink(bus, selected?.Name ?? "-")}>
              Edit
            </Button>
            <Button disabled={!selected} onClick={() => setDeleting(true)}>
              Delete
            </Button>
            <Button variant="primary" href={createRuleLink(bus)}>
              Create rule
            </Button>
          </>
        }
      />
      {deleting && selected && (
        <Confirm
          title={`Delete ${selected.Name}?`}
          verb="Delete"
          act={() => deleteRule(bus, selected.Name)}
          close={() => setDeleting(false)}
          done={() => {
            setDeleting(false);
            setChosen(undefined);
            reload();
          }}
        >
          Its targets go with it. What is under way is still delivered.
        </Confirm>
      )}
    </SpaceBetween>
  );
}
