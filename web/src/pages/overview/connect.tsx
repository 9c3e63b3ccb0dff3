// How to point a client at this server, to be copied.
import Box from "@cloudscape-design/components/box";
import Container from "@cloudscape-design/components/container";
import Header from "@cloudscape-design/components/header";
import Tabs from "@cloudscape-design/components/tabs";
import { useNamespace } from "../../api/namespace";
import { CopyButton } from "../../cli/copy_button";
import { setQuery, usePlace } from "../../route";
import { clientTexts } from "./clients";
import "./connect.css";

export function Connect() {
  const client = usePlace().query["client"];
  const texts = clientTexts(window.location.origin, useNamespace());
  const chosen = texts.find(({ id }) => id === client) ?? texts[0];
  if (!chosen) return null;
  return (
    <Container header={<Header variant="h2" description="Every AWS SDK works unchanged.">Point a client here</Header>}>
      <Tabs
        activeTabId={chosen.id}
        onChange={({ detail }) => setQuery({ client: detail.activeTabId })}
        tabs={texts.map(({ id, label, text }) => ({
          id,
          label,
          content: (
            <div>
              <Box float="right">
                <CopyButton text={() => text} />
              </Box>
              <Box variant="code">
                <pre aria-label={label} className="client-text">
                  {text}
                </pre>
              </Box>
            </div>
          ),
        }))}
      />
    </Container>
  );
}
