// A page about an answer: its title and what can be done; a spinner until it is there, or the error instead.
import Spinner from "@cloudscape-design/components/spinner";
import type { ReactNode } from "react";
import type { Answer } from "../api/use_answer";
import { PageFrame, type PageFrameProps } from "./page";

interface AnswerPageProps<Output> extends Omit<PageFrameProps, "error" | "retry" | "children"> {
  readonly answer: Pick<Answer<Output>, "data" | "error" | "reload">;
  readonly children: (data: Output) => ReactNode;
}

export function AnswerPage<Output>({ answer: { data, error, reload }, children, ...frame }: AnswerPageProps<Output>) {
  return (
    <PageFrame {...frame} error={error} retry={reload}>
      {data === undefined ? !error && <Spinner size="large" /> : children(data)}
    </PageFrame>
  );
}
