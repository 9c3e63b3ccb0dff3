import Box from "@cloudscape-design/components/box";
import Table from "@cloudscape-design/components/table";
import type { Tag } from "../../api/events";
import { CopyCommand } from "../../cli/copy_command";
import { Heading } from "../../shell/heading";
import { Said } from "../../shell/said";

export function TagTable({ tags, of }: { tags: readonly Tag[] | undefined; of?: string | undefined }) {
  return (
    <Table
      header={<Heading actions={of !== undefined && <CopyCommand service="events" operation="ListTagsForResource" input={{ ResourceARN: of }} />}>Tags</Heading>}
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
