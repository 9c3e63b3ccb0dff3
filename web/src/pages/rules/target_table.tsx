import Box from "@cloudscape-design/components/box";
import Table from "@cloudscape-design/components/table";
import type { Target } from "../../api/events";
import { CopyCommand } from "../../cli/copy_command";
import { JsonView } from "../../json/json_view";
import { Heading } from "../../shell/heading";
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

export function TargetTable({ targets, of }: { targets: readonly Target[] | undefined; of?: { Rule: string; EventBusName: string } }) {
  return (
    <Table
      header={<Heading actions={of && <CopyCommand service="events" operation="ListTargetsByRule" input={of} />}>Targets</Heading>}
      items={targets ?? []}
      loading={!targets}
      loadingText="Asking the server"
      trackBy="Id"
      wrapLines
      columnDefinitions={[
        { id: "target", header: "Target", minWidth: 140, isRowHeader: true, cell: (target) => <TargetLink arn={target.Arn} /> },
        { id: "id", header: "Id", minWidth: 120, cell: (target) => <Said text={target.Id} /> },
        { id: "input", header: "Input", cell: (target) => <TargetInput target={target} /> },
        { id: "arn", header: "ARN", cell: (target) => <Said text={target.Arn} /> },
      ]}
      empty={<Box textAlign="center">No targets: what the rule matches goes nowhere</Box>}
    />
  );
}
