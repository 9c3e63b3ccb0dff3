// Region, account and keys: whom the console speaks for.
import Alert from "@cloudscape-design/components/alert";
import Box from "@cloudscape-design/components/box";
import FormField from "@cloudscape-design/components/form-field";
import Input from "@cloudscape-design/components/input";
import { useState } from "react";
import { getActivity } from "../api/crema";
import { getNamespace, isAccount, isRegion, namespaceQuery, setNamespace, useKeysWanted, type Namespace } from "../api/namespace";
import { useAction } from "../api/use_action";
import { setQuery } from "../route";
import { Dialog } from "./dialog";

export default function Who({ close }: { close: () => void }) {
  const [given, setGiven] = useState<Namespace>(getNamespace);
  const regionGood = isRegion(given.region);
  const accountGood = !given.account || isAccount(given.account);
  const change = (part: Partial<Namespace>): void => setGiven({ ...given, ...part });
  const wanted = useKeysWanted();
  const use = useAction(async () => {
    const next = Object.fromEntries(Object.entries(given).filter(([, value]) => value)) as unknown as Namespace;
    await getActivity({ Limit: 1 }, { as: next }); // whether the server takes them
    setNamespace(next);
    setQuery({ region: undefined, account: undefined, ...namespaceQuery() });
  });
  return (
    <Dialog title="Region and keys" verb="Use" action={use} good={regionGood && accountGood} close={close} done={close}>
      {wanted && !use.error && <Alert type="info">This server wants the id and the secret of a key.</Alert>}
      <FormField label="Region" errorText={regionGood ? undefined : "Letters, digits and dashes, as us-east-1"}>
        <Input value={given.region} onChange={({ detail }) => change({ region: detail.value })} />
      </FormField>
      <FormField
        label="Account"
        description="Of a server without keys; empty: the server's own."
        errorText={accountGood ? undefined : "Twelve digits"}
      >
        <Input value={given.account ?? ""} onChange={({ detail }) => change({ account: detail.value })} />
      </FormField>
      <FormField label="Access key id" description="Of a server that was started with --key.">
        <Input value={given.keyId ?? ""} autoComplete={false} onChange={({ detail }) => change({ keyId: detail.value })} />
      </FormField>
      <FormField label="Secret">
        <Input
          type="password"
          value={given.secret ?? ""}
          autoComplete={false}
          onChange={({ detail }) => change({ secret: detail.value })}
        />
      </FormField>
      <Box variant="small">Keys stay in this tab and are gone when it is closed.</Box>
    </Dialog>
  );
}
