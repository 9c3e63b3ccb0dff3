// What became of an event, in one word for a list.
import type { DeliveryState, RecentEvent } from "../../api/crema";

export interface FateText {
  type: "success" | "error" | "pending" | "stopped" | "warning" | "in-progress";
  text: string;
}

const counted = (count: number, what: string): string => `${count} ${what}`;

export function fateOf(event: Pick<RecentEvent, "State" | "RuleCount" | "DeliveryCount" | "DeliveredCount" | "RejectedCount">): FateText {
  if (event.State === "MISSING_BUS") return { type: "error", text: "No such bus" };
  if (event.State === "UNMATCHED") return { type: "stopped", text: "No rule matched" };
  const waiting = event.DeliveryCount - event.DeliveredCount - event.RejectedCount;
  if (event.RejectedCount > 0) {
    const others = event.DeliveredCount > 0 ? `, ${counted(event.DeliveredCount, "delivered")}` : "";
    return { type: "error", text: `${counted(event.RejectedCount, "not delivered")}${others}` };
  }
  if (waiting > 0) return { type: "in-progress", text: `${counted(waiting, "under way")}, ${counted(event.DeliveredCount, "delivered")}` };
  if (event.DeliveryCount === 0) return { type: "warning", text: "The rule has no target" };
  return { type: "success", text: counted(event.DeliveredCount, "delivered") };
}

export const deliveryFate: Readonly<Record<DeliveryState, FateText>> = {
  PENDING: { type: "pending", text: "Waiting" },
  RETRYING: { type: "in-progress", text: "Being tried again" },
  DELIVERED: { type: "success", text: "Delivered" },
  REJECTED: { type: "error", text: "Not delivered" },
};
