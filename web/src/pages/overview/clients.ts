// How clients are pointed at this server.
import type { Namespace } from "../../api/namespace";

export interface ClientText {
  readonly id: string;
  readonly label: string;
  readonly text: string;
}

export function clientTexts(endpoint: string, { region, account, keyId }: Namespace): ClientText[] {
  const id = keyId ?? account ?? "test";
  const secret = keyId ? "THE-SECRET-OF-THAT-KEY" : "test";
  const javascript = `import { EventBridgeClient, PutEventsCommand } from "@aws-sdk/client-eventbridge";

const events = new EventBridgeClient({
  endpoint: "${endpoint}",
  region: "${region}",
  credentials: { accessKeyId: "${id}", secretAccessKey: "${secret}" },
});
const answer = await events.send(new PutEventsCommand({
  Entries: [{ Source: "shop", DetailType: "Order.Placed", Detail: JSON.stringify({ amount: 3 }) }],
}));
console.log(answer.Entries[0].EventId);`;
  const python = `import boto3, json

events = boto3.client(
    "events", endpoint_url="${endpoint}", region_name="${region}",
    aws_access_key_id="${id}", aws_secret_access_key="${secret}")
answer = events.put_events(Entries=[
    {"Source": "shop", "DetailType": "Order.Placed", "Detail": json.dumps({"amount": 3})}])
print(answer["Entries"][0]["EventId"])`;
  const cli = `export AWS_ACCESS_KEY_ID=${id} AWS_SECRET_ACCESS_KEY=${secret} AWS_DEFAULT_REGION=${region}
export AWS_ENDPOINT_URL=${endpoint}
aws --endpoint-url ${endpoint} events put-events \\
  --entries '[{"Source":"shop","DetailType":"Order.Placed","Detail":"{\\"amount\\":3}"}]'`;
  return [
    { id: "cli", label: "aws CLI", text: cli },
    { id: "boto3", label: "Python, boto3", text: python },
    { id: "javascript", label: "JavaScript", text: javascript },
  ];
}
