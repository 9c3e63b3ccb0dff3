// A button that copies; it says so. Clipboards want a secure page: elsewhere the text is shown to be copied by hand.
import Box from "@cloudscape-design/components/box";
import Button from "@cloudscape-design/components/button";
import Modal from "@cloudscape-design/components/modal";
import { useEffect, useState } from "react";

export function CopyButton({ text, label = "Copy", variant }: { text: () => string; label?: string; variant?: "inline-link" | "normal" }) {
  const [state, setState] = useState<"idle" | "copied" | string[]>("idle");
  useEffect(() => {
    if (state !== "copied") return;
    const timer = setTimeout(() => setState("idle"), 1500);
    return () => clearTimeout(timer);
  }, [state]);
  const copy = (): void => {
    const value = text();
    const written: Promise<void> = navigator.clipboard ? navigator.clipboard.writeText(value) : Promise.reject(new Error("none"));
    written.then(
      () => setState("copied"),
      () => setState([value]),
    );
  };
  return (
    <>
      <Button iconName={state === "copied" ? "status-positive" : "copy"} variant={variant ?? "normal"} formAction="none" onClick={copy}>
        {state === "copied" ? "Copied" : label}
      </Button>
      {Array.isArray(state) && (
        <Modal visible header={label} onDismiss={() => setState("idle")}>
          <Box variant="code">
            <span style={{ overflowWrap: "anywhere", userSelect: "all" }}>{state[0]}</span>
          </Box>
        </Modal>
      )}
    </>
  );
}
