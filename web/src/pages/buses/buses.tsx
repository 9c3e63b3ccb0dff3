// The event buses: list, create, delete.
import Button from "@cloudscape-design/components/button";
import Link from "@cloudscape-design/components/link";
import SpaceBetween from "@cloudscape-design/components/space-between";
import { callsToDeleteBus, listBuses, type Bus } from "../../api/events";
import { useAnswer } from "../../api/use_answer";
import { busLink, sendLink } from "../../links";
import { useAsked, useChosen } from "../../shell/asked";
import { Confirm } from "../../shell/confirm";
import { List, type Column } from "../../shell/list";
import { Said } from "../../shell/said";
import { timeText } from "../../shell/time";
import { CreateBus } from "./create_bus";

const columns: readonly Column<Bus>[] = [
  { id: "name", header: "Name", isRowHeader: true, cell: (bus) => <Link href={busLink(bus.Name)}>{bus.Name}</Link> },
  { id: "description", header: "Description", minWidth: 140, cell: (bus) => <Said text={bus.Description} /> },
  { id: "arn", header: "ARN", minWidth: 220, cell: (bus) => <Said text={bus.Arn} /> },
  { id: "created", header: "Created", cell: (bus) => timeText(bus.CreationTime) },
];

export default function Buses() {
  const answer = useAnswer((signal) => listBuses({ signal }));
  const [selected, select] = useChosen(answer.data?.items, (bus) => bus.Name);
  const [asked, ask] = useAsked();
  const close = (): void => ask(undefined);
  return (
    <SpaceBetween size="l">
      <List
        title="Event buses"
        level="h1"
        answer={answer}
        call={{ service: "events", operation: "ListEventBuses", input: {} }}
        columns={columns}
        keyOf={(bus) => bus.Name}
        textOf={(bus) => `${bus.Name} ${bus.Description ?? ""}`}
        selected={selected}
        onSelect={select}
        empty="No event buses"
        actions={
          <>
            <Button disabled={!selected || selected.Name === "default"} onClick={() => ask("delete")}>
              Delete
            </Button>
            <Button href={sendLink(selected?.Name ?? "default")}>Send events</Button>
            <Button variant="primary" onClick={() => ask("create")}>
              Create event bus
            </Button>
          </>
        }
      />
      {asked === "create" && <CreateBus close={close} />}
      {asked === "delete" && selected && (
        <Confirm
          title={`Delete ${selected.Name}?`}
          verb="Delete"
          calls={() => callsToDeleteBus(selected.Name)}
          close={close}
          done={() => {
            close();
            answer.reload();
          }}
        >
          Its rules and their targets go with it. Events that name it afterwards are kept in the inbox.
        </Confirm>
      )}
    </SpaceBetween>
  );
}
