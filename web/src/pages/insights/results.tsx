// What a query found: how far it is, a plot when there is a bin(), and its rows, which open into all their fields.
import Alert from "@cloudscape-design/components/alert";
import Button from "@cloudscape-design/components/button";
import Link from "@cloudscape-design/components/link";
import SegmentedControl from "@cloudscape-design/components/segmented-control";
import SpaceBetween from "@cloudscape-design/components/space-between";
import Spinner from "@cloudscape-design/components/spinner";
import StatusIndicator, { type StatusIndicatorProps } from "@cloudscape-design/components/status-indicator";
import { useMemo } from "react";
import { getLogRecord, stopQuery, type QueryResults, type QueryStatus } from "../../api/insights";
import { useAction } from "../../api/use_action";
import { useAnswer } from "../../api/use_answer";
import { CopyButton } from "../../cli/copy_button";
import { bytesText } from "../../format";
import { JsonView } from "../../json/json_view";
import { parseJson } from "../../json/parse";
import { streamLink } from "../../links";
import { Plot } from "../../plot/plot_view";
import { setQuery, usePlace } from "../../route";
import { Failure } from "../../shell/failure";
import { Panel } from "../../shell/panel";
import { Rows, useOpenRows, type RowColumn } from "../../shell/rows";
import { Said } from "../../shell/said";
import { momentText, timeText } from "../../shell/time";
import { groupOfIdentifier } from "../logs/tail";
import { plotOf } from "./result_plot";
import { columnsOf, csvOf, jsonOf, momentOf, pointerOf, shownValue, valueOf, widthOf, type Row } from "./result_table";
import { goesOn, useResults } from "./running";

const LINE_MAX = 600; // characters of a value in its row
const AROUND_MS = 60_000; // of an event, in its stream

const statuses: Readonly<Record<QueryStatus, StatusIndicatorProps.Type>> = {
  Scheduled: "pending",
  Running: "in-progress",
  Complete: "success",
  Failed: "error",
  Cancelled: "stopped",
  Timeout: "error",
  Unknown: "warning",
};

const counted = (count: number): string => count.toLocaleString("en-US");
const numberText = (value: number): string => value.toLocaleString("en-US", { maximumSignificantDigits: 6 });

export function QueryState({ status }: { status: QueryStatus }) {
  return <StatusIndicator type={statuses[status] ?? "info"}>{status}</StatusIndicator>;
}

function Progress({ id, results }: { id: string; results: QueryResults }) {
  const { status, statistics } = results;
  const stop = useAction(() => stopQuery({ queryId: id }));
  return (
    <SpaceBetween size="xs">
      <SpaceBetween direction="horizontal" size="s" alignItems="center">
        <QueryState status={status} />
        <span>{`${counted(statistics.recordsMatched)} records matched, ${counted(statistics.recordsScanned)} scanned (${bytesText(statistics.bytesScanned)})`}</span>
        {goesOn(status) && (
          <Button loading={stop.busy} onClick={() => void stop.run()}>
            Cancel query
          </Button>
        )}
      </SpaceBetween>
      {stop.error && <Failure error={stop.error} />}
      {results.statusReason !== undefined && <Alert type={status === "Unknown" ? "warning" : "error"}>{results.statusReason}</Alert>}
    </SpaceBetween>
  );
}

const times: readonly string[] = ["@timestamp", "@ingestionTime"]; // of a record: milliseconds

function Value({ name, value }: { name: string; value: string }) {
  const parsed = parseJson(value);
  const folds = "root" in parsed && (parsed.root.kind === "object" || parsed.root.kind === "array");
  return (
    <div>
      <b>
        <bdi>{name}</bdi>
      </b>{" "}
      {folds ? <JsonView text={value} label={name} /> : <Said text={times.includes(name) && /^\d+$/.test(value) ? momentText(Number(value)) : shownValue(value)} />}
    </div>
  );
}

// The stream that an event stands in, at its time.
function StreamLink({ record }: { record: Readonly<Record<string, string>> }) {
  const { "@log": log, "@logStream": stream, "@timestamp": timestamp } = record;
  if (log === undefined || stream === undefined) return null;
  const at = momentOf(timestamp ?? "") ?? Number(timestamp);
  const around = Number.isFinite(at) ? { span: "custom", from: String(at - AROUND_MS), to: String(at + AROUND_MS) } : {};
  return <Link href={streamLink(groupOfIdentifier(log), stream, around)}>{stream}</Link>;
}

function Event({ pointer }: { pointer: string }) {
  const { data, error, reload } = useAnswer((signal) => getLogRecord({ logRecordPointer: pointer }, { signal }), [pointer]);
  if (error) return <Failure error={error} retry={reload} />;
  if (!data) return <Spinner />;
  const { logRecord } = data;
  return (
    <SpaceBetween size="xs">
      <SpaceBetween direction="horizontal" size="s" alignItems="center">
        <CopyButton label="Copy message" text={() => logRecord["@message"] ?? ""} />
        <StreamLink record={logRecord} />
      </SpaceBetween>
      {Object.entries(logRecord).map(([name, value]) => name !== "@ptr" && <Value key={name} name={name} value={value} />)}
    </SpaceBetween>
  );
}

function Inside({ row }: { row: Row }) {
  const pointer = pointerOf(row);
  if (pointer !== undefined) return <Event pointer={pointer} />;
  return (
    <SpaceBetween size="xs">
      {row.map(({ field, value }) => (
        <Value key={field} name={field} value={value} />
      ))}
    </SpaceBetween>
  );
}

interface Numbered {
  readonly at: number;
  readonly row: Row;
}

function Table({ columns, rows, running }: { columns: readonly string[]; rows: readonly Row[]; running: boolean }) {
  const [open, toggle] = useOpenRows();
  const drawn = useMemo(
    () =>
      columns.map(
        (column): RowColumn<Numbered> => ({
          id: column,
          header: column,
          width: widthOf(column, rows),
          cell: ({ row }) => <bdi>{shownValue(valueOf(row, column)?.slice(0, LINE_MAX))}</bdi>,
        }),
      ),
    [columns, rows],
  );
  const items = useMemo(() => rows.map((row, at) => ({ at, row })), [rows]);
  return (
    <Rows
      label="Results"
      items={items}
      keyOf={({ at }) => at}
      columns={drawn}
      open={open}
      onToggle={toggle}
      inside={({ row }) => <Inside row={row} />}
      empty={running ? "Nothing found so far" : "Nothing was found. Choose a longer time, other groups or another query."}
    />
  );
}

function ResultPlot({ columns, rows }: { columns: readonly string[]; rows: readonly Row[] }) {
  const plot = useMemo(() => plotOf(columns, rows), [columns, rows]);
  const lines = usePlace().query["plot"] === "lines";
  if (!plot) return null;
  return (
    <Panel
      title="Over time"
      description={plot.more ? `The ${plot.lines.length} largest; ${plot.more} more are in the table` : undefined}
      actions={
        <SegmentedControl
          label="Plot"
          selectedId={lines ? "lines" : "bars"}
          onChange={({ detail }) => setQuery({ plot: detail.selectedId === "lines" ? "lines" : undefined })}
          options={[
            { id: "bars", text: "Bars" },
            { id: "lines", text: "Lines" },
          ]}
        />
      }
    >
      <Plot label="Results" times={plot.times} lines={plot.lines} bars={!lines} timeOf={timeText} textOf={numberText} />
    </Panel>
  );
}

export function Results({ id }: { id: string }) {
  const { data, error, reload } = useResults(id);
  const columns = useMemo(() => columnsOf(data?.results ?? []), [data]);
  if (!data) return error ? <Failure error={error} retry={reload} /> : <Spinner />;
  const rows = data.results;
  return (
    <SpaceBetween size="l">
      {error && <Failure error={error} retry={reload} />}
      <ResultPlot columns={columns} rows={rows} />
      <Panel
        title="Results"
        counter={`(${counted(rows.length)}${goesOn(data.status) ? " so far" : ""})`}
        actions={<CopyButton label="Copy as CSV" text={() => csvOf(columns, rows)} others={[{ id: "json", label: "Copy as JSON", text: () => jsonOf(rows) }]} />}
      >
        <SpaceBetween size="s">
          <Progress id={id} results={data} />
          <Table columns={columns} rows={rows} running={goesOn(data.status)} />
        </SpaceBetween>
      </Panel>
    </SpaceBetween>
  );
}
