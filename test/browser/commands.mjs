// What dialogs and buttons would send is copied, and none of it is done here: the test pastes it into a shell.
import { story } from "./browser.mjs";

const bus = "Serverlesspresso";
const group = "/aws/events/serverlesspressoEventBus";

await story(async ({ page, saw, link }) => {
  const dialog = page.getByRole("dialog");
  const copied = page.getByRole("button", { name: "Copied", exact: true });
  saw.commands = [];
  const take = async (button) => {
    await copied.waitFor({ state: "detached" });
    await button.click();
    await copied.waitFor();
    saw.commands.push(await page.evaluate(() => navigator.clipboard.readText()));
  };
  const cli = (where = page) => where.getByRole("button", { name: "Copy as aws CLI", exact: true });
  const curl = () => page.getByRole("button", { name: "Copy as curl", exact: true }).first();
  // From the menu beside what the page shows: what a button would do.
  const other = async (name) => {
    await page.getByRole("button", { name: "Copy as aws CLI: more" }).click();
    await take(page.getByRole("menuitem", { name }));
  };
  const ofDialog = async (place, type = async () => undefined) => {
    await page.goto(link(place));
    await dialog.waitFor();
    await type();
    await take(cli(dialog));
    await dialog.getByRole("button", { name: "Cancel" }).click();
    await dialog.waitFor({ state: "detached" });
  };

  await page.goto(link("#/recent"));
  await page.getByRole("button", { name: "Load the coffee shop" }).click();
  await page.waitForFunction(() => location.hash.startsWith("#/recent/"));
  await take(curl()); // the event
  const execution = await page.getByRole("list", { name: "The chain of the event" }).getByRole("link").evaluateAll((all) => all.map((one) => one.getAttribute("href")).find((one) => one.includes("executions")));
  await page.goto(link("#/recent?list=inbox"));
  await take(curl());

  await ofDialog("#/buses?dialog=create", async () => {
    await dialog.getByLabel("Name", { exact: true }).fill("second");
    await dialog.getByLabel("Description", { exact: true }).fill("file:///etc/passwd");
  });
  await ofDialog("#/logs?dialog=create", () => dialog.getByLabel("Name").fill("/second"));
  await ofDialog(`#/logs?chosen=${encodeURIComponent(group)}&dialog=retention`, async () => {
    await dialog.getByRole("button", { name: /Events expire after/ }).click();
    await page.getByRole("option", { name: "7 days", exact: true }).click();
  });
  await ofDialog(`#/insights?groups=${encodeURIComponent(group)}&query=${encodeURIComponent("fields 'it''s'\n| limit 1")}&dialog=save`, () => dialog.getByLabel("Name", { exact: true }).fill("it's $HOME"));
  await page.goto(link(`#/rules/${bus}/logAll`));
  await other("Disable");
  await page.goto(link(execution));
  await other("Stop execution");
  const machine = await page.getByRole("link", { name: "OrderProcessorWorkflow" }).getAttribute("href");
  await ofDialog(`${machine}?dialog=start`, () => dialog.getByLabel("Name", { exact: true }).fill("by-hand"));
  await ofDialog(`${machine}?dialog=delete`);
  await ofDialog(`#/buses/${bus}?dialog=delete`);
  await ofDialog("#/buses?chosen=third&dialog=delete");
  await ofDialog(`#/logs?chosen=${encodeURIComponent("/third")}&dialog=delete`);
});
