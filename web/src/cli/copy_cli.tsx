import { CopyButton } from "./copy_button";
import { cliText, type CliService } from "./cli_text";

// "Copy as aws CLI": what the page shows, or what the form would send.
export function CopyCli({ service, operation, input }: { service: CliService; operation: string; input: object }) {
  return <CopyButton label="Copy as aws CLI" text={() => cliText(service, operation, input)} />;
}
