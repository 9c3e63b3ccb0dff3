// One rule: its pattern, targets, tags, and what it matched lately.
import Button from "@cloudscape-design/components/button";
import KeyValuePairs from "@cloudscape-design/components/key-value-pairs";
import Link from "@cloudscape-design/components/link";
import SpaceBetween from "@cloudscape-design/components/space-between";
import Tabs from "@cloudscape-design/components/tabs";
import { perform } from "../../api/client";
import { callsToDeleteRule, callToTurn } from "../../api/events";
import { useAction } from "../../api/use_action";
import { useAnswer } from "../../api/use_answer";
import { CopyButton } from "../../cli/copy_button";
import { CopyCommand } from "../../cli/copy_command";
import { JsonView } from "../../json/json_view";
import { busLink, editRuleLink } from "../../links";
import { go, setQuery, usePlace } from "../../route";
import type { PageProps } from "../../routes";
import { AnswerPage } from "../../shell/answer_page";
import { useAsked } from "../../shell/asked";
import { Confirm } from "../../shell/confirm";
import { Failure } from "../../shell/failure";
import { Panel } from "../../shell/panel";
import { Said } from "../../shell/said";
import { TagTable } from "../buses/tag_table";
import type { Stored } from "./draft";
import { Matches } from "./matches";
import { RuleStatus } from "./rule_list";
import { storedRule } from "./stored_rule";
import { TargetTable } from "./target_table";

function Details({ bus, rule }: { bus: string; rule: Stored["rule"] }) {
  return (
    <Panel title="Rule details">
      <KeyValuePairs
        columns={3}
        items={[
          { label: "Status", value: <RuleStatus state={rule.State} /> },
          { label: "Type", value: rule.ScheduleExpression ? "Scheduled" : "Standard" },
          { label: "Event bus", value: <Link href={busLink(bus)}>{bus}</Link> },
          { label: "Description", value: <Said text={rule.Description} /> },
          { label: "ARN", value: <Said text={rule.Arn} /> },
        ]}
      />
    </Panel>
  );
}

function Parts({ bus, stored }: { bus: string; stored: Stored }) {
  const { rule, targets, tags } = stored;
  const tab = usePlace().query["tab"] ?? "pattern";
  const pattern = rule.EventPattern ?? "";
  return (
    <Tabs
      activeTabId={tab}
      onChange={({ detail }) => setQuery({ tab: detail.activeTabId === "pattern" ? undefined : detail.activeTabId })}
      tabs={[
        {
          id: "pattern",
          label: "Event pattern",
          content: (
            <Panel title="Event pattern" actions={<CopyButton text={() => pattern} />}>
              <JsonView text={pattern} label="Event pattern" />
            </Panel>
          ),
        },
        { id: "targets", label: "Targets", content: <TargetTable targets={targets} of={{ Rule: rule.Name, EventBusName: bus }} /> },
        { id: "matches", label: "Recent matches", content: tab === "matches" && <Matches bus={bus} rule={rule} /> },
        { id: "tags", label: "Tags", content: <TagTable tags={tags} of={rule.Arn} /> },
      ]}
    />
  );
}

export default function RulePage({ parameters }: PageProps) {
  const { bus = "", rule: name = "" } = parameters;
  const [asked, ask] = useAsked();
  const answer = useAnswer((signal) => storedRule(bus, name, { signal }), [bus, name]);
  const { data, reload } = answer;
  const enabled = data?.rule.State !== "DISABLED";
  const turn = useAction(async () => {
    await perform([callToTurn(bus, name, !enabled)]);
    reload();
  });
  const actions = (
    <>
      <CopyCommand
        service="events"
        operation="DescribeRule"
        input={{ Name: name, EventBusName: bus }}
        others={[
          { id: "turn", text: enabled ? "Disable" : "Enable", calls: [callToTurn(bus, name, !enabled)] },
        ]}
      />
      <Button disabled={!data} loading={turn.busy} onClick={() => void turn.run()}>
        {enabled ? "Disable" : "Enable"}
      </Button>
      <Button disabled={!data} onClick={() => ask("delete")}>
        Delete
      </Button>
      <Button variant="primary" href={editRuleLink(bus, name)}>
        Edit
      </Button>
    </>
  );
  return (
    <AnswerPage title={<Said text={name} />} actions={actions} answer={answer}>
      {(stored) => (
        <SpaceBetween size="l">
          {turn.error && <Failure error={turn.error} />}
          <Details bus={bus} rule={stored.rule} />
          <Parts bus={bus} stored={stored} />
          {asked === "delete" && (
            <Confirm title={`Delete ${name}?`} verb="Delete" calls={() => callsToDeleteRule(bus, name)} close={() => ask(undefined)} done={() => go(busLink(bus))}>
              Its targets go with it. What is under way is still delivered.
            </Confirm>
          )}
        </SpaceBetween>
      )}
    </AnswerPage>
  );
}
