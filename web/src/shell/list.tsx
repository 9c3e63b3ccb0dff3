// A table of what a list operation found: filtered by a text that stands in the URL, in pages, with what to do with it.
import Box from "@cloudscape-design/components/box";
import Button from "@cloudscape-design/components/button";
import Pagination from "@cloudscape-design/components/pagination";
import SpaceBetween from "@cloudscape-design/components/space-between";
import Table from "@cloudscape-design/components/table";
import TextFilter from "@cloudscape-design/components/text-filter";
import type { ReactNode } from "react";
import type { Call } from "../api/client";
import type { Answer } from "../api/use_answer";
import { CopyCommand, type OtherCommand } from "../cli/copy_command";
import { setQuery, usePlace } from "../route";
import { Failure } from "./failure";
import { Heading } from "./heading";
import { useSlow } from "./settled";

export interface Column<Item> {
  readonly id: string;
  readonly header: string;
  readonly cell: (item: Item) => ReactNode;
  readonly isRowHeader?: boolean;
  readonly minWidth?: number;
}

export interface ListProps<Item> {
  readonly title: string;
  readonly level?: "h1" | "h2";
  readonly description?: ReactNode;
  readonly answer: Pick<Answer<{ items: readonly Item[]; more?: boolean }>, "data" | "error" | "loading" | "reload">;
  readonly call: Call; // that it is an answer to
  readonly others?: readonly OtherCommand[];
  readonly columns: readonly Column<Item>[];
  readonly keyOf: (item: Item) => string;
  readonly textOf: (item: Item) => string; // what the filter looks at
  readonly empty: ReactNode;
  readonly actions?: ReactNode;
  readonly selected?: Item | undefined;
  readonly onSelect?: (item: Item | undefined) => void;
}

const PAGE_ITEMS = 50;

export function List<Item>(props: ListProps<Item>) {
  const { title, level = "h2", columns, keyOf, textOf, selected, onSelect } = props;
  const { data, error, loading, reload } = props.answer;
  const slow = useSlow(loading);
  const items = data?.items;
  const { query } = usePlace();
  const filter = query["filter"] ?? "";
  const wanted = filter.toLowerCase();
  const found = items?.filter((item) => textOf(item).toLowerCase().includes(wanted)) ?? [];
  const pages = Math.max(1, Math.ceil(found.length / PAGE_ITEMS));
  const at = Math.max(1, Math.min(Math.floor(Number(query["page"])) || 1, pages));
  const actions = (
    <>
      <Button iconName="refresh" ariaLabel="Ask again" loading={slow} loadingText="Asking the server" onClick={reload} />
      <CopyCommand {...props.call} {...(props.others ? { others: props.others } : {})} />
      {props.actions}
    </>
  );
  return (
    <SpaceBetween size="l">
      {error && <Failure error={error} retry={reload} />}
      <Table
        variant={level === "h1" ? "full-page" : "container"}
        header={
          <Heading level={level} counter={items ? `(${items.length}${data.more ? "+" : ""})` : ""} description={props.description} actions={actions}>
            {title}
          </Heading>
        }
        filter={
          <TextFilter
            filteringText={filter}
            filteringPlaceholder={`Find in ${title.toLowerCase()}`}
            filteringAriaLabel={`Find in ${title.toLowerCase()}`}
            countText={wanted ? `${found.length} found` : ""}
            onChange={({ detail }) => setQuery({ filter: detail.filteringText || undefined, page: undefined })}
          />
        }
        pagination={
          pages > 1 && (
            <Pagination
              currentPageIndex={at}
              pagesCount={pages}
              onChange={({ detail }) => setQuery({ page: detail.currentPageIndex === 1 ? undefined : String(detail.currentPageIndex) })}
            />
          )
        }
        loading={!items && !error}
        loadingText="Asking the server"
        items={found.slice((at - 1) * PAGE_ITEMS, at * PAGE_ITEMS)}
        columnDefinitions={columns}
        trackBy={keyOf}
        wrapLines
        {...(onSelect
          ? {
              selectionType: "single" as const,
              selectedItems: selected ? [selected] : [],
              onSelectionChange: ({ detail }: { detail: { selectedItems: Item[] } }) => onSelect(detail.selectedItems[0]),
              onRowClick: ({ detail }: { detail: { item: Item } }) => onSelect(detail.item),
              ariaLabels: { selectionGroupLabel: title, itemSelectionLabel: (_: unknown, item: Item) => `Choose ${keyOf(item)}` },
            }
          : {})}
        empty={
          <Box textAlign="center" padding="l">
            {wanted && items?.length ? `Nothing of ${items.length} has "${filter}" in it` : items && props.empty}
          </Box>
        }
      />
    </SpaceBetween>
  );
}
