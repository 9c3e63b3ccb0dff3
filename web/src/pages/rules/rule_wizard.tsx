// Creates or changes a rule in five steps.
import Alert from "@cloudscape-design/components/alert";
import SpaceBetween from "@cloudscape-design/components/space-between";
import Wizard from "@cloudscape-design/components/wizard";
import { useState } from "react";
import { call } from "../../api/client";
import { useAction } from "../../api/use_action";
import { busLink, ruleLink } from "../../links";
import { go } from "../../route";
import { Failure } from "../../shell/failure";
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

export function RuleWizard({ start, stored }: { start: RuleDraft; stored?: Stored }) {
  const [draft, setDraft] = useState(start);
  const [step, setStep] = useState(0);
  const [asked, setAsked] = useState(false);
  const submit = useAction(() => save(draft, stored));
  const problem = stepProblem(draft, step);
  const leave = (to: number): void => {
    const firstBad = Array.from({ length: to }, (_, at) => at).find((at) => stepProblem(draft, at) !== undefined);
    setAsked(to > step && firstBad !== undefined);
    setStep(Math.min(to, firstBad ?? to));
  };
  const finish = async (): Promise<void> => {
    const bad = Array.from({ length: STEPS }, (_, at) => at).find((at) => stepProblem(draft, at) !== undefined);
    if (bad !== undefined) {
      setAsked(true);
      setStep(bad);
    } else if (await submit.run()) go(ruleLink(draft.bus, draft.name));
  };
  const props = { draft, asked, stored: stored !== undefined, change: (part: Partial<RuleDraft>) => setDraft((before) => ({ ...before, ...part })) };
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
        onCancel={() => go(stored ? ruleLink(draft.bus, draft.name) : busLink(draft.bus))}
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
