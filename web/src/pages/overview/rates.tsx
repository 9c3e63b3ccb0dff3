// Events, deliveries and executions a second, over the time that is shown.
import ColumnLayout from "@cloudscape-design/components/column-layout";
import type { Activity, ActivityPoint } from "../../api/crema";
import { Plot } from "../../plot/plot_view";
import { Panel } from "../../shell/panel";

type Counted = { title: string; of: (point: ActivityPoint) => number };

const plots: readonly { title: string; of?: string; counted: readonly Counted[] }[] = [
  {
    title: "Events",
    counted: [
      { title: "Events", of: (point) => point.Events },
      { title: "Matches", of: (point) => point.Matches },
    ],
  },
  {
    title: "Deliveries",
    of: "of rules and workflows",
    counted: [
      { title: "Tried again", of: (point) => point.Retried },
      { title: "Delivered", of: (point) => point.Delivered },
      { title: "Failures", of: (point) => point.Rejected + point.MissingBus },
    ],
  },
  {
    title: "Executions",
    counted: [
      { title: "Started", of: (point) => point.ExecutionsStarted },
      { title: "Succeeded", of: (point) => point.ExecutionsSucceeded },
      { title: "Failed", of: (point) => point.ExecutionsFailed },
    ],
  },
];

export default function Rates({ activity }: { activity: Activity }) {
  // Of minutes the last one is not whole yet.
  const points = activity.IntervalSeconds > 1 ? activity.Points.slice(0, -1) : activity.Points;
  return (
    <ColumnLayout columns={3} minColumnWidth={280}>
      {plots.map(({ title, of, counted }) => (
        <Panel key={title} fitHeight title={title} description={of ? `A second, ${of}` : "A second"}>
          <Plot
            label={`${title} a second`}
            times={points.map(({ Time }) => Time)}
            lines={counted.map((one) => ({ title: one.title, values: points.map((point) => one.of(point) / activity.IntervalSeconds) }))}
          />
        </Panel>
      ))}
    </ColumnLayout>
  );
}
