// The rules, bus by bus.
import FormField from "@cloudscape-design/components/form-field";
import Select from "@cloudscape-design/components/select";
import SpaceBetween from "@cloudscape-design/components/space-between";
import { listBuses } from "../../api/events";
import { useAnswer } from "../../api/use_answer";
import { setQuery, usePlace } from "../../route";
import { Failure } from "../../shell/failure";
import { RuleList } from "./rule_list";

export default function Rules() {
  const bus = usePlace().query["bus"] ?? "default";
  const { data, error, reload } = useAnswer((signal) => listBuses({ signal }));
  const names = [...new Set([bus, ...(data?.items.map(({ Name }) => Name) ?? [])])];
  return (
    <SpaceBetween size="m">
      {error && <Failure error={error} retry={reload} />}
      <FormField label="Event bus">
        <Select
          selectedOption={{ label: bus, value: bus }}
          options={names.map((name) => ({ label: name, value: name }))}
          onChange={({ detail }) => setQuery({ bus: detail.selectedOption.value, filter: undefined })}
        />
      </FormField>
      <RuleList key={bus} bus={bus} level="h1" />
    </SpaceBetween>
  );
}
