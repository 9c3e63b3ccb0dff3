// The state machines: list, delete.
import Button from "@cloudscape-design/components/button";
import Link from "@cloudscape-design/components/link";
import SpaceBetween from "@cloudscape-design/components/space-between";
import { useState } from "react";
import { deleteMachine, listMachines, type Machine } from "../../api/states";
import { useAnswer } from "../../api/use_answer";
import { everything } from "../../api/everything";
import { CopyCli } from "../../cli/copy_cli";
import { CoffeeShopButton } from "../../coffee/coffee_shop_button";
import { timeText } from "../../format";
import { machineLink } from "../../links";
import { href } from "../../route";
import { Confirm } from "../../shell/confirm";
import { Failure } from "../../shell/failure";
import { List, type Column } from "../../shell/list";

const MACHINES_MAX = 1000;

const columns: readonly Column<Machine>[] = [
  { id: "name", header: "Name", isRowHeader: true, cell: (machine) => <Link href={machineLink(machine.stateMachineArn)}>{machine.name}</Link> },
  { id: "type", header: "Type", cell: (machine) => (machine.type === "EXPRESS" ? "Express" : "Standard") },
  { id: "created", header: "Creation date", cell: (machine) => timeText(machine.creationDate) },
];

export default function Machines() {
  const { data, error, reload } = useAnswer((signal) =>
    everything(async (token) => {
      const page = await listMachines({ maxResults: MACHINES_MAX, nextToken: token }, { signal });
      return { items: page.stateMachines, next: page.nextToken };
    }, MACHINES_MAX),
  );
  const [selected, setSelected] = useState<Machine>();
  const [deleting, setDeleting] = useState(false);
  const close = (): void => setDeleting(false);
  return (
    <SpaceBetween size="l">
      {error && <Failure error={error} retry={reload} />}
      <List
        title="State machines"
        level="h1"
        items={data?.items}
        more={data?.more ?? false}
        columns={columns}
        keyOf={(machine) => machine.stateMachineArn}
        textOf={(machine) => machine.name}
        selected={selected}
        onSelect={setSelected}
        empty={
          <SpaceBetween size="s">
            <b>No state machines</b>
            <span>A state machine is a workflow: its definition says what is done, in which order, and what happens when it fails.</span>
            <Button href={href("/machines/create")}>Create state machine</Button>
            <CoffeeShopButton />
          </SpaceBetween>
        }
        actions={
          <>
            <Button iconName="refresh" ariaLabel="Ask again" onClick={reload} />
            <CopyCli service="stepfunctions" operation="ListStateMachines" input={{}} />
            <Button disabled={!selected} onClick={() => setDeleting(true)}>
              Delete
            </Button>
            <Button variant="primary" href={href("/machines/create")}>
              Create state machine
            </Button>
          </>
        }
      />
      {deleting && selected && (
        <Confirm
          title={`Delete ${selected.name}?`}
          verb="Delete"
          act={() => deleteMachine({ stateMachineArn: selected.stateMachineArn })}
          close={close}
          done={() => {
            close();
            setSelected(undefined);
            reload();
          }}
        >
          Executions that are under way go on to their end; no new ones start.
        </Confirm>
      )}
    </SpaceBetween>
  );
}
