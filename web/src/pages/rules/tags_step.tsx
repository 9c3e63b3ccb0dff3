// Step 4: Configure tags.
import AttributeEditor from "@cloudscape-design/components/attribute-editor";
import Alert from "@cloudscape-design/components/alert";
import Input from "@cloudscape-design/components/input";
import SpaceBetween from "@cloudscape-design/components/space-between";
import type { Tag } from "../../api/events";
import { Panel } from "../../shell/panel";
import { stepProblem } from "./draft";
import type { StepProps } from "./steps";

const TAGS_MAX = 50;

export function TagsStep({ draft, change, asked }: StepProps) {
  const { tags } = draft;
  const changeAt = (at: number, part: Partial<Tag>): void => change({ tags: tags.map((tag, other) => (other === at ? { ...tag, ...part } : tag)) });
  const problem = asked ? stepProblem(draft, 3) : undefined;
  return (
    <Panel title="Tags" description="Names and values of your own; a rule needs none.">
      <SpaceBetween size="m">
        {problem && <Alert type="error">{problem}</Alert>}
        <AttributeEditor
          items={tags}
          empty="No tags"
          addButtonText="Add new tag"
          removeButtonText="Remove"
          disableAddButton={tags.length >= TAGS_MAX}
          definition={[
            { label: "Key", control: (tag, at) => <Input value={tag.Key} ariaLabel={`Key ${at + 1}`} autoComplete={false} onChange={({ detail }) => changeAt(at, { Key: detail.value })} /> },
            { label: "Value", control: (tag, at) => <Input value={tag.Value} ariaLabel={`Value ${at + 1}`} autoComplete={false} onChange={({ detail }) => changeAt(at, { Value: detail.value })} /> },
          ]}
          onAddButtonClick={() => change({ tags: [...tags, { Key: "", Value: "" }] })}
          onRemoveButtonClick={({ detail }) => change({ tags: tags.filter((_, at) => at !== detail.itemIndex) })}
        />
      </SpaceBetween>
    </Panel>
  );
}
