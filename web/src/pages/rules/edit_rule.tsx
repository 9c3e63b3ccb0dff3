import ContentLayout from "@cloudscape-design/components/content-layout";
import Header from "@cloudscape-design/components/header";
import Spinner from "@cloudscape-design/components/spinner";
import { useAnswer } from "../../api/use_answer";
import type { PageProps } from "../../routes";
import { Failure } from "../../shell/failure";
import { draftOf } from "./draft";
import { RuleWizard } from "./rule_wizard";
import { storedRule } from "./stored_rule";

export default function EditRule({ parameters }: PageProps) {
  const { bus = "", rule = "" } = parameters;
  const { data, error, reload } = useAnswer((signal) => storedRule(bus, rule, { signal }), [bus, rule]);
  return (
    <ContentLayout header={<Header variant="h1">{`Edit ${rule}`}</Header>}>
      {error && <Failure error={error} retry={reload} />}
      {!data && !error && <Spinner size="large" />}
      {data && <RuleWizard start={draftOf(data)} stored={data} />}
    </ContentLayout>
  );
}
