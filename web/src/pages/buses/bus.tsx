// One event bus: what it is, its rules, what came through it.
import Button from "@cloudscape-design/components/button";
import KeyValuePairs from "@cloudscape-design/components/key-value-pairs";
import Link from "@cloudscape-design/components/link";
import SpaceBetween from "@cloudscape-design/components/space-between";
import Tabs from "@cloudscape-design/components/tabs";
import { call } from "../../api/client";
import { listRecentEvents } from "../../api/crema";
import { callsToDeleteBus, listTags, type Bus } from "../../api/events";
import { useAnswer } from "../../api/use_answer";
import { CopyCommand } from "../../cli/copy_command";
import { recentLink, sendLink } from "../../links";
import { go, href, setQuery, usePlace } from "../../route";
import type { PageProps } from "../../routes";
import { AnswerPage } from "../../shell/answer_page";
import { useAsked } from "../../shell/asked";
import { Confirm } from "../../shell/confirm";
import { Failure } from "../../shell/failure";
import { Heading } from "../../shell/heading";
import { Panel } from "../../shell/panel";
import { Said } from "../../shell/said";
import { timeText } from "../../shell/time";
import { EventTable } from "../recent/event_table";
import { RuleList } from "../rules/rule_list";
import { TagTable } from "./tag_table";

function BusEvents({ bus }: { bus: string }) {
  const input = { EventBusName: bus, Limit: 25 };
  const { data, error, reload } = useAnswer((signal) => listRecentEvents(input, { signal }), [bus], { everyMs: 2000 });
  return (
    <SpaceBetween size="m">
      {error && <Failure error={error} retry={reload} />}
      <EventTable
        events={data?.Events}
        empty={
          <>
            Nothing came through yet. <Link href={sendLink(bus)}>Send an event</Link>
          </>
        }
        header={
          <Heading
            actions={
              <>
                <CopyCommand service="crema" operation="ListRecentEvents" input={input} />
                <Button href={recentLink({ bus })}>All, with filters</Button>
              </>
            }
          >
            Recent events
          </Heading>
        }
      />
    </SpaceBetween>
  );
}

function BusTags({ arn }: { arn: string }) {
  const { data, error, reload } = useAnswer((signal) => listTags(arn, { signal }), [arn]);
  if (error) return <Failure error={error} retry={reload} />;
  return <TagTable tags={data} of={arn} />;
}

function Details({ bus }: { bus: Bus }) {
  return (
    <Panel title="Event bus details">
      <KeyValuePairs
        columns={2}
        items={[
          { label: "ARN", value: <Said text={bus.Arn} /> },
          { label: "Description", value: <Said text={bus.Description} /> },
          { label: "Created", value: timeText(bus.CreationTime) },
          { label: "Last changed", value: timeText(bus.LastModifiedTime) },
        ]}
      />
    </Panel>
  );
}

export default function BusPage({ parameters }: PageProps) {
  const name = parameters["bus"] ?? "";
  const tab = usePlace().query["tab"] ?? "rules";
  const [asked, ask] = useAsked();
  const answer = useAnswer((signal) => call<Bus>("events", "DescribeEventBus", { Name: name }, { signal }), [name]);
  const actions = (
    <>
      <CopyCommand service="events" operation="DescribeEventBus" input={{ Name: name }} />
      <Button disabled={!answer.data || name === "default"} onClick={() => ask("delete")}>
        Delete
      </Button>
      <Button variant="primary" href={sendLink(name)}>
        Send events
      </Button>
    </>
  );
  return (
    <AnswerPage title={<Said text={name} />} actions={actions} answer={answer}>
      {(bus) => (
        <SpaceBetween size="l">
          <Details bus={bus} />
          <Tabs
            activeTabId={tab}
            onChange={({ detail }) => setQuery({ tab: detail.activeTabId === "rules" ? undefined : detail.activeTabId })}
            tabs={[
              { id: "rules", label: "Rules", content: <RuleList bus={name} /> },
              { id: "events", label: "Recent events", content: tab === "events" && <BusEvents bus={name} /> },
              { id: "tags", label: "Tags", content: tab === "tags" && <BusTags arn={bus.Arn} /> },
            ]}
          />
          {asked === "delete" && (
            <Confirm
              title={`Delete ${name}?`}
              verb="Delete"
              calls={() => callsToDeleteBus(name)}
              close={() => ask(undefined)}
              done={() => go(href("/buses"))}
            >
              Its rules and their targets go with it. Events that name it afterwards are kept in the inbox.
            </Confirm>
          )}
        </SpaceBetween>
      )}
    </AnswerPage>
  );
}
