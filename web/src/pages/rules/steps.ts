import type { RuleDraft } from "./draft";

export interface StepProps {
  readonly draft: RuleDraft;
  readonly change: (part: Partial<RuleDraft>) => void;
  readonly asked: boolean; // whether what is empty is a problem yet
  readonly stored: boolean; // an existing rule is being changed
  readonly kept: string; // below which what is typed is kept
}
