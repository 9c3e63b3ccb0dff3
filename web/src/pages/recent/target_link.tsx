// A target by its kind and name, linked to its page when it has one.
import Link from "@cloudscape-design/components/link";
import { targetOfArn } from "../../links";
import { Said } from "../../shell/said";

export function TargetLink({ arn }: { arn: string }) {
  const { kind, name, link } = targetOfArn(arn);
  return (
    <span>
      {kind === "other" ? "" : `${kind} `}
      {link ? <Link href={link}>{name}</Link> : <Said text={name} />}
    </span>
  );
}
