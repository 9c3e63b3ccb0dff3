import { usePlace } from "../../route";
import { PageFrame } from "../../shell/page";
import { newRule } from "./draft";
import { RuleWizard } from "./rule_wizard";

export default function CreateRule() {
  const bus = usePlace().query["bus"] ?? "default";
  return (
    <PageFrame title="Create rule">
      <RuleWizard key={bus} start={newRule(bus)} kept={`create-rule/${bus}`} />
    </PageFrame>
  );
}
