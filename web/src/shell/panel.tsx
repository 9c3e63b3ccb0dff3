// A part of a page, under a heading of its own.
import Container from "@cloudscape-design/components/container";
import type { ReactNode } from "react";
import { Heading, type HeadingProps } from "./heading";

interface PanelProps extends Omit<HeadingProps, "level" | "children"> {
  readonly title: ReactNode;
  readonly fitHeight?: boolean; // as high as those beside it
  readonly children: ReactNode;
}

export function Panel({ title, fitHeight = false, children, ...heading }: PanelProps) {
  return <Container fitHeight={fitHeight} header={<Heading {...heading}>{title}</Heading>}>{children}</Container>;
}
