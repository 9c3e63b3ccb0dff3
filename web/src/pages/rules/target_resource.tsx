// The log group, state machine or bus that a target leads to: picked from those there are, or made on the spot.
import Button from "@cloudscape-design/components/button";
import FormField from "@cloudscape-design/components/form-field";
import Input from "@cloudscape-design/components/input";
import Select from "@cloudscape-design/components/select";
import SpaceBetween from "@cloudscape-design/components/space-between";
import { useState } from "react";
import { call, perform, type Call, type CallOptions } from "../../api/client";
import { listAll, listBuses, type Found } from "../../api/events";
import { useAction } from "../../api/use_action";
import { useAnswer } from "../../api/use_answer";
import { CopyCommands } from "../../cli/copy_command";
import { targetOfArn, type TargetKind } from "../../links";
import { Failure } from "../../shell/failure";
import type { TargetDraft } from "./draft";

// Where a resource is made: what its ARN begins with, besides the service.
interface Where {
  readonly region: string;
  readonly account: string;
}

interface Maker {
  readonly label: string;
  readonly suggestion: string;
  readonly list: (options: CallOptions) => Promise<Found<string>>; // ARNs
  readonly call: (name: string, where: Where) => Call;
  readonly arnOf: (name: string, where: Where) => string;
}

const groupArn = (arn: string): string => arn.replace(/:\*$/, "");

function arnsOf<Item>({ items, more }: Found<Item>, arnOf: (item: Item) => string): Found<string> {
  return { items: items.map(arnOf), more };
}

const firstDefinition = JSON.stringify(
  { Comment: "Takes an event; to be filled with states", StartAt: "Event", States: { Event: { Type: "Pass", End: true } } },
  null,
  2,
);

const makers: Readonly<Partial<Record<TargetKind, Maker>>> = {
  "log group": {
    label: "Log group",
    suggestion: "/aws/events/orders",
    list: async (options) => arnsOf(await listAll<{ arn: string }>("logs", "DescribeLogGroups", {}, "logGroups", options), ({ arn }) => groupArn(arn)),
    call: (logGroupName) => ({ service: "logs", operation: "CreateLogGroup", input: { logGroupName } }),
    arnOf: (name, { region, account }) => `arn:aws:logs:${region}:${account}:log-group:${name}`,
  },
  "state machine": {
    label: "State machine",
    suggestion: "ProcessOrder",
    list: async (options) =>
      arnsOf(await listAll<{ stateMachineArn: string }>("states", "ListStateMachines", {}, "stateMachines", options), ({ stateMachineArn }) => stateMachineArn),
    call: (name, { account }) => ({
      service: "states",
      operation: "CreateStateMachine",
      input: { name, roleArn: `arn:aws:iam::${account}:role/machines`, definition: firstDefinition },
    }),
    arnOf: (name, { region, account }) => `arn:aws:states:${region}:${account}:stateMachine:${name}`,
  },
  "event bus": {
    label: "Event bus",
    suggestion: "orders-copy",
    list: async (options) => arnsOf(await listBuses(options), ({ Arn }) => Arn),
    call: (Name) => ({ service: "events", operation: "CreateEventBus", input: { Name } }),
    arnOf: (name, { region, account }) => `arn:aws:events:${region}:${account}:event-bus/${name}`,
  },
};

// Every region has a default bus.
async function whereOf(): Promise<Where> {
  const { EventBuses } = await call<{ EventBuses: { Arn: string }[] }>("events", "ListEventBuses", { Limit: 1 });
  const [, , , region = "", account = ""] = EventBuses[0]?.Arn.split(":") ?? [];
  return { region, account };
}

interface Props {
  readonly draft: TargetDraft;
  readonly change: (part: Partial<TargetDraft>) => void;
}

function Make({ maker, use }: { maker: Maker; use: (arn: string) => void }) {
  const [name, setName] = useState("");
  const make = useAction(async () => {
    const where = await whereOf();
    await perform([maker.call(name, where)]);
    use(maker.arnOf(name, where));
    setName("");
  });
  return (
    <SpaceBetween size="xs">
      <FormField label={`Or make a new ${maker.label.toLowerCase()}`}>
        <SpaceBetween direction="horizontal" size="xs">
          <Input value={name} placeholder={maker.suggestion} autoComplete={false} ariaLabel={`Name of the new ${maker.label.toLowerCase()}`} onChange={({ detail }) => setName(detail.value)} />
          <Button formAction="none" disabled={!name} loading={make.busy} onClick={() => void make.run()}>
            Make it
          </Button>
          <CopyCommands calls={async () => [maker.call(name, await whereOf())]} />
        </SpaceBetween>
      </FormField>
      {make.error && <Failure error={make.error} />}
    </SpaceBetween>
  );
}

function Pick({ maker, draft, change }: Props & { maker: Maker }) {
  const { data, error, reload } = useAnswer((signal) => maker.list({ signal }), [draft.kind]);
  const arns = [...new Set([...(data?.items ?? []), ...(draft.arn ? [draft.arn] : [])])];
  const article = /^[AEIOU]/.test(maker.label) ? "an" : "a";
  const option = (arn: string) => ({ value: arn, label: targetOfArn(arn).name, description: arn });
  return (
    <SpaceBetween size="s">
      {error && <Failure error={error} retry={reload} />}
      <FormField label={maker.label} description={data?.more ? `The first ${data.items.length} of them; any other by its ARN, as "Another ARN"` : undefined}>
        <Select
          selectedOption={draft.arn ? option(draft.arn) : null}
          placeholder={data?.items.length === 0 ? "There is none yet" : `Choose ${article} ${maker.label.toLowerCase()}`}
          statusType={data ? "finished" : "loading"}
          loadingText="Asking the server"
          filteringType="auto"
          options={arns.map(option)}
          onChange={({ detail }) => change({ arn: detail.selectedOption.value ?? "" })}
        />
      </FormField>
      <Make
        maker={maker}
        use={(arn) => {
          change({ arn });
          reload();
        }}
      />
    </SpaceBetween>
  );
}

export function TargetResource({ draft, change }: Props) {
  const maker = makers[draft.kind];
  if (maker) return <Pick key={draft.kind} maker={maker} draft={draft} change={change} />;
  return (
    <FormField label="ARN">
      <Input value={draft.arn} autoComplete={false} onChange={({ detail }) => change({ arn: detail.value })} />
    </FormField>
  );
}
