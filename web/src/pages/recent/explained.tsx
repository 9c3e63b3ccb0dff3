// Why a pattern matches an event or does not: each clause, what it asks for, and the values it saw.
import Box from "@cloudscape-design/components/box";
import StatusIndicator from "@cloudscape-design/components/status-indicator";
import Table from "@cloudscape-design/components/table";
import type { Explanation, Finding } from "../../api/crema";
import { isolated } from "../../format";
import { Said } from "../../shell/said";

export function valuesText({ Values = [], ValuesMore }: Finding): string {
  if (Values.length === 0) return "nothing";
  return Values.join(", ") + (ValuesMore ? ` and ${ValuesMore} more` : "");
}

// Clauses of which no finding passed: a clause is the findings of one place.
export function failedPlaces(explanation: Explanation): string[] {
  const passed = new Map<string, boolean>();
  for (const { Place, Passed } of explanation.Findings) passed.set(Place, (passed.get(Place) ?? false) || Passed);
  return [...passed].filter(([, good]) => !good).map(([place]) => place);
}

// In a line: "detail.amount is 30, not {"numeric":[">",100]}".
export function whyNot(explanation: Explanation): string {
  if (explanation.Matched) return "Matches";
  const place = failedPlaces(explanation)[0];
  if (place === undefined)
    return explanation.DividedPlace ? `No single item of ${explanation.DividedPlace} has all that is asked for` : "Does not match";
  const findings = explanation.Findings.filter((finding) => finding.Place === place);
  const first = findings[0];
  return `${isolated(place)}: wanted ${findings.map(({ Test }) => isolated(Test)).join(" or ")}, saw ${first ? isolated(valuesText(first)) : "nothing"}`;
}

export function Explained({ explanation }: { explanation: Explanation }) {
  const { Alternatives, Alternative, DividedPlace, Findings } = explanation;
  return (
    <Table
      variant="embedded"
      contentDensity="compact"
      items={Findings}
      wrapLines
      header={
        <Box variant="small">
          {Alternatives > 1 && `The nearest of ${Alternatives} ways through $or, number ${Alternative}. `}
          {DividedPlace && `No single item of ${DividedPlace} has all that is asked for.`}
        </Box>
      }
      columnDefinitions={[
        { id: "place", header: "Field", isRowHeader: true, cell: (finding) => <Said text={finding.Place} /> },
        { id: "test", header: "Wanted", cell: (finding) => <Said text={finding.Test} /> },
        { id: "saw", header: "Saw", cell: (finding) => <Said text={valuesText(finding)} /> },
        {
          id: "passed",
          header: "Result",
          minWidth: 110,
          cell: (finding) => <StatusIndicator type={finding.Passed ? "success" : "error"}>{finding.Passed ? "Passes" : "Fails"}</StatusIndicator>,
        },
      ]}
    />
  );
}
