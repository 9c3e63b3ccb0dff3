// Live tail: the events of up to ten groups as they are written; paused, highlighted, never more than so many kept.
import Alert from "@cloudscape-design/components/alert";
import Button from "@cloudscape-design/components/button";
import Container from "@cloudscape-design/components/container";
import FormField from "@cloudscape-design/components/form-field";
import Input from "@cloudscape-design/components/input";
import SpaceBetween from "@cloudscape-design/components/space-between";
import StatusIndicator from "@cloudscape-design/components/status-indicator";
import { useEffect, useRef, useState } from "react";
import { ApiError } from "../../api/client";
import { useNamespace } from "../../api/namespace";
import { CopyCommand } from "../../cli/copy_command";
import { setQuery, usePlace } from "../../route";
import { PageFrame } from "../../shell/page";
import { Panel } from "../../shell/panel";
import { EventRows, type ShownEvent } from "./event_rows";
import { chosenGroups, GroupChoice } from "./group_choice";
import { tail } from "./tail";

const KEPT_MAX = 5000;
const DRAW_MS = 200;
const GROUPS_MAX = 10;

interface Tailed {
  readonly events: readonly ShownEvent[];
  readonly waiting: number; // came while paused
  readonly gone: number; // the oldest, which were let go here
  readonly dropped: number; // by the server
  readonly how: "stream" | "polling" | undefined;
  readonly error: ApiError | undefined;
}

const nothing: Tailed = { events: [], waiting: 0, gone: 0, dropped: 0, how: undefined, error: undefined };

function useTail(groups: readonly string[], pattern: string | undefined, paused: boolean, round: number): [Tailed, () => void] {
  const [state, setState] = useState<Tailed>(nothing);
  const queue = useRef<ShownEvent[]>([]);
  const namespace = useNamespace();
  const stopped = useRef(paused);
  const key = JSON.stringify([groups, pattern, namespace]);
  useEffect(() => {
    stopped.current = paused;
  }, [paused]);
  useEffect(() => {
    setState(nothing);
    queue.current = [];
    if (groups.length === 0) return;
    const controller = new AbortController();
    let dropped = 0;
    let gone = 0;
    const reader = {
      begun: (how: "stream" | "polling") => setState((before) => ({ ...before, how, error: undefined })),
      events: (events: readonly ShownEvent[], lost: number) => {
        dropped += lost;
        queue.current.push(...events);
        const over = queue.current.length - KEPT_MAX;
        if (over > 0) {
          queue.current.splice(0, over);
          gone += over;
        }
      },
    };
    const timer = setInterval(() => {
      const came = queue.current;
      setState((before) => {
        if (stopped.current) return before.waiting === came.length && before.dropped === dropped ? before : { ...before, waiting: came.length, dropped, gone };
        if (came.length === 0 && before.dropped === dropped) return before.waiting ? { ...before, waiting: 0 } : before;
        queue.current = [];
        const all = [...before.events, ...came];
        const over = Math.max(0, all.length - KEPT_MAX);
        gone += over;
        return { ...before, events: over ? all.slice(over) : all, waiting: 0, dropped, gone };
      });
    }, DRAW_MS);
    tail({ groups, pattern }, reader, controller.signal).catch((error: unknown) => {
      if (controller.signal.aborted) return;
      const shown = error instanceof ApiError ? error : new ApiError("NoAnswer", error instanceof Error ? error.message : String(error), 0, "");
      setState((before) => ({ ...before, error: shown, how: undefined }));
    });
    return () => {
      controller.abort();
      clearInterval(timer);
    };
    // eslint-disable-next-line react-hooks/exhaustive-deps -- `key` stands for groups, pattern and namespace
  }, [key, round]);
  return [state, () => setState((before) => ({ ...before, events: [], gone: 0 }))];
}

export default function Live() {
  const { query } = usePlace();
  const groups = chosenGroups(query, GROUPS_MAX);
  const pattern = query["pattern"];
  const highlight = query["highlight"] ?? "";
  const [paused, setPaused] = useState(false);
  const [round, setRound] = useState(0);
  const [typed, setTyped] = useState(pattern ?? "");
  const [state, clear] = useTail(groups, pattern, paused, round);
  return (
    <PageFrame title="Live tail" error={state.error} retry={() => setRound(round + 1)}>
      <Container>
        <SpaceBetween size="m">
          <GroupChoice groups={groups} max={GROUPS_MAX} />
          <form
            onSubmit={(event) => {
              event.preventDefault();
              setQuery({ pattern: typed || undefined });
            }}
          >
            <SpaceBetween direction="horizontal" size="xs" alignItems="end">
              <FormField label="Filter pattern">
                <Input value={typed} spellcheck={false} onChange={({ detail }) => setTyped(detail.value)} />
              </FormField>
              <Button>Apply</Button>
              <FormField label="Highlight">
                <Input value={highlight} onChange={({ detail }) => setQuery({ highlight: detail.value || undefined })} />
              </FormField>
            </SpaceBetween>
          </form>
        </SpaceBetween>
      </Container>
      {state.how === "polling" && <Alert type="info">This server has no live tail: it is asked once a second, and events that are older than a minute when they come are not seen.</Alert>}
      {state.dropped > 0 && <Alert type="warning">{`${state.dropped} events came faster than they could be sent, and are not here.`}</Alert>}
      <Panel
        title="Events"
        counter={`(${state.events.length})`}
        description={state.gone ? `The last ${KEPT_MAX}; ${state.gone} older ones were let go` : undefined}
        actions={
          <>
            {state.how && <StatusIndicator type={paused ? "stopped" : "in-progress"}>{paused ? `Paused, ${state.waiting} waiting` : "Live"}</StatusIndicator>}
            <CopyCommand service="logs" operation="StartLiveTail" input={{ logGroupIdentifiers: groups, ...(pattern ? { logEventFilterPattern: pattern } : {}) }} />
            <Button onClick={clear}>Clear the list</Button>
            <Button variant="primary" disabled={!state.how} onClick={() => setPaused(!paused)}>
              {paused ? "Go on" : "Pause"}
            </Button>
          </>
        }
      >
        <EventRows
          events={state.events}
          withStream
          withGroup={groups.length > 1}
          highlight={highlight}
          follow={!paused}
          empty={groups.length === 0 ? "Choose a log group" : state.error ? "It listens no longer" : "Waiting for events"}
        />
      </Panel>
    </PageFrame>
  );
}
