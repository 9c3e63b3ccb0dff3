import Box from "@cloudscape-design/components/box";
import Header from "@cloudscape-design/components/header";
import Table from "@cloudscape-design/components/table";
import type { Target } from "../../api/events";
import { JsonView } from "../../json/json_view";
import { Said } from "../../shell/said";
import { TargetLink } from "../recent/target_link";

function TargetInput({ target }: { target: Target }) {
  if (target.InputTransformer)
    return (
      <>
        Transformer <JsonView text={JSON.stringify(target.InputTransformer)} />
      </>
    );
  if (target.Input !== undefined)
    return (
      <>
        Constant <JsonView text={target.Input} />
      </>
    );
  if (target.InputPath)
    return (
      <>
        Part of the event: <Said text={target.InputPath} />
      </>
    );
  return <>Matched event</>;
}

export function TargetTable({ targets }: { targets: readonly Target[] | undefined }) {
  return (
    <Table
      header={<Header variant="h2">Targets</Header>}
      items={targets ?? []}
      loading={!targets}
      loadingText="Asking the server"
      trackBy="Id"
      wrapLines
      columnDefinitions={[
        { id: "target", header: "Target", isRowHeader: true, cell: (target) => <TargetLink arn={target.Arn} /> },
        { id: "id", header: "Id", minWidth: 120, cell: (target) => <Said text={target.Id} /> },
        { id: "input", header: "Input", cell: (target) => <TargetInput target={target} /> },
        { id: "arn", header: "ARN", cell: (target) => <Said text={target.Arn} /> },
      ]}
      empty={<Box textAlign="center">No targets: what the rule matches goes nowhere</Box>}
    />
  );
}
