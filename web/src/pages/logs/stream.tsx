// A log stream: its events.
import ContentLayout from "@cloudscape-design/components/content-layout";
import Header from "@cloudscape-design/components/header";
import Link from "@cloudscape-design/components/link";
import { groupLink } from "../../links";
import type { PageProps } from "../../routes";
import { Said } from "../../shell/said";
import { Events } from "./events";

export default function StreamPage({ parameters }: PageProps) {
  const group = parameters["group"] ?? "";
  const stream = parameters["stream"] ?? "";
  return (
    <ContentLayout
      header={
        <Header variant="h1" description={<Link href={groupLink(group)}>{group}</Link>}>
          <Said text={stream} />
        </Header>
      }
    >
      <Events key={`${group}\n${stream}`} group={group} stream={stream} />
    </ContentLayout>
  );
}
