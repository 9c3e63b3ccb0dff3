// The state machines: list, delete.
import Button from "@cloudscape-design/components/button";
import Link from "@cloudscape-design/components/link";
import SpaceBetween from "@cloudscape-design/components/space-between";
import { callsToDeleteMachine, listMachines, type Machine } from "../../api/states";
import { useAnswer } from "../../api/use_answer";
import { everything } from "../../api/everything";
import { CoffeeShopButton } from "../../coffee/coffee_shop_button";
import { machineLink } from "../../links";
import { href } from "../../route";
import { useAsked, useChosen } from "../../shell/asked";
import { Confirm } from "../../shell/confirm";
import { List, type Column } from "../../shell/list";
import { timeText } from "../../shell/time";

const MACHINES_MAX = 1000;

const columns: readonly Column<Machine>[] = [
  { id: "name", header: "Name", isRowHeader: true, cell: (machine) => <Link href={machineLink(machine.stateMachineArn)}>{machine.name}</Link> },
  { id: "type", header: "Type", cell: (machine) => (machine.type === "EXPRESS" ? "Express" : "Standard") },
  { id: "created", header: "Creation date", cell: (machine) => timeText(machine.creationDate) },
];

export default function Machines() {
  const answer = useAnswer((signal) =>
    everything(async (token) => {
      const page = await listMachines({ maxResults: MACHINES_MAX, nextToken: token }, { signal });
      return { items: page.stateMachines, next: page.nextToken };
    }, MACHINES_MAX),
  );
  const [selected, select] = useChosen(answer.data?.items, (machine) => machine.stateMachineArn);
  const [asked, ask] = useAsked();
  const close = (): void => ask(undefined);
  return (
    <SpaceBetween size="l">
      <List
        title="State machines"
        level="h1"
        answer={answer}
        call={{ service: "states", operation: "ListStateMachines", input: {} }}
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
            answer.reload();
          }}
        >
          Executions that are under way go on to their end; no new ones start.
        </Confirm>
      )}
    </SpaceBetween>
  );
}
