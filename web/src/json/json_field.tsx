// A field of a form that takes JSON, and says what is wrong with it while it is typed.
import FormField from "@cloudscape-design/components/form-field";
import { JsonEditor } from "./json_editor";

export interface JsonFieldProps {
  readonly name: string; // what the editor is called
  readonly label?: string;
  readonly description?: string;
  readonly value: string;
  readonly onChange: (value: string) => void;
  readonly problem: { readonly text: string; readonly at: number } | undefined; // at: a place in the text
  readonly height?: string;
}

export function JsonField({ name, label, description, value, onChange, problem, height = "20em" }: JsonFieldProps) {
  const marks = problem ? [{ start: problem.at, end: problem.at + 1, severity: "error" as const }] : [];
  return (
    <FormField label={label} description={description} stretch errorText={problem?.text}>
      <JsonEditor label={name} value={value} onChange={onChange} marks={marks} height={height} />
    </FormField>
  );
}
