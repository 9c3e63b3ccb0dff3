// Creates or changes a rule in five steps. The step stands in the URL, and the draft is kept in the session.
import Alert from "@cloudscape-design/components/alert";
import SpaceBetween from "@cloudscape-design/components/space-between";
import Wizard from "@cloudscape-design/components/wizard";
import { useState } from "react";
import { call } from "../../api/client";
import { useAction } from "../../api/use_action";
import { busLink, ruleLink } from "../../links";
import { go, setQuery, usePlace } from "../../route";
import { Failure } from "../../shell/failure";
import { forget, useKept } from "../../shell/kept";
import { TypedBefore } from "../../shell/typed_before";
import { DetailsStep } from "./details_step";
import { callsOf, stepProblem, type RuleDraft, type Stored } from "./draft";
import { PatternStep } from "./pattern_step";
import { ReviewStep } from "./review_step";
import { TagsStep } from "./tags_step";
import { TargetsStep } from "./targets_step";

const STEPS = 5;

// All of it or, of a new rule, nothing: when its targets are refused, the rule goes again.
async function save(draft: RuleDraft, stored: Stored | undefined): Promise<void> {
  if (!stored) await refuseTaken(draft);
  const calls = callsOf(draft, stored);
  for (const [at, { operation, input }] of calls.entries()) {
    try {
      await call("events", operation, input);
    } catch (error) {
      if (!stored && at > 0) await call("events", "DeleteRule", { EventBusName: draft.bus, Name: draft.name }).catch(() => undefined);
      throw error;
    }
  }
}

// PutRule would change a rule that is there.
async function refuseTaken(draft: RuleDraft): Promise<void> {
  const { Rules } = await call<{ Rules: { Name: string }[] }>("events", "ListRules", { EventBusName: draft.bus, NamePrefix: draft.name });
  if (Rules.some(({ Name }) => Name === draft.name)) throw new Error(`The bus ${draft.bus} has a rule ${draft.name} already; open it to change it.`);
}

const firstProblem = (draft: RuleDraft, before: number): number | undefined => Array.from({ length: before }, (_, at) => at).find((at) => stepProblem(draft, at) !== undefined);

interface WizardProps {
  readonly start: RuleDraft;
  readonly stored?: Stored;
  readonly kept: string; // below which what is typed is kept
}

function Steps({ start, stored, kept }: WizardProps) {
  const [draft, setDraft] = useKept(`${kept}/draft`, start);
  const [asked, setAsked] = useState(false);
  // The first is 1. A link to a step leads no further than to the first one that is not done yet.
  const wanted = Math.max(0, Math.min(STEPS, Number(usePlace().query["step"]) || 1) - 1);
  const step = firstProblem(draft, wanted) ?? wanted;
  const setStep = (to: number): void => setQuery({ step: to === 0 ? undefined : String(to + 1) });
  const submit = useAction(() => save(draft, stored));
  const leaveFor = (link: string): void => {
    forget(kept);
    go(link);
  };
  const problem = stepProblem(draft, step);
  const leave = (to: number): void => {
    const firstBad = firstProblem(draft, to);
    setAsked(to > step && firstBad !== undefined);
    setStep(Math.min(to, firstBad ?? to));
  };
  const finish = async (): Promise<void> => {
    const bad = firstProblem(draft, STEPS);
    if (bad !== undefined) {
      setAsked(true);
      setStep(bad);
    } else if (await submit.run()) leaveFor(ruleLink(draft.bus, draft.name));
  };
  const props = { draft, asked, kept, stored: stored !== undefined, change: (part: Partial<RuleDraft>) => setDraft((before) => ({ ...before, ...part })) };
  const name = stored ? "Update rule" : "Create rule";
  return (
    <SpaceBetween size="m">
      {submit.error && <Failure error={submit.error} />}
      {asked && problem && <Alert type="error">{problem}</Alert>}
      <Wizard
        activeStepIndex={step}
        isLoadingNextStep={submit.busy}
        submitButtonText={name}
        onNavigate={({ detail }) => leave(detail.requestedStepIndex)}
        onCancel={() => leaveFor(stored ? ruleLink(draft.bus, draft.name) : busLink(draft.bus))}
        onSubmit={() => void finish()}
        i18nStrings={{
          stepNumberLabel: (number) => `Step ${number}`,
          collapsedStepsLabel: (number, count) => `Step ${number} of ${count}`,
          navigationAriaLabel: "Steps",
          cancelButton: "Cancel",
          previousButton: "Previous",
          nextButton: "Next",
          submitButton: name,
          optional: "optional",
        }}
        steps={[
          { title: "Define rule detail", content: <DetailsStep {...props} /> },
          { title: "Build event pattern", content: <PatternStep {...props} /> },
          { title: "Select target(s)", content: <TargetsStep {...props} /> },
          { title: "Configure tags", isOptional: true, content: <TagsStep {...props} /> },
          { title: stored ? "Review and update" : "Review and create", content: <ReviewStep draft={draft} stored={stored} edit={leave} /> },
        ]}
      />
    </SpaceBetween>
  );
}

export function RuleWizard(props: WizardProps) {
  return (
    <TypedBefore kept={props.kept}>
      <Steps {...props} />
    </TypedBefore>
  );
}
