// Event buses: one is created, gets events with hostile texts, and is deleted.
import { hostile, story } from "./browser.mjs";

await story(async ({ page, saw, link, shot }) => {
  await page.goto(link("#/buses"));
  await page.getByRole("link", { name: "default", exact: true }).waitFor();
  await page.getByRole("button", { name: "Create event bus" }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByLabel("Name", { exact: true }).fill("no spaces");
  saw.nameProblem = await dialog.getByText("may not stand in the name").innerText();
  await dialog.getByLabel("Name", { exact: true }).fill("orders");
  await dialog.getByLabel("Description").fill(hostile.image);
  await dialog.getByRole("button", { name: "Create", exact: true }).click();
  await page.waitForFunction(() => location.hash === "#/buses/orders");
  await page.getByText(hostile.image, { exact: true }).waitFor();
  saw.arn = await page.getByText("arn:aws:events:").innerText();
  await shot("bus");

  await page.goto(link("#/buses?filter=ord"));
  await page.getByRole("link", { name: "orders", exact: true }).waitFor();
  saw.filtered = await page.getByRole("link", { name: "default", exact: true }).count();
  await page.getByRole("button", { name: "Copy as aws CLI" }).click();
  saw.cli = await page.evaluate(() => navigator.clipboard.readText());
  await page.goto(link("#/buses"));
  await page.getByRole("link", { name: "default", exact: true }).waitFor();
  await shot("buses");

  // Send: the detail is held against JSON as it is typed.
  await page.goto(link("#/send?bus=orders"));
  const detail = page.getByLabel("Detail of event 1");
  await detail.fill('{"a": }');
  saw.detailProblem = await page.getByText("A JSON value expected here").innerText();
  await page.getByLabel("Source", { exact: true }).fill(hostile.script);
  await page.getByLabel("Detail type", { exact: true }).fill(hostile.image);
  await detail.fill(JSON.stringify({ ...hostile, number: 0 }).replace('"number":0', '"number":12345678901234567890.10'));
  await page.getByRole("button", { name: "Add another event" }).click();
  await page.getByLabel("Source", { exact: true }).nth(1).fill(hostile.rightToLeft);
  await page.getByLabel("Detail type", { exact: true }).nth(1).fill(hostile.long.slice(0, 128));
  await page.getByLabel("Detail of event 2").fill("{}");
  await shot("send");
  await page.getByRole("button", { name: "Send", exact: true }).click();
  await page.getByRole("group", { name: "Accepted envelope" }).nth(1).waitFor();
  saw.sent = await page.getByRole("heading", { name: /^Sent:/ }).innerText();
  saw.envelope = await page.getByRole("group", { name: "Accepted envelope" }).first().innerText();
  await shot("sent");

  // What was refused is still there after a reload, to be mended; what was sent is not.
  await page.reload();
  await page.getByLabel("Source", { exact: true }).waitFor();
  saw.typed = [await page.getByLabel("Source", { exact: true }).inputValue()];
  await page.getByLabel("Source", { exact: true }).fill("till");
  await page.getByLabel("Detail type", { exact: true }).fill("t".repeat(129));
  await page.getByRole("button", { name: "Send", exact: true }).click();
  await page.getByText("DetailType must not be longer than 128 characters").waitFor();
  await page.reload();
  await page.getByText("What was typed here before is still here").waitFor();
  saw.typed.push(await page.getByLabel("Source", { exact: true }).inputValue());

  // As a row of the bus, too, they are text.
  await page.goto(link("#/buses/orders?tab=events"));
  await page.locator("tbody tr").nth(1).waitFor();
  saw.events = await page.getByRole("row").count();
  saw.shown = (await page.locator(".said").allInnerTexts()).filter((text) => Object.values(hostile).some((one) => one.startsWith(text)));
  await shot("bus-events");

  // An error of the service is shown with its name and its request.
  await page.goto(link("#/buses/none"));
  await page.getByText("ResourceNotFoundException").waitFor();
  saw.request = await page.getByText(/^Request [0-9a-f-]{36}$/).count();

  await page.goto(link("#/buses/orders"));
  await page.getByRole("button", { name: "Delete" }).first().click();
  await page.getByRole("dialog").getByRole("button", { name: "Delete" }).click();
  await page.waitForFunction(() => location.hash === "#/buses");
  await page.getByRole("link", { name: "default", exact: true }).waitFor();
  saw.left = await page.getByRole("link", { name: "orders", exact: true }).count();
});
