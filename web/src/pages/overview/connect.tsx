// How to point a client at this server, to be copied.
import Box from "@cloudscape-design/components/box";
import Tabs from "@cloudscape-design/components/tabs";
import { useNamespace } from "../../api/namespace";
import { CopyButton } from "../../cli/copy_button";
import { setQuery, usePlace } from "../../route";
import { Panel } from "../../shell/panel";
import { clientTexts } from "./clients";
import "./connect.css";

export default function Connect() {
  const client = usePlace().query["client"];
  const texts = clientTexts(window.location.origin, useNamespace());
  const chosen = texts.find(({ id }) => id === client) ?? texts[0];
  if (!chosen) return null;
  return (
    <Panel title="Point a client here" description="Every AWS SDK works unchanged.">
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
    </Panel>
  );
}
