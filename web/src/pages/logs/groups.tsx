// The log groups: list, create, retention, delete.
import Button from "@cloudscape-design/components/button";
import FormField from "@cloudscape-design/components/form-field";
import Input from "@cloudscape-design/components/input";
import Link from "@cloudscape-design/components/link";
import SpaceBetween from "@cloudscape-design/components/space-between";
import { perform, type Call } from "../../api/client";
import { allGroups, callsToDeleteGroup, type LogGroup } from "../../api/logs";
import { useAction } from "../../api/use_action";
import { useAnswer } from "../../api/use_answer";
import { CoffeeShopButton } from "../../coffee/coffee_shop_button";
import { bytesText } from "../../format";
import { groupLink, insightsLink, liveLink } from "../../links";
import { go } from "../../route";
import { useAsked, useChosen } from "../../shell/asked";
import { Confirm } from "../../shell/confirm";
import { Dialog } from "../../shell/dialog";
import { useKept } from "../../shell/kept";
import { List, type Column } from "../../shell/list";
import { timeText } from "../../shell/time";
import { Retention, retentionText } from "./retention";

const columns: readonly Column<LogGroup>[] = [
  { id: "name", header: "Log group", isRowHeader: true, cell: (group) => <Link href={groupLink(group.logGroupName)}>{group.logGroupName}</Link> },
  { id: "retention", header: "Retention", cell: (group) => retentionText(group.retentionInDays) },
  { id: "bytes", header: "Stored", cell: (group) => (group.storedBytes === undefined ? "-" : bytesText(group.storedBytes)) },
  { id: "created", header: "Created", cell: (group) => timeText(group.creationTime / 1000) },
];

function CreateGroup({ close }: { close: () => void }) {
  const [logGroupName, setName] = useKept("dialog/create-group", "");
  const good = /^[.\-_/#A-Za-z0-9]{1,512}$/.test(logGroupName);
  const calls: Call[] = [{ service: "logs", operation: "CreateLogGroup", input: { logGroupName } }];
  const create = useAction(() => perform(calls));
  return (
    <Dialog
      title="Create log group"
      verb="Create"
      action={create}
      calls={calls}
      good={good}
      kept="dialog/create-group"
      close={close}
      done={() => go(groupLink(logGroupName))}
    >
      <FormField label="Name" errorText={logGroupName && !good ? "Letters, digits and . - _ / #, at most 512" : undefined}>
        <Input value={logGroupName} autoFocus onChange={({ detail }) => setName(detail.value)} />
      </FormField>
    </Dialog>
  );
}

export default function Groups() {
  const answer = useAnswer((signal) => allGroups({ signal }));
  const [selected, select] = useChosen(answer.data?.items, (group) => group.logGroupName);
  const [asked, ask] = useAsked();
  const close = (): void => ask(undefined);
  const done = (): void => {
    close();
    answer.reload();
  };
  return (
    <SpaceBetween size="l">
      <List
        title="Log groups"
        level="h1"
        answer={answer}
        call={{ service: "logs", operation: "DescribeLogGroups", input: {} }}
        columns={columns}
        keyOf={(group) => group.logGroupName}
        textOf={(group) => group.logGroupName}
        selected={selected}
        onSelect={select}
        empty={
          <SpaceBetween size="s">
            <b>No log groups</b>
            <span>A log group keeps what rules send to it and what programs write to it, in streams.</span>
            <Button onClick={() => ask("create")}>Create log group</Button>
            <CoffeeShopButton />
          </SpaceBetween>
        }
        actions={
          <>
            <Button href={liveLink(selected?.logGroupName)}>Live tail</Button>
            <Button href={insightsLink(selected?.logGroupName)}>View in Logs Insights</Button>
            <Button disabled={!selected} onClick={() => ask("retention")}>
              Retention
            </Button>
            <Button disabled={!selected} onClick={() => ask("delete")}>
              Delete
            </Button>
            <Button variant="primary" onClick={() => ask("create")}>
              Create log group
            </Button>
          </>
        }
      />
      {asked === "create" && <CreateGroup close={close} />}
      {asked === "retention" && selected && <Retention group={selected} close={close} done={done} />}
      {asked === "delete" && selected && (
        <Confirm title={`Delete ${selected.logGroupName}?`} verb="Delete" calls={callsToDeleteGroup(selected.logGroupName)} close={close} done={done}>
          All its streams and events go with it.
        </Confirm>
      )}
    </SpaceBetween>
  );
}
