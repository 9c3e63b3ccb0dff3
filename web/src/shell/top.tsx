// The bar on top: whom the console speaks for, the zone of its times, its theme.
// It is made of the browser's own controls: Cloudscape's TopNavigation draws everything three times to see what has room,
// which was a tenth of the time before the first view.
import { useNamespace } from "../api/namespace";
import { href } from "../route";
import { setTheme, useTheme, type Theme } from "./theme";
import "./top.css";
import { setZone, useZone, type Zone } from "./zone";

const themes: Record<Theme, string> = { system: "System theme", light: "Light", dark: "Dark" };
const zones: Record<Zone, string> = { local: "Local time", utc: "UTC" };

interface ChoiceProps<Id extends string> {
  readonly label: string;
  readonly texts: Record<Id, string>;
  readonly chosen: Id;
  readonly choose: (id: Id) => void;
}

function Choice<Id extends string>({ label, texts, chosen, choose }: ChoiceProps<Id>) {
  return (
    <select aria-label={label} title={label} value={chosen} onChange={(event) => choose(event.target.value as Id)}>
      {Object.entries<string>(texts).map(([id, text]) => (
        <option key={id} value={id}>
          {text}
        </option>
      ))}
    </select>
  );
}

export function Top({ ask }: { ask: () => void }) {
  const { region, account, keyId } = useNamespace();
  const who = keyId ?? account;
  return (
    <header className="top">
      <a className="top-name" href={href("/")}>
        Crema
      </a>
      <button type="button" title="Region and keys" onClick={ask}>
        {who ? `${region} (${who})` : region}
      </button>
      <Choice label="Time zone" texts={zones} chosen={useZone()} choose={setZone} />
      <Choice label="Theme" texts={themes} chosen={useTheme()} choose={setTheme} />
    </header>
  );
}
