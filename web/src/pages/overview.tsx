// What the server does right now.
import ColumnLayout from "@cloudscape-design/components/column-layout";
import Container from "@cloudscape-design/components/container";
import ContentLayout from "@cloudscape-design/components/content-layout";
import Header from "@cloudscape-design/components/header";
import KeyValuePairs from "@cloudscape-design/components/key-value-pairs";
import LineChart from "@cloudscape-design/components/line-chart";
import SegmentedControl from "@cloudscape-design/components/segmented-control";
import SpaceBetween from "@cloudscape-design/components/space-between";
import Spinner from "@cloudscape-design/components/spinner";
import { getActivity, type Activity, type ActivityPoint } from "../api/crema";
import { useAnswer } from "../api/use_answer";
import { bytesText, durationText } from "../format";
import { setQuery, usePlace } from "../route";
import { Failure } from "../shell/failure";

type Series = { title: string; of: (point: ActivityPoint) => number };

const events: readonly Series[] = [
  { title: "Events", of: (point) => point.Events },
  { title: "Deliveries", of: (point) => point.Delivered },
  { title: "Failures", of: (point) => point.Rejected + point.MissingBus },
];
const executions: readonly Series[] = [
  { title: "Started", of: (point) => point.ExecutionsStarted },
  { title: "Succeeded", of: (point) => point.ExecutionsSucceeded },
  { title: "Failed", of: (point) => point.ExecutionsFailed },
];

function Rates({ title, series, activity }: { title: string; series: readonly Series[]; activity: Activity }) {
  const points = activity.IntervalSeconds > 1 ? activity.Points.slice(0, -1) : activity.Points; // the last minute is not whole
  const first = points[0];
  const last = points[points.length - 1];
  return (
    <Container header={<Header variant="h2">{title}</Header>}>
      <LineChart
        series={series.map(({ title: name, of }) => ({
          title: name,
          type: "line",
          data: points.map((point) => ({ x: new Date(point.Time * 1000), y: of(point) / activity.IntervalSeconds })),
        }))}
        {...(first && last ? { xDomain: [new Date(first.Time * 1000), new Date(last.Time * 1000)] } : {})}
        xScaleType="time"
        xTitle="Time"
        yTitle="a second"
        height={200}
        hideFilter
        ariaLabel={title}
        empty="Nothing yet"
        i18nStrings={{ xTickFormatter: (time) => time.toLocaleTimeString() }}
      />
    </Container>
  );
}

export default function Overview() {
  const minutes = usePlace().query["span"] === "day";
  const { data, error, reload } = useAnswer(
    (signal) => getActivity({ Resolution: minutes ? "MINUTE" : "SECOND" }, { signal }),
    [minutes],
    { everyMs: minutes ? 30000 : 1000 },
  );
  return (
    <ContentLayout
      header={
        <Header
          variant="h1"
          actions={
            <SegmentedControl
              label="Time shown"
              selectedId={minutes ? "day" : "now"}
              onChange={({ detail }) => setQuery({ span: detail.selectedId === "day" ? "day" : undefined })}
              options={[
                { id: "now", text: "10 minutes" },
                { id: "day", text: "24 hours" },
              ]}
            />
          }
        >
          Overview
        </Header>
      }
    >
      <SpaceBetween size="l">
        {error && <Failure error={error} retry={reload} />}
        {!data && !error && <Spinner size="large" />}
        {data && (
          <>
            <Container>
              <KeyValuePairs
                columns={3}
                items={[
                  { label: "Version", value: data.Version },
                  { label: "Up for", value: durationText(data.Time - data.StartTime) },
                  { label: "On disk", value: bytesText(data.StoreBytes) },
                ]}
              />
            </Container>
            <ColumnLayout columns={2}>
              <Rates title="Events" series={events} activity={data} />
              <Rates title="Executions" series={executions} activity={data} />
            </ColumnLayout>
          </>
        )}
      </SpaceBetween>
    </ContentLayout>
  );
}
