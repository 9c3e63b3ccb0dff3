// A table of a list operation that is read page by page: what narrows it is asked of the server.
import Button from "@cloudscape-design/components/button";
import SpaceBetween from "@cloudscape-design/components/space-between";
import Table, { type TableProps } from "@cloudscape-design/components/table";
import type { ReactNode } from "react";
import type { Call } from "../api/client";
import type { Answer } from "../api/use_answer";
import { CopyCommand } from "../cli/copy_command";
import { Failure } from "./failure";
import { Heading } from "./heading";
import { Pager, type Paging } from "./pager";
import { useSlow } from "./settled";

export interface PagedTableProps<Item> {
  readonly title: string;
  readonly description?: ReactNode;
  readonly answer: Answer<{ items: readonly Item[]; next: string | undefined }>;
  readonly call: Call; // that it is an answer to
  readonly paging: Paging;
  readonly columns: readonly TableProps.ColumnDefinition<Item>[];
  readonly keyOf: (item: Item) => string;
  readonly filter: ReactNode;
  readonly empty: ReactNode;
}

export function PagedTable<Item>({ title, description, answer, call, paging, columns, keyOf, filter, empty }: PagedTableProps<Item>) {
  const { data, error, reload, loading } = answer;
  const slow = useSlow(loading);
  const actions = (
    <>
      <Button iconName="refresh" ariaLabel="Ask again" loading={slow} loadingText="Asking the server" onClick={reload} />
      <CopyCommand {...call} />
    </>
  );
  return (
    <SpaceBetween size="s">
      {error && <Failure error={error} retry={reload} />}
      <Table
        header={
          <Heading description={description} actions={actions}>
            {title}
          </Heading>
        }
        filter={filter}
        pagination={<Pager paging={paging} next={data?.next} />}
        columnDefinitions={columns}
        items={data?.items ?? []}
        trackBy={keyOf}
        loading={loading && !data}
        loadingText="Asking the server"
        wrapLines
        empty={empty}
      />
    </SpaceBetween>
  );
}
