// A rule as it is being made or changed: what is typed, what is wrong with it, and the calls that make it so.
import type { TestTargetInput } from "../../api/crema";
import type { Rule, Tag, Target, TargetInput } from "../../api/events";
import { jsonProblem, parseJson, prettyJson } from "../../json/parse";
import { targetOfArn, type TargetKind } from "../../links";
import { ruleNameProblem } from "../buses/names";

export type InputKind = "event" | "part" | "constant" | "transformer";

export interface TargetDraft {
  readonly id: string;
  readonly kind: TargetKind;
  readonly arn: string;
  readonly input: InputKind;
  readonly path: string;
  readonly constant: string;
  readonly paths: string; // of a transformer: JSON, name to path
  readonly template: string;
  readonly kept?: Target; // as it is stored; what the form does not show stays
}

export interface RuleDraft {
  readonly bus: string;
  readonly name: string;
  readonly description: string;
  readonly enabled: boolean;
  readonly pattern: string;
  readonly targets: readonly TargetDraft[];
  readonly tags: readonly Tag[];
}

// What is stored, when a rule is changed.
export interface Stored {
  readonly rule: Rule & { RoleArn?: string };
  readonly targets: readonly Target[];
  readonly tags: readonly Tag[];
}

export interface Call {
  readonly operation: string;
  readonly input: Record<string, unknown>;
}

export const TARGETS_MAX = 5;

export function newTarget(others: readonly TargetDraft[]): TargetDraft {
  let number = 1;
  while (others.some(({ id }) => id === `target${number}`)) number++;
  return { id: `target${number}`, kind: "log group", arn: "", input: "event", path: "$.detail", constant: "{\n}", paths: "{\n}", template: "" };
}

// A transformer that the kind of target takes, until another is typed.
export function transformerToBeginWith(kind: TargetKind): Pick<TargetDraft, "paths" | "template"> {
  const of = (paths: Record<string, string>, template: string) => ({ paths: JSON.stringify(paths, null, 2), template });
  return kind === "log group"
    ? of({ time: "$.time", type: "$.detail-type" }, '{"timestamp": <time>, "message": "<type>"}')
    : of({ detail: "$.detail" }, '{"detail": <detail>, "rule": <aws.events.rule-name>}');
}

export const newRule = (bus: string): RuleDraft => ({ bus, name: "", description: "", enabled: true, pattern: "", targets: [newTarget([])], tags: [] });

function targetDraftOf(target: Target): TargetDraft {
  const input: InputKind = target.InputTransformer ? "transformer" : target.Input !== undefined ? "constant" : target.InputPath ? "part" : "event";
  return {
    ...newTarget([]),
    id: target.Id,
    kind: targetOfArn(target.Arn).kind,
    arn: target.Arn,
    input,
    kept: target,
    ...(target.InputPath ? { path: target.InputPath } : {}),
    ...(target.Input !== undefined ? { constant: target.Input } : {}),
    ...(target.InputTransformer
      ? { paths: JSON.stringify(target.InputTransformer.InputPathsMap ?? {}, null, 2), template: target.InputTransformer.InputTemplate }
      : {}),
  };
}

export function draftOf({ rule, targets, tags }: Stored): RuleDraft {
  return {
    bus: rule.EventBusName,
    name: rule.Name,
    description: rule.Description ?? "",
    enabled: rule.State !== "DISABLED",
    pattern: prettyJson(rule.EventPattern ?? ""),
    targets: targets.map(targetDraftOf),
    tags,
  };
}

// ---- what is wrong ----

export function targetProblem(draft: TargetDraft, all: readonly TargetDraft[]): string | undefined {
  if (!/^[.\-_A-Za-z0-9]{1,64}$/.test(draft.id)) return "The id of a target has letters, digits and . - _";
  if (all.filter(({ id }) => id === draft.id).length > 1) return `Two targets are called ${draft.id}`;
  if (!draft.arn) return `Choose the ${draft.kind === "other" ? "target" : draft.kind} that it goes to`;
  if (draft.kind === "event bus") return undefined; // it takes the event as it is
  if (draft.input === "part" && !draft.path.startsWith("$")) return "The path of a part begins with $";
  if (draft.input === "constant") return jsonProblem(draft.constant)?.text;
  if (draft.input === "transformer") {
    if (!draft.template.trim()) return "A transformer has a template";
    return jsonProblem(draft.paths, "object")?.text;
  }
  return undefined;
}

// What keeps the step from being done: 0 details, 1 pattern, 2 targets, 3 tags.
export function stepProblem(draft: RuleDraft, step: number): string | undefined {
  if (step === 0) return ruleNameProblem(draft.name);
  if (step === 1) return draft.pattern.trim() ? jsonProblem(draft.pattern, "object")?.text : "A rule has a pattern";
  if (step === 2) return draft.targets.map((target) => targetProblem(target, draft.targets)).find(Boolean);
  if (step === 3) {
    const keys = draft.tags.map(({ Key }) => Key);
    if (keys.some((key) => !key)) return "A tag has a key";
    if (new Set(keys).size < keys.length) return "Two tags have the same key";
  }
  return undefined;
}

// ---- what is sent ----

function inputOf(draft: TargetDraft): TargetInput {
  if (draft.kind === "event bus" || draft.input === "event") return {};
  if (draft.input === "part") return { InputPath: draft.path };
  if (draft.input === "constant") return { Input: draft.constant };
  return { InputTransformer: { InputPathsMap: JSON.parse(draft.paths) as Record<string, string>, InputTemplate: draft.template } };
}

// What the server is asked about the input; undefined: it is not whole yet.
export function testedInput(draft: TargetDraft, rule: string, bus: string, event: string): TestTargetInput | undefined {
  if (!rule || (draft.input === "transformer" && jsonProblem(draft.paths, "object"))) return undefined;
  const arn = draft.arn ? { Arn: draft.arn } : {};
  return { Event: event, Rule: rule, EventBusName: bus, Target: { Id: draft.id, ...arn, ...inputOf(draft) } };
}

export function targetOf(draft: TargetDraft): Target {
  const kept: Partial<Target> = { ...draft.kept };
  delete kept.Input;
  delete kept.InputPath;
  delete kept.InputTransformer;
  if (draft.arn !== draft.kept?.Arn) delete kept.RoleArn;
  const account = draft.arn.split(":")[4] ?? "";
  const wantsRole = draft.kind === "state machine" || draft.kind === "event bus";
  return { ...(wantsRole ? { RoleArn: `arn:aws:iam::${account}:role/events` } : {}), ...kept, Id: draft.id, Arn: draft.arn, ...inputOf(draft) };
}

function ruleCall(draft: RuleDraft, stored: Stored | undefined): Call {
  const before = stored?.rule.State;
  const enabled = before && before !== "DISABLED" ? before : "ENABLED";
  return {
    operation: "PutRule",
    input: {
      Name: draft.name,
      EventBusName: draft.bus,
      EventPattern: draft.pattern,
      State: draft.enabled ? enabled : "DISABLED",
      ...(draft.description ? { Description: draft.description } : {}),
      ...(stored?.rule.RoleArn ? { RoleArn: stored.rule.RoleArn } : {}),
      ...(!stored && draft.tags.length ? { Tags: draft.tags } : {}),
    },
  };
}

function tagCalls(draft: RuleDraft, stored: Stored): Call[] {
  const ResourceARN = stored.rule.Arn;
  const gone = stored.tags.map(({ Key }) => Key).filter((key) => !draft.tags.some(({ Key }) => Key === key));
  const changed = draft.tags.filter((tag) => !stored.tags.some(({ Key, Value }) => Key === tag.Key && Value === tag.Value));
  return [
    ...(gone.length ? [{ operation: "UntagResource", input: { ResourceARN, TagKeys: gone } }] : []),
    ...(changed.length ? [{ operation: "TagResource", input: { ResourceARN, Tags: changed } }] : []),
  ];
}

export function callsOf(draft: RuleDraft, stored?: Stored): Call[] {
  const of = { Rule: draft.name, EventBusName: draft.bus };
  const gone = stored?.targets.map(({ Id }) => Id).filter((id) => !draft.targets.some((target) => target.id === id)) ?? [];
  return [
    ruleCall(draft, stored),
    ...(gone.length ? [{ operation: "RemoveTargets", input: { ...of, Ids: gone } }] : []),
    ...(draft.targets.length ? [{ operation: "PutTargets", input: { ...of, Targets: draft.targets.map(targetOf) } }] : []),
    ...(stored ? tagCalls(draft, stored) : []),
  ];
}

// A pattern that the event matches, to begin with.
export function patternOfEvent(text: string): string | undefined {
  const parsed = parseJson(text);
  if (!("root" in parsed) || parsed.root.kind !== "object") return undefined;
  const lines = parsed.root.members
    .filter(({ key, value }) => (key === "source" || key === "detail-type") && value.kind === "string")
    .map(({ key, value }) => `  ${JSON.stringify(key)}: [${text.slice(value.start, value.end)}]`);
  return lines.length ? `{\n${lines.join(",\n")}\n}` : undefined;
}
