// A text that somebody else wrote: a name in an event, a source. It is text, keeps its direction to itself, and breaks
// anywhere.
import "./said.css";

export function Said({ text, short = false }: { text: string | undefined; short?: boolean }) {
  if (text === undefined || text === "") return <>-</>;
  return (
    <bdi className={short ? "said said-short" : "said"} title={short ? text : undefined}>
      {text}
    </bdi>
  );
}
