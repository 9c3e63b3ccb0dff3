// A flow as a picture: states as boxes, coloured by what became of them; one may be chosen by mouse or keyboard.
import Button from "@cloudscape-design/components/button";
import SpaceBetween from "@cloudscape-design/components/space-between";
import { useId, useMemo, useState, type KeyboardEvent } from "react";
import type { Flow } from "./flow";
import "./graph.css";
import { edgeKey, type StateSummary, type VisitStatus } from "./history";
import { END, HEADER, layoutFlow, START, type Layout, type PlacedEdge, type PlacedNode, type Point } from "./layout";

export const statusWords: Readonly<Record<VisitStatus, string>> = {
  running: "In progress",
  succeeded: "Succeeded",
  caught: "Caught error",
  failed: "Failed",
  aborted: "Cancelled",
};
const marks: Readonly<Record<VisitStatus, string>> = { running: "●", succeeded: "✓", caught: "!", failed: "✕", aborted: "–" };

export interface GraphProps {
  readonly flow: Flow;
  readonly summaries?: ReadonlyMap<string, StateSummary>;
  readonly taken?: ReadonlySet<string>;
  readonly problems?: ReadonlySet<string>; // states that have one
  readonly chosen?: string | undefined;
  readonly onChoose?: (name: string) => void;
}

const shortened = (text: string, characters: number): string => (text.length > characters ? `${text.slice(0, Math.max(1, characters - 1))}…` : text);

// Through the points, leaving and arriving upright.
export function pathOf(points: readonly Point[], loop: boolean): string {
  const [first, ...rest] = points;
  if (!first) return "";
  let path = `M${first.x} ${first.y}`;
  let from = first;
  for (const to of rest) {
    if (loop) path += ` Q${Math.max(from.x, to.x)} ${from.y} ${to.x} ${to.y}`;
    else if (from.x === to.x) path += ` L${to.x} ${to.y}`;
    else path += ` C${from.x} ${(from.y + to.y) / 2} ${to.x} ${(from.y + to.y) / 2} ${to.x} ${to.y}`;
    from = to;
  }
  return path;
}

function Edge({ edge, taken, arrow }: { edge: PlacedEdge; taken: boolean; arrow: string }) {
  const loop = edge.from === edge.to;
  const first = edge.points[0];
  const second = edge.points[1];
  return (
    <g>
      <path
        className={`graph-edge graph-edge-${edge.kind}${taken ? " graph-edge-taken" : ""}`}
        d={pathOf(edge.points, loop)}
        markerEnd={`url(#${arrow}${taken ? "-taken" : ""})`}
      >
        <title>{edge.label ?? ""}</title>
      </path>
      {edge.label && first && second && !loop && (
        <text className="graph-edge-label" textAnchor="middle" x={first.x + (second.x - first.x) * 0.7} y={first.y + (second.y - first.y) * 0.62 + 4}>
          {shortened(edge.label, 24)}
          <title>{edge.label}</title>
        </text>
      )}
    </g>
  );
}

function typeText(node: PlacedNode, summary: StateSummary | undefined): string {
  const resource = node.state?.resource?.split(":::")[1] ?? node.state?.resource?.split(":").slice(-2).join(":");
  const kind = [node.state?.type, resource].filter(Boolean).join(" · ");
  const inner = summary && summary.visits.length > 1 ? ` · ${summary.visits.length} times` : "";
  const waiting = summary?.visits.filter((visit) => visit.status === "running").length ?? 0;
  return kind + inner + (inner && waiting ? `, ${waiting} now` : "");
}

function Node({ node, props }: { node: PlacedNode; props: GraphProps & { arrow: string } }) {
  const { x, y, width, height, name } = node;
  if (name === START || name === END) {
    const word = name === START ? "Start" : "End";
    return (
      <g className="graph-node">
        <rect className="graph-shape" x={x} y={y} width={width} height={height} rx={height / 2} />
        <text className="graph-type" x={x + width / 2} y={y + height / 2 + 4} textAnchor="middle">
          {word}
        </text>
      </g>
    );
  }
  const summary = props.summaries?.get(name);
  const { onChoose } = props;
  const onKeyDown = (event: KeyboardEvent): void => {
    if (!onChoose || (event.key !== "Enter" && event.key !== " ")) return;
    event.preventDefault();
    onChoose(name);
  };
  const classes = ["graph-node", summary && `graph-${summary.status}`, props.chosen === name && "graph-chosen", props.problems?.has(name) && "graph-problem"];
  const status = summary ? statusWords[summary.status] : props.summaries ? "Not reached" : "";
  const fits = Math.floor((width - (summary ? 46 : 20)) / 8.4);
  return (
    <>
      <g
        className={classes.filter(Boolean).join(" ")}
        data-state={name}
        data-status={summary?.status ?? ""}
        {...(onChoose
          ? { role: "button", tabIndex: 0, "aria-pressed": props.chosen === name, onClick: () => onChoose(name), onKeyDown }
          : {})}
      >
        <title>{[name, [node.state?.type, status].filter(Boolean).join(", ")].join(": ")}</title>
        <rect className="graph-shape" x={x} y={y} width={width} height={height} rx={8} />
        <text className="graph-name" x={x + 12} y={y + 20}>
          {shortened(name, fits)}
        </text>
        <text className="graph-type" x={x + 12} y={y + 37}>
          {shortened(typeText(node, summary), Math.floor((width - 20) / 6.3))}
        </text>
        {summary && (
          <text className="graph-mark" x={x + width - 18} y={y + 22} aria-hidden>
            {marks[summary.status]}
          </text>
        )}
      </g>
      {node.inside.map((box, at) => (
        <g key={at} transform={`translate(${x + box.x} ${y + HEADER})`}>
          <rect className="graph-lane" width={box.width} height={box.height} rx={6} />
          <Inner layout={box.layout} props={props} />
        </g>
      ))}
    </>
  );
}

function Inner({ layout, props }: { layout: Layout; props: GraphProps & { arrow: string } }) {
  const isTaken = ({ from, to }: PlacedEdge): boolean => {
    if (from === START) return (props.summaries?.size ?? 0) > 0;
    if (to === END) return props.summaries?.get(from)?.visits.some((visit) => visit.exited) ?? false;
    return props.taken?.has(edgeKey(from, to)) ?? false;
  };
  return (
    <>
      {layout.edges.map((edge) => (
        <Edge key={`${edge.from}\n${edge.to}`} edge={edge} taken={isTaken(edge)} arrow={props.arrow} />
      ))}
      {layout.nodes.map((node) => (
        <Node key={node.name} node={node} props={props} />
      ))}
    </>
  );
}

export default function Graph(props: GraphProps) {
  const { flow } = props;
  const layout = useMemo(() => layoutFlow(flow), [flow]);
  const [zoom, setZoom] = useState<number>(); // undefined: as wide as there is room, never larger than it is
  const arrow = useId().replace(/[^\w-]/g, "");
  return (
    <SpaceBetween size="xs">
      <SpaceBetween direction="horizontal" size="xs">
        <Button iconName="zoom-out" variant="icon" ariaLabel="Smaller" onClick={() => setZoom((zoom ?? 1) / 1.25)} />
        <Button iconName="zoom-in" variant="icon" ariaLabel="Larger" onClick={() => setZoom((zoom ?? 1) * 1.25)} />
        <Button iconName="zoom-to-fit" variant="icon" ariaLabel="Fit" onClick={() => setZoom(undefined)} />
      </SpaceBetween>
      <div className="graph">
        <svg
          viewBox={`0 0 ${layout.width} ${layout.height}`}
          style={{ width: layout.width * (zoom ?? 1), ...(zoom ? {} : { maxWidth: "100%", height: "auto" }) }}
          role="group"
          aria-label="Graph of the states"
        >
          {["", "-taken"].map((kind) => (
            <marker key={kind} id={`${arrow}${kind}`} viewBox="0 0 10 10" refX="9" refY="5" markerWidth="10" markerHeight="10" orient="auto-start-reverse" markerUnits="userSpaceOnUse">
              <path className={`graph-arrow${kind}`} d="M0 1L9 5L0 9z" />
            </marker>
          ))}
          <Inner layout={layout} props={{ ...props, arrow }} />
        </svg>
      </div>
    </SpaceBetween>
  );
}

// Colours never stand alone: each has its word here and its mark in the graph.
export function Legend() {
  const colours: readonly VisitStatus[] = ["running", "succeeded", "caught", "failed", "aborted"];
  return (
    <div className="graph graph-colours">
      <div className="graph-legend">
        {colours.map((status) => (
          <span key={status}>
            <i style={{ borderColor: `var(--graph-${status})`, background: `var(--graph-${status}-back)` }} />
            {statusWords[status]} {marks[status]}
          </span>
        ))}
      </div>
    </div>
  );
}
