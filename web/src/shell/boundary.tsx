// What a page throws while it is drawn, or a part of the console that cannot be loaded, ends here, not in a blank window.
import Alert from "@cloudscape-design/components/alert";
import Button from "@cloudscape-design/components/button";
import { Component, type ReactNode } from "react";

interface BoundaryProps {
  readonly what?: string; // failed
  readonly children: ReactNode;
}

export class Boundary extends Component<BoundaryProps, { error: Error | undefined }> {
  override state = { error: undefined as Error | undefined };

  static getDerivedStateFromError(error: Error): { error: Error } {
    return { error };
  }

  override render(): ReactNode {
    const { error } = this.state;
    if (!error) return this.props.children;
    return (
      <Alert type="error" i18nStrings={{ errorIconAriaLabel: "Error" }} header={`${this.props.what ?? "This page"} failed`} action={<Button onClick={() => window.location.reload()}>Reload</Button>}>
        {error.message}
      </Alert>
    );
  }
}
