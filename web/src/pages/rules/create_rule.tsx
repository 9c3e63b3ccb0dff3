import ContentLayout from "@cloudscape-design/components/content-layout";
import Header from "@cloudscape-design/components/header";
import { usePlace } from "../../route";
import { newRule } from "./draft";
import { RuleWizard } from "./rule_wizard";

export default function CreateRule() {
  const bus = usePlace().query["bus"] ?? "default";
  return (
    <ContentLayout header={<Header variant="h1">Create rule</Header>}>
      <RuleWizard key={bus} start={newRule(bus)} />
    </ContentLayout>
  );
}
