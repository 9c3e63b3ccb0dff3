// Logs Insights: groups, a query and a range of time; what it found, what was asked before, what is saved. Groups, query,
// range and the query that runs stand in the URL: whoever follows the link sees the same.
import Button from "@cloudscape-design/components/button";
import ButtonDropdown from "@cloudscape-design/components/button-dropdown";
import Container from "@cloudscape-design/components/container";
import SpaceBetween from "@cloudscape-design/components/space-between";
import Tabs from "@cloudscape-design/components/tabs";
import { useEffect, useState } from "react";
import type { Call } from "../../api/client";
import { startQuery, type QueryInfo, type SavedQuery } from "../../api/insights";
import { useAction } from "../../api/use_action";
import { CopyCommands } from "../../cli/copy_command";
import { CoffeeShopButton } from "../../coffee/coffee_shop_button";
import { setQuery, usePlace } from "../../route";
import { useAsked } from "../../shell/asked";
import { Failure } from "../../shell/failure";
import { PageFrame } from "../../shell/page";
import { useSettled } from "../../shell/settled";
import { rangeOf } from "../../shell/time";
import { TimeRangeChoice } from "../../shell/time_range";
import { chosenGroups, GroupChoice, groupsQuery } from "../logs/group_choice";
import { History } from "./history";
import { QueryEditor } from "./query_editor";
import { wrongPlace } from "./query_text";
import { queryTimes } from "./range";
import { Results } from "./results";
import { samples } from "./samples";
import { Saved, SaveQuery } from "./saved";

const GROUPS_MAX = 50;
const SPAN = "1h";

// The text of the query: what is typed stands in the URL a moment later.
function useText(): [string, (text: string) => void, () => void] {
  const given = usePlace().query["query"] ?? samples[0]?.query ?? "";
  const [typed, setTyped] = useState<string>();
  const settled = useSettled(typed);
  useEffect(() => {
    if (settled !== undefined) setQuery({ query: settled });
  }, [settled]);
  return [typed ?? given, setTyped, () => setTyped(undefined)];
}

function Begin() {
  return (
    <SpaceBetween size="s">
      <div>Choose log groups, write a query and run it. Without any events to look for:</div>
      <CoffeeShopButton />
    </SpaceBetween>
  );
}

// `load` takes up another query with what stands beside it in the URL.
function Parts({ saves, load }: { saves: number; load: (query: string, beside: Record<string, string | undefined>) => void }) {
  const { query } = usePlace();
  const tab = query["tab"] ?? "results";
  const id = query["id"];
  const takeUp = ({ queryString, queryId, logGroupName }: QueryInfo): void =>
    load(queryString, { id: queryId, ...(logGroupName === undefined ? {} : groupsQuery([logGroupName])) });
  const takeSaved = ({ queryString, logGroupNames = [] }: SavedQuery): void =>
    load(queryString, { id: undefined, ...(logGroupNames.length ? groupsQuery(logGroupNames) : {}) });
  return (
    <Tabs
      activeTabId={tab}
      onChange={({ detail }) => setQuery({ tab: detail.activeTabId === "results" ? undefined : detail.activeTabId, filter: undefined, page: undefined, chosen: undefined })}
      tabs={[
        { id: "results", label: "Results", content: tab === "results" && (id === undefined ? <Begin /> : <Results key={id} id={id} />) },
        { id: "history", label: "History", content: tab === "history" && <History load={takeUp} /> },
        { id: "saved", label: "Saved queries", content: tab === "saved" && <Saved key={saves} load={takeSaved} /> },
      ]}
    />
  );
}

export default function Insights() {
  const { query } = usePlace();
  const groups = chosenGroups(query, GROUPS_MAX);
  const [text, type, untype] = useText();
  const [asked, ask] = useAsked();
  const [saves, setSaves] = useState(0);
  const [sent, setSent] = useState("");
  const inputNow = () => {
    const now = Date.now();
    return { logGroupNames: groups, ...queryTimes(rangeOf(query, SPAN, now), now), queryString: text };
  };
  const load = (queryString: string, beside: Record<string, string | undefined>): void => {
    untype();
    setQuery({ query: queryString, tab: undefined, ...beside });
  };
  const run = useAction(async () => {
    setSent(text);
    const { queryId } = await startQuery(inputNow());
    load(text, { id: queryId });
  });
  const good = groups.length > 0 && text.trim() !== "";
  const runIfGood = (): void => void (good && !run.busy && run.run());
  const calls = (): Promise<Call[]> => Promise.resolve([{ service: "logs", operation: "StartQuery", input: inputNow() }]);
  const id = query["id"];
  const others = id === undefined ? [] : [{ id: "results", text: "Results", calls: [{ service: "logs" as const, operation: "GetQueryResults", input: { queryId: id } }] }];
  return (
    <PageFrame title="Logs Insights" actions={<CopyCommands calls={calls} others={others} />}>
      <Container>
        <SpaceBetween size="m">
          <GroupChoice groups={groups} max={GROUPS_MAX} />
          <TimeRangeChoice fallback={SPAN} />
          <div onKeyDown={(event) => event.key === "Enter" && (event.ctrlKey || event.metaKey) && runIfGood()}>
            <QueryEditor value={text} onChange={type} wrong={sent === text ? wrongPlace(run.error, text) : undefined} />
          </div>
          {run.error && <Failure error={run.error} />}
          <SpaceBetween direction="horizontal" size="xs">
            <Button variant="primary" disabled={!good} loading={run.busy} onClick={runIfGood}>
              Run query
            </Button>
            <Button disabled={text.trim() === ""} onClick={() => ask("save")}>
              Save query
            </Button>
            <ButtonDropdown
              items={samples.map((sample) => ({ id: sample.id, text: sample.text }))}
              onItemClick={({ detail }) => type(samples.find((sample) => sample.id === detail.id)?.query ?? text)}
            >
              Sample queries
            </ButtonDropdown>
          </SpaceBetween>
        </SpaceBetween>
      </Container>
      <Parts saves={saves} load={load} />
      {asked === "save" && (
        <SaveQuery
          text={text}
          groups={groups}
          close={() => ask(undefined)}
          done={() => {
            setSaves(saves + 1);
            setQuery({ dialog: undefined, tab: "saved" });
          }}
        />
      )}
    </PageFrame>
  );
}
