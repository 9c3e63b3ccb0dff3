// The frame of a page: its title and what can be done, what went wrong, its parts.
import ContentLayout from "@cloudscape-design/components/content-layout";
import SpaceBetween from "@cloudscape-design/components/space-between";
import type { ReactNode } from "react";
import type { ApiError } from "../api/client";
import { Failure } from "./failure";
import { Heading } from "./heading";

export interface PageFrameProps {
  readonly title: ReactNode;
  readonly description?: ReactNode;
  readonly actions?: ReactNode;
  readonly error?: ApiError | undefined;
  readonly retry?: () => void;
  readonly children: ReactNode;
}

export function PageFrame({ title, description, actions, error, retry, children }: PageFrameProps) {
  return (
    <ContentLayout
      header={
        <Heading level="h1" description={description} actions={actions}>
          {title}
        </Heading>
      }
    >
      <SpaceBetween size="l">
        {error && <Failure error={error} {...(retry ? { retry } : {})} />}
        {children}
      </SpaceBetween>
    </ContentLayout>
  );
}
