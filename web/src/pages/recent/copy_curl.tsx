// Crema's own operations are in no aws CLI; curl calls them.
import { CopyButton } from "../../cli/copy_button";
import { quoted } from "../../cli/cli_text";
import { getNamespace } from "../../api/namespace";

export function curlText(operation: string, input: object): string {
  const { region, account } = getNamespace();
  const scope = `Credential=${account ?? "any"}/20260101/${region}/crema/aws4_request, SignedHeaders=host, Signature=0`;
  const headers = [`X-Amz-Target: Crema.${operation}`, "Content-Type: application/x-amz-json-1.1", `Authorization: AWS4-HMAC-SHA256 ${scope}`];
  return ["curl", "-s", window.location.origin, ...headers.flatMap((header) => ["-H", quoted(header)]), "-d", quoted(JSON.stringify(input))].join(" ");
}

export function CopyCurl({ operation, input }: { operation: string; input: object }) {
  return <CopyButton label="Copy as curl" text={() => curlText(operation, input)} />;
}
