// The state machines: list, delete.
import Button from "@cloudscape-design/components/button";
import Link from "@cloudscape-design/components/link";
import SpaceBetween from "@cloudscape-design/components/space-between";
import { callsToDeleteMachine, listMachines, type Machine } from "../../api/states";
import { useAnswer } from "../../api/use_answer";
import { everything } from "../../api/everything";
import { CopyCommand } from "../../cli/copy_command";
import { CoffeeShopButton } from "../../coffee/coffee_shop_button";
import { machineLink } from "../../links";
import { href } from "../../route";
import { useAsked, useChosen } from "../../shell/asked";
import { Confirm } from "../../shell/confirm";
import { Failure } from "../../shell/failure";
import { List, type Column } from "../../shell/list";
import { timeText } from "../../shell/time";

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
  const [selected, select] = useChosen(data?.items, (machine) => machine.stateMachineArn);
  const [asked, ask] = useAsked();
  const close = (): void => ask(undefined);
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
        onSelect={select}
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
            <CopyCommand service="states" operation="ListStateMachines" input={{}} />
            <Button disabled={!selected} onClick={() => ask("delete")}>
              Delete
            </Button>
            <Button variant="primary" href={href("/machines/create")}>
              Create state machine
            </Button>
          </>
        }
      />
      {asked === "delete" && selected && (
        <Confirm
          title={`Delete ${selected.name}?`}
          verb="Delete"
          calls={callsToDeleteMachine(selected.stateMachineArn)}
          close={close}
          done={() => {
            close();
            reload();
          }}
        >
          Executions that are under way go on to their end; no new ones start.
        </Confirm>
      )}
    </SpaceBetween>
  );
}
