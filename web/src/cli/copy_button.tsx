// A button that copies; it says so. Clipboards want a secure page: elsewhere the text is shown to be copied by hand.
import Box from "@cloudscape-design/components/box";
import Button from "@cloudscape-design/components/button";
import ButtonDropdown from "@cloudscape-design/components/button-dropdown";
import Modal from "@cloudscape-design/components/modal";
import { useEffect, useState } from "react";

type Text = () => string | Promise<string>;

export interface CopyButtonProps {
  readonly text: Text;
  readonly label?: string;
  readonly variant?: "inline-link" | "normal";
  readonly others?: readonly { readonly id: string; readonly label: string; readonly text: Text }[]; // in a menu beside it
}

type State = "idle" | "copied" | { readonly title: string; readonly text: string };

async function copied(text: Text, title: string): Promise<State> {
  let value: string;
  try {
    value = await text();
  } catch (error) {
    return { title: "This cannot be copied", text: error instanceof Error ? error.message : String(error) };
  }
  try {
    await navigator.clipboard.writeText(value);
    return "copied";
  } catch {
    return { title, text: value };
  }
}

export function CopyButton({ text, label = "Copy", variant = "normal", others = [] }: CopyButtonProps) {
  const [state, setState] = useState<State>("idle");
  useEffect(() => {
    if (state !== "copied") return;
    const timer = setTimeout(() => setState("idle"), 1500);
    return () => clearTimeout(timer);
  }, [state]);
  const copy = (from: Text, title: string): void => void copied(from, title).then(setState);
  const shown = state === "copied" ? "Copied" : label;
  const iconName = state === "copied" ? "status-positive" : "copy";
  return (
    <>
      {others.length > 0 ? (
        <ButtonDropdown
          mainAction={{ text: shown, iconName, onClick: () => copy(text, label) }}
          ariaLabel={`${label}: more`}
          items={others.map((other) => ({ id: other.id, text: other.label }))}
          onItemClick={({ detail }) => {
            const other = others.find(({ id }) => id === detail.id);
            if (other) copy(other.text, `${label}: ${other.label}`);
          }}
        />
      ) : (
        <Button iconName={iconName} variant={variant} formAction="none" onClick={() => copy(text, label)}>
          {shown}
        </Button>
      )}
      {typeof state === "object" && (
        <Modal visible header={state.title} closeAriaLabel="Close" onDismiss={() => setState("idle")}>
          <Box variant="code">
            <span style={{ overflowWrap: "anywhere", userSelect: "all" }}>{state.text}</span>
          </Box>
        </Modal>
      )}
    </>
  );
}
