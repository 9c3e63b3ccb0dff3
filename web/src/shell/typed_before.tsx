// A form in which something was typed before: it is still there, unless one begins anew.
import Alert from "@cloudscape-design/components/alert";
import Button from "@cloudscape-design/components/button";
import SpaceBetween from "@cloudscape-design/components/space-between";
import { Fragment, useState, type ReactNode } from "react";
import { forget, isKept } from "./kept";

export function TypedBefore({ kept, children }: { kept: string; children: ReactNode }) {
  const [before, setBefore] = useState(() => isKept(kept));
  const [round, setRound] = useState(0);
  const beginAnew = (): void => {
    forget(kept);
    setBefore(false);
    setRound(round + 1);
  };
  return (
    <SpaceBetween size="m">
      {before && (
        <Alert type="info" action={<Button onClick={beginAnew}>Begin anew</Button>}>
          What was typed here before is still here.
        </Alert>
      )}
      <Fragment key={round}>{children}</Fragment>
    </SpaceBetween>
  );
}
