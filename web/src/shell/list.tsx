// A table of what a list operation found: filtered by a text that stands in the URL, in pages, with what to do with it.
import Box from "@cloudscape-design/components/box";
import Pagination from "@cloudscape-design/components/pagination";
import Table from "@cloudscape-design/components/table";
import TextFilter from "@cloudscape-design/components/text-filter";
import type { ReactNode } from "react";
import { setQuery, usePlace } from "../route";
import { Heading } from "./heading";

export interface Column<Item> {
  readonly id: string;
  readonly header: string;
  readonly cell: (item: Item) => ReactNode;
  readonly isRowHeader?: boolean;
  readonly width?: number;
}

export interface ListProps<Item> {
  readonly title: string;
  readonly level?: "h1" | "h2";
  readonly description?: ReactNode;
  readonly items: readonly Item[] | undefined; // undefined: not known yet
  readonly more?: boolean; // there are others
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
  const { title, level = "h2", items, columns, keyOf, textOf, selected, onSelect } = props;
  const { query } = usePlace();
  const filter = query["filter"] ?? "";
  const wanted = filter.toLowerCase();
  const found = items?.filter((item) => textOf(item).toLowerCase().includes(wanted)) ?? [];
  const pages = Math.max(1, Math.ceil(found.length / PAGE_ITEMS));
  const at = Math.min(Number(query["page"]) || 1, pages);
  return (
    <Table
      variant={level === "h1" ? "full-page" : "container"}
      header={
        <Heading level={level} counter={items ? `(${items.length}${props.more ? "+" : ""})` : ""} description={props.description} actions={props.actions}>
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
      pagination={pages > 1 && <Pagination currentPageIndex={at} pagesCount={pages} onChange={({ detail }) => setQuery({ page: detail.currentPageIndex === 1 ? undefined : String(detail.currentPageIndex) })} />}
      loading={!items}
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
          {wanted && items?.length ? `Nothing of ${items.length} has "${filter}" in it` : props.empty}
        </Box>
      }
    />
  );
}
