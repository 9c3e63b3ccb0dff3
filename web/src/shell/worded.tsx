// Cloudscape's own words (labels of its buttons, of its icons), for what is loaded behind the first view:
// lazy(worded(() => import("./page"))). They and what puts them together are a tenth of the code of the first view, so that
// what is in it, the frame and the overview, says its words itself.
import { createElement, type ComponentType } from "react";

export type Load<Props> = () => Promise<{ default: ComponentType<Props> }>;

export function worded<Props extends object>(load: Load<Props>): Load<Props> {
  return async () => {
    const [part, { Words }] = await Promise.all([load(), import("./words")]);
    const Worded = (props: Props) => <Words>{createElement(part.default, props)}</Words>;
    return { default: Worded };
  };
}
