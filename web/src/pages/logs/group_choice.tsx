// Several log groups are chosen; they stand in the URL.
import FormField from "@cloudscape-design/components/form-field";
import Multiselect from "@cloudscape-design/components/multiselect";
import SpaceBetween from "@cloudscape-design/components/space-between";
import { allGroups } from "../../api/logs";
import { useAnswer } from "../../api/use_answer";
import type { Query } from "../../place";
import { setQuery } from "../../route";
import { Failure } from "../../shell/failure";

// No name of a group has a comma.
export const chosenGroups = (query: Query, max: number): string[] => (query["groups"] ?? "").split(",").filter(Boolean).slice(0, max);

export const groupsQuery = (groups: readonly string[]) => ({ groups: groups.join(",") || undefined });

export function GroupChoice({ groups, max }: { groups: readonly string[]; max: number }) {
  const known = useAnswer((signal) => allGroups({ signal }));
  return (
    <SpaceBetween size="s">
      {known.error && <Failure error={known.error} retry={known.reload} />}
      <FormField label="Log groups" stretch constraintText={`Up to ${max}`}>
        <Multiselect
          ariaLabel="Log groups"
          filteringType="auto"
          placeholder="Choose log groups"
          options={known.data?.items.map(({ logGroupName }) => ({ value: logGroupName, label: logGroupName })) ?? []}
          selectedOptions={groups.map((value) => ({ value, label: value }))}
          statusType={known.data || known.error ? "finished" : "loading"}
          empty="There are none yet"
          onChange={({ detail }) => setQuery(groupsQuery(detail.selectedOptions.map(({ value }) => value ?? "")))}
        />
      </FormField>
    </SpaceBetween>
  );
}
