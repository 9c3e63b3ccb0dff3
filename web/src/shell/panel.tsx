// A part of a page, under a heading of its own.
import Container from "@cloudscape-design/components/container";
import { Heading, type HeadingProps } from "./heading";

export function Panel({ title, children, ...heading }: Omit<HeadingProps, "level"> & { title: HeadingProps["children"] }) {
  return <Container header={<Heading {...heading}>{title}</Heading>}>{children}</Container>;
}
