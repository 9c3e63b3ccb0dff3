// Draws the chain of an event; every part of it is a link.
import Box from "@cloudscape-design/components/box";
import Link from "@cloudscape-design/components/link";
import StatusIndicator from "@cloudscape-design/components/status-indicator";
import type { ReactNode } from "react";
import type { EventLink, TracedDelivery } from "../../api/crema";
import { busLink, eventLink, executionLink, ruleLink, ruleOfArn, streamLink } from "../../links";
import { Said } from "../../shell/said";
import { timeText } from "../../shell/time";
import type { ChainNode } from "./chain";
import "./chain.css";
import { deliveryFate } from "./fate";
import { TargetLink } from "./target_link";

function Card({ kind, name, children, here = false }: { kind: string; name: string; children: ReactNode; here?: boolean }) {
  return (
    <div className={`chain-node chain-${kind}${here ? " chain-here" : ""}`}>
      <div className="chain-kind">{name}</div>
      {children}
    </div>
  );
}

function EventCard({ event, here }: { event: EventLink; here: boolean }) {
  return (
    <Card kind="event" name={here ? "This event" : "Event"} here={here}>
      <Box variant="strong">{here ? <Said text={event.DetailType} /> : <Link href={eventLink(event.EventId)}>{event.DetailType}</Link>}</Box>
      <div>
        <Said text={event.Source} /> on {event.State === "MISSING_BUS" ? <Said text={event.EventBusName} /> : <Link href={busLink(event.EventBusName)}>{event.EventBusName}</Link>}
      </div>
      {event.State === "UNMATCHED" && <StatusIndicator type="stopped">No rule matched</StatusIndicator>}
      {event.State === "MISSING_BUS" && <StatusIndicator type="error">There was no such bus</StatusIndicator>}
      <Box variant="small">{timeText(event.ArrivalTime)}</Box>
    </Card>
  );
}

function Outcome({ delivery }: { delivery: TracedDelivery }) {
  const { type, text } = deliveryFate[delivery.State];
  return (
    <div>
      <StatusIndicator type={type}>{delivery.Attempts > 1 ? `${text}, ${delivery.Attempts} attempts` : text}</StatusIndicator>
      {delivery.ErrorCode && (
        <div>
          <Box variant="strong">{delivery.ErrorCode}</Box> {delivery.ErrorMessage && <Said text={delivery.ErrorMessage} />}
        </div>
      )}
    </div>
  );
}

function Arrival({ delivery }: { delivery: TracedDelivery }) {
  if (delivery.ExecutionArn) return <Link href={executionLink(delivery.ExecutionArn)}>{delivery.ExecutionArn.split(":").slice(6).join(":")}</Link>;
  if (delivery.LogGroupName && delivery.LogStreamName)
    return (
      <Link href={streamLink(delivery.LogGroupName, delivery.LogStreamName)}>
        {delivery.LogGroupName} / {delivery.LogStreamName}
      </Link>
    );
  return <TargetLink arn={delivery.TargetArn} />;
}

const names: Readonly<Record<string, string>> = { log: "Log line", execution: "Execution", bus: "Handed on to a bus", target: "Target" };

function NodeCard({ node }: { node: ChainNode }) {
  if (node.kind === "event") return <EventCard event={node.event} here={node.here} />;
  if (node.kind === "rule") {
    const { bus, rule } = ruleOfArn(node.arn);
    return (
      <Card kind="rule" name="Rule">
        <Link href={ruleLink(bus, rule)}>{rule}</Link>
      </Card>
    );
  }
  if (node.kind === "emitter")
    return (
      <Card kind="execution" name="Put by the execution">
        <Link href={executionLink(node.arn)}>{node.arn.split(":").slice(6).join(":")}</Link>
        {node.state && (
          <div>
            in the state <Said text={node.state} />
          </div>
        )}
      </Card>
    );
  return (
    <Card kind={node.delivery.State === "REJECTED" ? "failed" : node.kind} name={`${names[node.kind] ?? "Target"}, target ${node.delivery.TargetId}`}>
      <Arrival delivery={node.delivery} />
      <Outcome delivery={node.delivery} />
    </Card>
  );
}

function Tree({ nodes }: { nodes: readonly ChainNode[] }) {
  return (
    <>
      {nodes.map((node, at) => (
        <li key={at}>
          <NodeCard node={node} />
          {node.next.length > 0 && (
            <ol>
              <Tree nodes={node.next} />
            </ol>
          )}
        </li>
      ))}
    </>
  );
}

export function Chain({ nodes }: { nodes: readonly ChainNode[] }) {
  return (
    <ol className="chain" aria-label="The chain of the event">
      <Tree nodes={nodes} />
    </ol>
  );
}
