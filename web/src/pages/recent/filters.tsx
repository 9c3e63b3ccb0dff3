// Bus, source and detail type of the events that are shown; they stand in the URL.
import Autosuggest from "@cloudscape-design/components/autosuggest";
import Button from "@cloudscape-design/components/button";
import SpaceBetween from "@cloudscape-design/components/space-between";
import { useState } from "react";
import type { RecentEvent } from "../../api/crema";
import { setQuery, usePlace } from "../../route";

interface FilterProps {
  readonly name: "bus" | "source" | "type";
  readonly label: string;
  readonly seen: readonly string[];
}

function Filter({ name, label, seen }: FilterProps) {
  const given = usePlace().query[name] ?? "";
  const [typed, setTyped] = useState<string>();
  const use = (value: string): void => {
    setTyped(undefined);
    setQuery({ [name]: value || undefined, before: undefined });
  };
  return (
    <Autosuggest
      value={typed ?? given}
      placeholder={label}
      ariaLabel={label}
      enteredTextLabel={(value) => `Only ${value}`}
      empty="Nothing seen yet"
      options={[...new Set(seen)].sort().map((value) => ({ value }))}
      onChange={({ detail }) => (detail.value === "" ? use("") : setTyped(detail.value))}
      onSelect={({ detail }) => use(detail.value)}
      onBlur={() => typed !== undefined && use(typed)}
      onKeyDown={({ detail }) => detail.key === "Enter" && typed !== undefined && use(typed)}
    />
  );
}

export function Filters({ events }: { events: readonly RecentEvent[] }) {
  const { query } = usePlace();
  const any = Boolean(query["bus"] ?? query["source"] ?? query["type"]);
  return (
    <SpaceBetween direction="horizontal" size="xs">
      <Filter name="bus" label="Bus" seen={events.map((event) => event.EventBusName)} />
      <Filter name="source" label="Source" seen={events.map((event) => event.Source)} />
      <Filter name="type" label="Detail type" seen={events.map((event) => event.DetailType)} />
      {any && (
        <Button variant="link" onClick={() => setQuery({ bus: undefined, source: undefined, type: undefined, before: undefined })}>
          Clear filters
        </Button>
      )}
    </SpaceBetween>
  );
}
