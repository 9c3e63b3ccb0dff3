// A section that the console does not show yet: what the aws CLI has for it meanwhile.
import Alert from "@cloudscape-design/components/alert";
import Box from "@cloudscape-design/components/box";
import { usePlace } from "../route";
import { routeOf, type Section } from "../routes";

const commands: Partial<Record<Section, string>> = {
  buses: "aws events list-event-buses",
  rules: "aws events list-rules",
  machines: "aws stepfunctions list-state-machines",
  logs: "aws logs describe-log-groups",
};

export default function Pending() {
  const route = routeOf(usePlace().path)?.route;
  const command = route && commands[route.section];
  return (
    <Alert type="info" header={`${route?.title ?? "This"}: not in the console yet`}>
      {command && (
        <>
          The aws CLI shows it: <Box variant="code">{command}</Box>
        </>
      )}
    </Alert>
  );
}
