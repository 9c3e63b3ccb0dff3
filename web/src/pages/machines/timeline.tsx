// When each visit of a state began and ended, one bar each.
import { statusWords } from "../../graph/graph";
import { whereOf, type Trace, type Visit } from "../../graph/history";
import { JsonView } from "../../json/json_view";
import { Panel } from "../../shell/panel";
import { Rows, useOpenRows, type RowColumn } from "../../shell/rows";
import "./timeline.css";

export interface Span {
  readonly left: number; // percent
  readonly width: number;
}

// Where a bar stands between the first moment and the last one known.
export function spanOf(begin: number, end: number, from: number, to: number): Span {
  const whole = Math.max(end - begin, 0.001);
  const left = Math.min(100, Math.max(0, ((from - begin) / whole) * 100));
  return { left, width: Math.min(100 - left, Math.max(0, ((to - from) / whole) * 100)) };
}

export function Timeline({ trace, begin, end }: { trace: Trace; begin: number; end: number }) {
  const [open, toggle] = useOpenRows();
  const nested = trace.visits.some((visit) => whereOf(visit) !== "");
  const columns: readonly RowColumn<Visit>[] = [
    { id: "step", header: "Step", width: "minmax(160px, 260px)", cell: (visit) => <bdi title={visit.name}>{visit.name}</bdi> },
    ...(nested ? [{ id: "where", header: "In", width: "minmax(0, 180px)", cell: (visit: Visit) => <bdi>{whereOf(visit)}</bdi> }] : []),
    { id: "begin", header: "From ms", width: "90px", cell: (visit) => Math.round((visit.entered.timestamp - begin) * 1000) },
    { id: "took", header: "Took ms", width: "90px", cell: (visit) => (visit.exited ? Math.round((visit.exited.timestamp - visit.entered.timestamp) * 1000) : "-") },
    {
      id: "bar",
      header: "",
      width: "minmax(200px, 1fr)",
      cell: (visit) => {
        const { left, width } = spanOf(begin, end, visit.entered.timestamp, visit.exited?.timestamp ?? end);
        return (
          <div className="timeline-track" title={statusWords[visit.status]}>
            <div className={`timeline-bar timeline-${visit.status}`} style={{ left: `${Math.min(left, 99.7)}%`, width: `${width}%` }} />
          </div>
        );
      },
    },
  ];
  return (
    <Panel title="Timeline">
      <Rows
        label="Timeline"
        items={trace.visits}
        keyOf={(visit) => visit.entered.id}
        columns={columns}
        open={open}
        onToggle={toggle}
        height={400}
        inside={(visit) => (
          <>
            <b>Input</b>
            <JsonView text={visit.input ?? ""} label="Input" />
            <b>Output</b>
            <JsonView text={visit.output ?? ""} label="Output" />
          </>
        )}
        empty="Nothing was entered yet"
      />
    </Panel>
  );
}
