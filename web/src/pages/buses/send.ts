// The entries of Send events, as they are typed.
import type { Entry } from "../../api/events";
import { jsonProblem, parseJson } from "../../json/parse";

export interface EntryDraft {
  readonly source: string;
  readonly detailType: string;
  readonly detail: string;
  readonly resources: string; // one a line
}

export interface EntryProblems {
  source?: string;
  detailType?: string;
  detail?: { text: string; at: number };
}

export const ENTRIES_MAX = 10;

export const newEntry = (): EntryDraft => ({ source: "", detailType: "", detail: "{\n}", resources: "" });

export function problemsOf(draft: EntryDraft): EntryProblems {
  const problems: EntryProblems = {};
  const detail = jsonProblem(draft.detail, "object");
  if (detail) problems.detail = detail;
  if (!draft.source.trim()) problems.source = "An event has a source";
  else if (draft.source.startsWith("aws.")) problems.source = 'Sources that begin with "aws." are the services\' own';
  if (!draft.detailType.trim()) problems.detailType = "An event has a detail type";
  return problems;
}

export function entryOf(bus: string, draft: EntryDraft): Entry {
  const resources = draft.resources.split("\n").map((line) => line.trim()).filter(Boolean);
  return {
    EventBusName: bus,
    Source: draft.source,
    DetailType: draft.detailType,
    Detail: draft.detail,
    ...(resources.length ? { Resources: resources } : {}),
  };
}

// An event that came through, to be sent once more.
export function draftOfEnvelope(text: string): EntryDraft | undefined {
  const parsed = parseJson(text);
  if (!("root" in parsed) || parsed.root.kind !== "object") return undefined;
  const draft = { source: "", detailType: "", detail: "{}", resources: "" };
  for (const { key, value } of parsed.root.members) {
    const raw = text.slice(value.start, value.end);
    if (key === "source" && value.kind === "string") draft.source = String(JSON.parse(raw));
    if (key === "detail-type" && value.kind === "string") draft.detailType = String(JSON.parse(raw));
    if (key === "detail") draft.detail = raw;
    if (key === "resources" && value.kind === "array") draft.resources = (JSON.parse(raw) as unknown[]).map(String).join("\n");
  }
  return draft;
}
