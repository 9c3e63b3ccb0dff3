// A page about an answer: its title and what can be done; a spinner until it is there, or the error instead.
import ContentLayout from "@cloudscape-design/components/content-layout";
import Header from "@cloudscape-design/components/header";
import SpaceBetween from "@cloudscape-design/components/space-between";
import Spinner from "@cloudscape-design/components/spinner";
import type { ReactNode } from "react";
import type { Answer } from "../api/use_answer";
import { Failure } from "./failure";

interface AnswerPageProps<Output> {
  readonly title: ReactNode;
  readonly actions?: ReactNode;
  readonly answer: Pick<Answer<Output>, "data" | "error" | "reload">;
  readonly children: (data: Output) => ReactNode;
}

export function AnswerPage<Output>({ title, actions, answer, children }: AnswerPageProps<Output>) {
  const { data, error, reload } = answer;
  return (
    <ContentLayout
      header={
        <Header
          variant="h1"
          actions={
            <SpaceBetween direction="horizontal" size="xs">
              {actions}
            </SpaceBetween>
          }
        >
          {title}
        </Header>
      }
    >
      <SpaceBetween size="l">
        {error && <Failure error={error} retry={reload} />}
        {data === undefined && !error && <Spinner size="large" />}
        {data !== undefined && children(data)}
      </SpaceBetween>
    </ContentLayout>
  );
}
