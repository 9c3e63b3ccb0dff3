import { useAnswer } from "../../api/use_answer";
import type { PageProps } from "../../routes";
import { AnswerPage } from "../../shell/answer_page";
import { draftOf } from "./draft";
import { RuleWizard } from "./rule_wizard";
import { storedRule } from "./stored_rule";

export default function EditRule({ parameters }: PageProps) {
  const { bus = "", rule = "" } = parameters;
  const answer = useAnswer((signal) => storedRule(bus, rule, { signal }), [bus, rule]);
  return (
    <AnswerPage title={`Edit ${rule}`} answer={answer}>
      {(stored) => <RuleWizard start={draftOf(stored)} stored={stored} kept={`edit-rule/${bus}/${rule}`} />}
    </AnswerPage>
  );
}
