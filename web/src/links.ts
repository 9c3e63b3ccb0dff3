// Links from one section's pages to another's.
import { href } from "./route";

export const machineLink = (arn: string) => href("/machines/:arn", { arn });
export const executionLink = (arn: string) => href("/machines/executions/:arn", { arn });
export const groupLink = (group: string) => href("/logs/:group", { group });
export const streamLink = (group: string, stream: string, query?: Record<string, string | undefined>) =>
  href("/logs/:group/streams/:stream", { group, stream }, query);
export const busLink = (bus: string) => href("/buses/:bus", { bus });
export const eventLink = (id: string) => href("/recent/:id", { id });

// "arn:aws:logs:us-east-1:000000000000:log-group:/a/b:*" -> "/a/b"; "arn:...:stateMachine:name" -> "name".
export const lastOfArn = (arn: string): string => arn.split(":").slice(6).join(":") || arn;
