// Saved queries: save, take up again, delete.
import Box from "@cloudscape-design/components/box";
import Button from "@cloudscape-design/components/button";
import FormField from "@cloudscape-design/components/form-field";
import Input from "@cloudscape-design/components/input";
import SpaceBetween from "@cloudscape-design/components/space-between";
import type { Call } from "../../api/client";
import { putSavedQuery, savedQueries, type SavedQuery } from "../../api/insights";
import { useAction } from "../../api/use_action";
import { useAnswer } from "../../api/use_answer";
import { useAsked, useChosen } from "../../shell/asked";
import { Confirm } from "../../shell/confirm";
import { Dialog } from "../../shell/dialog";
import { Failure } from "../../shell/failure";
import { useKept } from "../../shell/kept";
import { List, type Column } from "../../shell/list";
import { Said } from "../../shell/said";
import { timeText } from "../../shell/time";

const KEPT = "dialog/save-query";

// One of the same name is replaced.
export function SaveQuery({ text, groups, close, done }: { text: string; groups: readonly string[]; close: () => void; done: () => void }) {
  const [name, setName] = useKept(KEPT, "");
  const saved = useAnswer((signal) => savedQueries({ signal }));
  const same = saved.data?.items.find((one) => one.name === name);
  const input = { name, queryString: text, ...(groups.length ? { logGroupNames: groups } : {}), ...(same ? { queryDefinitionId: same.queryDefinitionId } : {}) };
  const save = useAction(() => putSavedQuery(input));
  return (
    <Dialog
      title="Save query"
      verb={same ? "Replace" : "Save"}
      action={save}
      calls={[{ service: "logs", operation: "PutQueryDefinition", input }]}
      good={name !== "" && saved.data !== undefined}
      kept={KEPT}
      close={close}
      done={done}
    >
      {saved.error && <Failure error={saved.error} retry={saved.reload} />}
      <FormField label="Name" description="With slashes: in folders" constraintText={same ? "There is one of this name, which is replaced" : "Up to 255 characters"}>
        <Input value={name} autoFocus autoComplete={false} onChange={({ detail }) => setName(detail.value)} />
      </FormField>
      <Box variant="code">
        <Said text={text} />
      </Box>
    </Dialog>
  );
}

const columnsOf = (load: (query: SavedQuery) => void): readonly Column<SavedQuery>[] => [
  {
    id: "name",
    header: "Name",
    isRowHeader: true,
    cell: (query) => (
      <Button variant="inline-link" onClick={() => load(query)}>
        {query.name}
      </Button>
    ),
  },
  { id: "query", header: "Query", cell: (query) => <Said text={query.queryString} /> },
  { id: "groups", header: "Log groups", cell: (query) => <Said text={query.logGroupNames?.join(", ")} /> },
  { id: "changed", header: "Saved", cell: (query) => timeText(query.lastModified / 1000) },
];

const callsToDelete = ({ queryDefinitionId }: SavedQuery): Call[] => [{ service: "logs", operation: "DeleteQueryDefinition", input: { queryDefinitionId } }];

export function Saved({ load }: { load: (query: SavedQuery) => void }) {
  const answer = useAnswer((signal) => savedQueries({ signal }));
  const [selected, select] = useChosen(answer.data?.items, (query) => query.queryDefinitionId);
  const [asked, ask] = useAsked();
  return (
    <SpaceBetween size="m">
      <List
        title="Saved queries"
        answer={answer}
        call={{ service: "logs", operation: "DescribeQueryDefinitions", input: {} }}
        columns={columnsOf(load)}
        keyOf={(query) => query.queryDefinitionId}
        textOf={(query) => `${query.name} ${query.queryString}`}
        selected={selected}
        onSelect={select}
        empty="Nothing is saved yet: Save query keeps what is written above, with its log groups"
        actions={
          <Button disabled={!selected} onClick={() => ask("delete-query")}>
            Delete
          </Button>
        }
      />
      {asked === "delete-query" && selected && (
        <Confirm
          title={`Delete ${selected.name}?`}
          verb="Delete"
          calls={callsToDelete(selected)}
          close={() => ask(undefined)}
          done={() => {
            ask(undefined);
            answer.reload();
          }}
        >
          What it found stays in the history.
        </Confirm>
      )}
    </SpaceBetween>
  );
}
