// An error of the API, with the service's name and words.
import Alert from "@cloudscape-design/components/alert";
import Box from "@cloudscape-design/components/box";
import Button from "@cloudscape-design/components/button";
import type { ApiError } from "../api/client";

export function Failure({ error, retry }: { error: ApiError; retry?: () => void }) {
  return (
    <Alert type="error" i18nStrings={{ errorIconAriaLabel: "Error" }} header={error.name} action={retry && <Button onClick={retry}>Try again</Button>}>
      {error.message}
      {error.requestId && <Box variant="small" display="block">Request {error.requestId}</Box>}
    </Alert>
  );
}
