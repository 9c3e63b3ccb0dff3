// Chooses a range of time, relative or from one moment to another, local or UTC; it stands in the URL.
import FormField from "@cloudscape-design/components/form-field";
import Input from "@cloudscape-design/components/input";
import SegmentedControl from "@cloudscape-design/components/segmented-control";
import Select from "@cloudscape-design/components/select";
import SpaceBetween from "@cloudscape-design/components/space-between";
import { useState } from "react";
import { setQuery, usePlace } from "../route";
import { momentText, parseMoment, spans } from "./time";
import { setZone, useZone } from "./zone";

const options = [{ value: "all", label: "All times" }, ...spans.map(({ id, text }) => ({ value: id, label: `Last ${text}` })), { value: "custom", label: "From … to …" }];

function Moment({ label, name, utc }: { label: string; name: "from" | "to"; utc: boolean }) {
  const given = usePlace().query[name];
  const shown = given === undefined ? "" : momentText(Number(given), utc);
  const [typed, setTyped] = useState<string>();
  const text = typed ?? shown;
  const good = text === "" || parseMoment(text, utc) !== undefined;
  return (
    <FormField label={label} errorText={good ? undefined : "As 2026-01-31 17:04:05"}>
      <Input
        value={text}
        placeholder="2026-01-31 17:04:05"
        onChange={({ detail }) => {
          setTyped(detail.value);
          const ms = parseMoment(detail.value, utc);
          if (ms !== undefined || detail.value === "") setQuery({ [name]: ms === undefined ? undefined : String(ms) });
        }}
        onBlur={() => setTyped(undefined)}
      />
    </FormField>
  );
}

export function TimeRangeChoice({ fallback }: { fallback: string }) {
  const { query } = usePlace();
  const span = query["span"] ?? fallback;
  const zone = useZone();
  const utc = zone === "utc";
  return (
    <SpaceBetween direction="horizontal" size="xs" alignItems="end">
      <Select
        ariaLabel="Time range"
        selectedOption={options.find(({ value }) => value === span) ?? null}
        options={options}
        onChange={({ detail }) => setQuery({ span: detail.selectedOption.value, from: undefined, to: undefined })}
      />
      {span === "custom" && (
        <>
          <Moment label="From" name="from" utc={utc} />
          <Moment label="To" name="to" utc={utc} />
        </>
      )}
      <SegmentedControl
        label="Time zone"
        selectedId={zone}
        onChange={({ detail }) => setZone(detail.selectedId === "utc" ? "utc" : "local")}
        options={[
          { id: "local", text: "Local" },
          { id: "utc", text: "UTC" },
        ]}
      />
    </SpaceBetween>
  );
}
