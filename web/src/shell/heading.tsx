// A heading, with what can be done beside it.
import Header, { type HeaderProps } from "@cloudscape-design/components/header";
import SpaceBetween from "@cloudscape-design/components/space-between";
import type { ReactNode } from "react";

export interface HeadingProps {
  readonly level?: HeaderProps.Variant;
  readonly counter?: string | undefined;
  readonly description?: ReactNode;
  readonly actions?: ReactNode;
  readonly children: ReactNode;
}

export function Heading({ level = "h2", counter, description, actions, children }: HeadingProps) {
  return (
    <Header
      variant={level}
      counter={counter}
      description={description}
      actions={
        actions && (
          <SpaceBetween direction="horizontal" size="xs" alignItems="center">
            {actions}
          </SpaceBetween>
        )
      }
    >
      {children}
    </Header>
  );
}
