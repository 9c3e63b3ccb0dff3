// Send events: entries as they are typed, and the envelopes that they became.
import Button from "@cloudscape-design/components/button";
import Container from "@cloudscape-design/components/container";
import ExpandableSection from "@cloudscape-design/components/expandable-section";
import FormField from "@cloudscape-design/components/form-field";
import Input from "@cloudscape-design/components/input";
import Select from "@cloudscape-design/components/select";
import SpaceBetween from "@cloudscape-design/components/space-between";
import Textarea from "@cloudscape-design/components/textarea";
import { useEffect, useState } from "react";
import { getEventTrace } from "../../api/crema";
import { listBuses, putEvents, type Entry, type PutEventsAnswer } from "../../api/events";
import { useAction } from "../../api/use_action";
import { useAnswer } from "../../api/use_answer";
import { CopyCommand } from "../../cli/copy_command";
import { JsonField } from "../../json/json_field";
import { prettyJson } from "../../json/parse";
import { setQuery, usePlace } from "../../route";
import { Failure } from "../../shell/failure";
import { forget, isKept, useKept } from "../../shell/kept";
import { PageFrame } from "../../shell/page";
import { TypedBefore } from "../../shell/typed_before";
import { Panel } from "../../shell/panel";
import { draftOfEnvelope, ENTRIES_MAX, entryOf, newEntry, problemsOf, type EntryDraft } from "./send";
import { Sent } from "./sent";

interface EntryFormProps {
  readonly draft: EntryDraft;
  readonly number: number;
  readonly asked: boolean; // whether empty fields are a problem yet
  readonly change: (part: Partial<EntryDraft>) => void;
  readonly remove: (() => void) | undefined;
}

function EntryForm({ draft, number, asked, change, remove }: EntryFormProps) {
  const problems = problemsOf(draft);
  const shown = (text: string, problem: string | undefined): string | undefined => (asked || text ? problem : undefined);
  return (
    <Panel
      title={`Event ${number}`}
      actions={
        <>
          <Button formAction="none" onClick={() => change({ detail: prettyJson(draft.detail) })}>
            Prettify
          </Button>
          {remove && (
            <Button formAction="none" iconName="remove" onClick={remove}>
              Remove
            </Button>
          )}
        </>
      }
    >
      <SpaceBetween size="m">
        <FormField label="Source" errorText={shown(draft.source, problems.source)}>
          <Input value={draft.source} placeholder="shop.orders" autoComplete={false} onChange={({ detail }) => change({ source: detail.value })} />
        </FormField>
        <FormField label="Detail type" errorText={shown(draft.detailType, problems.detailType)}>
          <Input value={draft.detailType} placeholder="Order.Placed" autoComplete={false} onChange={({ detail }) => change({ detailType: detail.value })} />
        </FormField>
        <JsonField label="Detail" name={`Detail of event ${number}`} value={draft.detail} onChange={(detail) => change({ detail })} problem={problems.detail} />
        <ExpandableSection headerText="Resources">
          <FormField label="Resources" description="ARNs, one a line">
            <Textarea value={draft.resources} rows={2} onChange={({ detail }) => change({ resources: detail.value })} />
          </FormField>
        </ExpandableSection>
      </SpaceBetween>
    </Panel>
  );
}

// The bus to send to, and the event to begin with when the link says one.
function useStart(again: string | undefined, fillIn: (drafts: EntryDraft[]) => void) {
  const { bus = "default" } = usePlace().query;
  const buses = useAnswer((signal) => listBuses({ signal }));
  useEffect(() => {
    if (!again) return;
    const controller = new AbortController();
    getEventTrace({ EventId: again }, { signal: controller.signal }).then(
      ({ Hops }) => {
        const draft = draftOfEnvelope(Hops[0]?.Event ?? "");
        if (draft) fillIn([{ ...draft, detail: prettyJson(draft.detail) }]);
      },
      () => undefined, // it is no longer known: an empty form
    );
    return () => controller.abort();
  }, [again, fillIn]);
  return { bus, buses };
}

function SendForm({ kept, again }: { kept: string; again: string | undefined }) {
  const [drafts, setDrafts, fillIn] = useKept<EntryDraft[]>(kept, [newEntry()]);
  const [asked, setAsked] = useState(false);
  const [sent, setSent] = useState<{ entries: Entry[]; answer: PutEventsAnswer }>();
  const { bus, buses } = useStart(isKept(kept) ? undefined : again, fillIn);
  const entries = drafts.map((draft) => entryOf(bus, draft));
  const send = useAction(async () => {
    const answer = await putEvents(entries);
    setSent({ entries, answer });
    if (answer.FailedEntryCount === 0) forget(kept);
  });
  const good = drafts.every((draft) => Object.keys(problemsOf(draft)).length === 0);
  const change = (at: number, part: Partial<EntryDraft>): void =>
    setDrafts((before) => before.map((draft, other) => (other === at ? { ...draft, ...part } : draft)));
  const names = [...new Set([...(buses.data?.items.map(({ Name }) => Name) ?? []), bus])];
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        setAsked(true);
        if (good) void send.run();
      }}
    >
      <SpaceBetween size="l">
        {buses.error && <Failure error={buses.error} retry={buses.reload} />}
        {sent && <Sent {...sent} />}
        <Container>
          <FormField label="Event bus">
            <Select
              selectedOption={{ label: bus, value: bus }}
              options={names.map((name) => ({ label: name, value: name }))}
              filteringType={names.length > 10 ? "auto" : "none"}
              onChange={({ detail }) => setQuery({ bus: detail.selectedOption.value })}
            />
          </FormField>
        </Container>
        {drafts.map((draft, at) => (
          <EntryForm
            key={at}
            draft={draft}
            number={at + 1}
            asked={asked}
            change={(part) => change(at, part)}
            remove={drafts.length > 1 ? () => setDrafts(drafts.filter((_, other) => other !== at)) : undefined}
          />
        ))}
        {send.error && <Failure error={send.error} />}
        <SpaceBetween direction="horizontal" size="xs">
          <Button formAction="none" iconName="add-plus" disabled={drafts.length >= ENTRIES_MAX} onClick={() => setDrafts([...drafts, newEntry()])}>
            Add another event
          </Button>
          <CopyCommand service="events" operation="PutEvents" input={{ Entries: entries }} />
          <Button variant="primary" loading={send.busy} disabled={asked && !good}>
            Send
          </Button>
        </SpaceBetween>
      </SpaceBetween>
    </form>
  );
}

export default function SendPage() {
  const { again } = usePlace().query;
  const kept = `send/${again ?? "new"}`;
  return (
    <PageFrame title="Send events">
      <TypedBefore key={kept} kept={kept}>
        <SendForm kept={kept} again={again} />
      </TypedBefore>
    </PageFrame>
  );
}
