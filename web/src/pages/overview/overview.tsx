// What the server does right now, and how to reach it.
import Button from "@cloudscape-design/components/button";
import Container from "@cloudscape-design/components/container";
import KeyValuePairs from "@cloudscape-design/components/key-value-pairs";
import Link from "@cloudscape-design/components/link";
import SpaceBetween from "@cloudscape-design/components/space-between";
import ToggleButton from "@cloudscape-design/components/toggle-button";
import { lazy, Suspense } from "react";
import { getActivity, type Activity, type ActivityPoint } from "../../api/crema";
import { useAnswer } from "../../api/use_answer";
import { CopyCommand } from "../../cli/copy_command";
import { CoffeeShopButton } from "../../coffee/coffee_shop_button";
import { bytesText, durationText } from "../../format";
import { recentLink, sendLink } from "../../links";
import { setQuery, usePlace } from "../../route";
import { AnswerPage } from "../../shell/answer_page";
import { Panel } from "../../shell/panel";
import { worded } from "../../shell/worded";

// They come right behind the numbers, which are there so much sooner.
const Rates = lazy(() => import("./rates"));
const Connect = lazy(worded(() => import("./connect")));

// Buttons: a segmented control measures itself, and brings a list for where there is no room, before anything is seen.
const spans: readonly { id: "day" | undefined; text: string }[] = [
  { id: undefined, text: "10 minutes" },
  { id: "day", text: "24 hours" },
];

function sum(points: readonly ActivityPoint[], of: (point: ActivityPoint) => number): string {
  return points.reduce((total, point) => total + of(point), 0).toLocaleString("en-US");
}

function Numbers({ activity, span }: { activity: Activity; span: string }) {
  const { Points } = activity;
  return (
    <Container>
      <KeyValuePairs
        columns={4}
        items={[
          { label: "Version", value: activity.Version },
          { label: "Up for", value: durationText(activity.Time - activity.StartTime) },
          { label: "On disk", value: bytesText(activity.StoreBytes) },
          { label: "Of which journal", value: bytesText(activity.JournalBytes) },
          { label: `Events in ${span}`, value: <Link href={recentLink()}>{sum(Points, (point) => point.Events)}</Link> },
          { label: "Deliveries", value: sum(Points, (point) => point.Delivered) },
          { label: "Failures", value: <Link href={recentLink({ list: "inbox" })}>{sum(Points, (point) => point.Rejected + point.MissingBus)}</Link> },
          { label: "Executions started", value: sum(Points, (point) => point.ExecutionsStarted) },
        ]}
      />
    </Container>
  );
}

function Begin() {
  return (
    <Panel title="Nothing came through yet">
      <SpaceBetween direction="horizontal" size="xs">
        <Button href={sendLink("default")}>Send an event</Button>
        <CoffeeShopButton />
      </SpaceBetween>
    </Panel>
  );
}

export default function Overview() {
  const minutes = usePlace().query["span"] === "day";
  const input = { Resolution: minutes ? ("MINUTE" as const) : ("SECOND" as const) };
  const answer = useAnswer((signal) => getActivity(input, { signal }), [minutes], { everyMs: minutes ? 30000 : 1000 });
  const idle = answer.data?.Points.every((point) => point.Events === 0 && point.ExecutionsStarted === 0);
  const actions = (
    <>
      <CopyCommand service="crema" operation="GetActivity" input={input} />
      {spans.map(({ id, text }) => (
        <ToggleButton key={text} pressed={minutes === (id === "day")} onChange={() => setQuery({ span: id })}>
          {text}
        </ToggleButton>
      ))}
    </>
  );
  return (
    <AnswerPage title="Overview" actions={actions} answer={answer}>
      {(activity) => (
        <SpaceBetween size="l">
          <Numbers activity={activity} span={minutes ? "24 hours" : "10 minutes"} />
          {idle && <Begin />}
          <Suspense fallback={null}>
            <SpaceBetween size="l">
              <Rates activity={activity} />
              <Connect />
            </SpaceBetween>
          </Suspense>
        </SpaceBetween>
      )}
    </AnswerPage>
  );
}
