// A server with keys: it is asked for them, those that are wrong are refused in its words, those that are right hold until
// the tab is closed.
import { story } from "./browser.mjs";

await story(async ({ page, context, given, saw, link, shot }) => {
  const dialogOf = (tab) => tab.getByRole("dialog", { name: "Region and keys" });
  const dialog = dialogOf(page);
  const use = async (keyId, secret) => {
    await dialog.getByLabel("Access key id").fill(keyId);
    await dialog.getByLabel("Secret").fill(secret);
    await dialog.getByRole("button", { name: "Use" }).click();
  };

  await page.goto(link("#/buses"));
  await dialog.getByText("This server wants the id and the secret of a key").waitFor();
  await page.getByText("UnrecognizedClientException").first().waitFor();
  saw.beforeKeys = await page.getByRole("link", { name: "default", exact: true }).count();
  await shot("keys");
  await use(given.keyId, "wrong");
  await dialog.getByText("InvalidSignatureException").waitFor();
  saw.requests = await dialog.getByText(/^Request [0-9a-f-]{36}$/).count();
  await dialog.getByRole("button", { name: "Cancel" }).click();
  await dialog.waitFor({ state: "detached" });
  saw.refused = await page.getByRole("banner").getByRole("button").innerText();
  await page.getByRole("banner").getByRole("button").click();
  await use("nobody", given.secret);
  await dialog.getByText("UnrecognizedClientException").waitFor();
  await use(given.keyId, given.secret);
  await page.getByRole("link", { name: "default", exact: true }).waitFor();
  saw.dialogs = await page.getByRole("dialog").count();
  saw.refusals = await page.getByText("Exception").count();

  // What changes something is signed too, whatever its letters; and so is a tail.
  await page.goto(link("#/logs"));
  await page.getByRole("button", { name: "Create log group" }).first().click();
  await page.getByRole("dialog").getByLabel("Name").fill("/till");
  await page.getByRole("dialog").getByRole("button", { name: "Create", exact: true }).click();
  await page.waitForFunction(() => location.hash === "#/logs/%2Ftill");
  await page.goto(link(`#/live?groups=${encodeURIComponent("/till")}&pattern=${encodeURIComponent('"caf\u00e9 \u0634"')}`));
  await page.getByText("Live", { exact: true }).waitFor();
  await page.reload();
  await page.getByText("Live", { exact: true }).waitFor();
  saw.bar = await page.getByRole("banner").innerText().catch(() => page.locator("#top").innerText());

  // A command that is copied is signed, by the shell.
  await page.goto(link("#/recent?list=inbox"));
  await page.getByRole("button", { name: "Copy as curl", exact: true }).click();
  await page.getByRole("button", { name: "Copied", exact: true }).waitFor();
  saw.curl = await page.evaluate(() => navigator.clipboard.readText());

  // They are nowhere but in the tab.
  const stored = (tab) => tab.evaluate((secret) => [localStorage, sessionStorage].map((kept) => JSON.stringify(kept).includes(secret)), given.secret);
  saw.stored = await stored(page);
  saw.cookies = (await context.cookies()).length;
  const tab = await context.newPage();
  await page.close();
  await tab.goto(link("#/buses"));
  await dialogOf(tab).waitFor();
  saw.storedThen = await stored(tab);
});
