import Box from "@cloudscape-design/components/box";
import Header from "@cloudscape-design/components/header";
import Table from "@cloudscape-design/components/table";
import type { Tag } from "../../api/events";
import { Said } from "../../shell/said";

export function TagTable({ tags }: { tags: readonly Tag[] | undefined }) {
  return (
    <Table
      header={<Header variant="h2">Tags</Header>}
      items={tags ?? []}
      loading={!tags}
      loadingText="Asking the server"
      trackBy="Key"
      columnDefinitions={[
        { id: "key", header: "Key", isRowHeader: true, cell: (tag) => <Said text={tag.Key} /> },
        { id: "value", header: "Value", cell: (tag) => <Said text={tag.Value} /> },
      ]}
      empty={<Box textAlign="center">No tags</Box>}
    />
  );
}
