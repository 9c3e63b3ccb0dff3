// The log groups: list, create, retention, delete.
import Box from "@cloudscape-design/components/box";
import Button from "@cloudscape-design/components/button";
import FormField from "@cloudscape-design/components/form-field";
import Input from "@cloudscape-design/components/input";
import Link from "@cloudscape-design/components/link";
import Modal from "@cloudscape-design/components/modal";
import SpaceBetween from "@cloudscape-design/components/space-between";
import { useState } from "react";
import { everything } from "../../api/everything";
import { createGroup, deleteGroup, describeGroups, type LogGroup } from "../../api/logs";
import { useAction } from "../../api/use_action";
import { useAnswer } from "../../api/use_answer";
import { CopyCli } from "../../cli/copy_cli";
import { CoffeeShopButton } from "../../coffee/coffee_shop_button";
import { bytesText, timeText } from "../../format";
import { groupLink } from "../../links";
import { go, href } from "../../route";
import { Confirm } from "../../shell/confirm";
import { Failure } from "../../shell/failure";
import { List, type Column } from "../../shell/list";
import { Retention, retentionText } from "./retention";

const GROUPS_MAX = 2000;

const columns: readonly Column<LogGroup>[] = [
  { id: "name", header: "Log group", isRowHeader: true, cell: (group) => <Link href={groupLink(group.logGroupName)}>{group.logGroupName}</Link> },
  { id: "retention", header: "Retention", cell: (group) => retentionText(group.retentionInDays) },
  { id: "bytes", header: "Stored", cell: (group) => (group.storedBytes === undefined ? "-" : bytesText(group.storedBytes)) },
  { id: "created", header: "Created", cell: (group) => timeText(group.creationTime / 1000) },
];

function CreateGroup({ close }: { close: () => void }) {
  const [logGroupName, setName] = useState("");
  const good = /^[.\-_/#A-Za-z0-9]{1,512}$/.test(logGroupName);
  const create = useAction(async () => {
    await createGroup({ logGroupName });
    go(groupLink(logGroupName));
  });
  return (
    <Modal
      visible
      header="Create log group"
      closeAriaLabel="Close"
      onDismiss={close}
      footer={
        <Box float="right">
          <SpaceBetween direction="horizontal" size="xs">
            <CopyCli service="logs" operation="CreateLogGroup" input={{ logGroupName }} />
            <Button variant="link" onClick={close}>
              Cancel
            </Button>
            <Button variant="primary" disabled={!good} loading={create.busy} onClick={() => void create.run()}>
              Create
            </Button>
          </SpaceBetween>
        </Box>
      }
    >
      <SpaceBetween size="m">
        {create.error && <Failure error={create.error} />}
        <FormField label="Name" errorText={logGroupName && !good ? "Letters, digits and . - _ / #, at most 512" : undefined}>
          <Input value={logGroupName} autoFocus onChange={({ detail }) => setName(detail.value)} />
        </FormField>
      </SpaceBetween>
    </Modal>
  );
}

export default function Groups() {
  const { data, error, reload } = useAnswer((signal) =>
    everything(async (token) => {
      const page = await describeGroups({ limit: 50, nextToken: token }, { signal });
      return { items: page.logGroups, next: page.nextToken };
    }, GROUPS_MAX),
  );
  const [selected, setSelected] = useState<LogGroup>();
  const [asking, setAsking] = useState<"create" | "delete" | "retention">();
  const close = (): void => setAsking(undefined);
  const done = (): void => {
    close();
    setSelected(undefined);
    reload();
  };
  return (
    <SpaceBetween size="l">
      {error && <Failure error={error} retry={reload} />}
      <List
        title="Log groups"
        level="h1"
        items={data?.items}
        more={data?.more ?? false}
        columns={columns}
        keyOf={(group) => group.logGroupName}
        textOf={(group) => group.logGroupName}
        selected={selected}
        onSelect={setSelected}
        empty={
          <SpaceBetween size="s">
            <b>No log groups</b>
            <span>A log group keeps what rules send to it and what programs write to it, in streams.</span>
            <Button onClick={() => setAsking("create")}>Create log group</Button>
            <CoffeeShopButton />
          </SpaceBetween>
        }
        actions={
          <>
            <Button iconName="refresh" ariaLabel="Ask again" onClick={reload} />
            <CopyCli service="logs" operation="DescribeLogGroups" input={{}} />
            <Button href={href("/live", {}, { groups: selected?.logGroupName })}>Live tail</Button>
            <Button disabled={!selected} onClick={() => setAsking("retention")}>
              Retention
            </Button>
            <Button disabled={!selected} onClick={() => setAsking("delete")}>
              Delete
            </Button>
            <Button variant="primary" onClick={() => setAsking("create")}>
              Create log group
            </Button>
          </>
        }
      />
      {asking === "create" && <CreateGroup close={close} />}
      {asking === "retention" && selected && <Retention group={selected} close={close} done={done} />}
      {asking === "delete" && selected && (
        <Confirm title={`Delete ${selected.logGroupName}?`} verb="Delete" act={() => deleteGroup({ logGroupName: selected.logGroupName })} close={close} done={done}>
          All its streams and events go with it.
        </Confirm>
      )}
    </SpaceBetween>
  );
}
