// Executions: hostile texts in names, inputs, errors and variables; boxes in boxes; a history of nearly 25,000 events, as many as there may be; stop; redrive.
import { hostile, story } from "./browser.mjs";

const prefix = "arn:aws:states:us-east-1:000000000000";

await story(async ({ page, call, saw, link, shot }) => {
  const open = async (machine, execution, query = "") => {
    await page.goto(link(`#/machines/executions/${encodeURIComponent(`${prefix}:execution:${machine}:${execution}`)}${query}`));
    await page.reload();
  };
  const status = (name) => page.locator(`[data-state=${JSON.stringify(name)}]`).first().getAttribute("data-status");
  const ready = () => page.locator("[data-state]").first().waitFor();

  // Names, inputs, errors: all of it is text.
  await open("hostile", "one");
  await ready();
  const names = await page.locator("[data-state]").evaluateAll((all) => all.map((one) => one.dataset.state));
  saw.names = names;
  await page.locator("[data-state]").filter({ has: page.getByText("Fan") }).first().waitFor();
  saw.statuses = Object.fromEntries(await Promise.all(names.map(async (name, at) => [name, await page.locator("[data-state]").nth(at).getAttribute("data-status")])));
  await page.getByText(hostile.script).first().waitFor(); // the error's cause
  const image = page.locator("[data-state]").nth(names.indexOf(hostile.image));
  await image.focus();
  await page.keyboard.press("Enter");
  await page.getByRole("heading", { name: hostile.image }).waitFor();
  await page.reload();
  await page.getByRole("heading", { name: hostile.image }).waitFor();
  saw.input = await page.getByRole("group", { name: "Input" }).first().innerText();
  await page.getByText("$kept", { exact: true }).first().waitFor(); // a variable
  await page.getByRole("button", { name: "Open", exact: true }).nth(1).click();
  await shot("runs-hostile");

  // An iteration is chosen among its visits.
  await open("hostile", "one", "?state=Item");
  await page.getByRole("button", { name: /Which visit/ }).click();
  await page.getByRole("option", { name: /iteration 2 of Each/ }).click();
  saw.iteration = await page.getByRole("group", { name: "Input" }).first().innerText();
  await shot("runs-iteration");

  // A long history: all of it is there, little of it is drawn.
  const begin = Date.now();
  await open("long", "one", "?view=graph");
  await page.getByRole("heading", { name: /^Events \(2\d{4}\)/ }).waitFor({ timeout: 30000 });
  saw.longMs = Date.now() - begin;
  const table = page.getByRole("table", { name: "Events" });
  saw.longRows = Number(await table.getAttribute("aria-rowcount")) - 1;
  saw.longDrawn = await table.locator(".rows-row").count();
  await table.locator(".rows-body").evaluate((body) => (body.scrollTop = body.scrollHeight));
  await table.getByText("ExecutionSucceeded").waitFor();
  saw.longDrawnAtEnd = await table.locator(".rows-row").count();
  await page.getByRole("searchbox", { name: "Find in events" }).fill("executionsucceeded");
  await page.getByText("1 found").first().waitFor();
  await table.getByRole("button", { name: "Open", exact: true }).click();
  saw.longOutput = await table.getByRole("group", { name: "output", exact: true }).innerText();
  saw.longFilterAt = new URL(page.url()).hash.includes("filter=executionsucceeded");

  // Stop.
  await open("waits", "one");
  await ready();
  await page.getByRole("button", { name: "Stop execution" }).click();
  await page.locator('[data-state="Wait"][data-status="aborted"]').waitFor();
  saw.stopped = await status("Wait");

  // Redrive, after what failed is put right by the test: it goes on where it failed.
  await open("fails", "one");
  await page.locator('[data-state="Get"][data-status="failed"]').waitFor();
  saw.failed = await status("Before");
  await call("DynamoDB_20120810.CreateTable", {
    TableName: "late", BillingMode: "PAY_PER_REQUEST",
    AttributeDefinitions: [{ AttributeName: "PK", AttributeType: "S" }], KeySchema: [{ AttributeName: "PK", KeyType: "HASH" }],
  });
  await page.getByRole("button", { name: "Redrive" }).click();
  await page.locator('[data-state="Get"][data-status="succeeded"]').waitFor();
  await page.locator('[data-state="After"][data-status="succeeded"]').waitFor();
  await page.locator('[data-state="Get"]').click();
  saw.attempts = await page.getByRole("tab", { name: /^Attempts/ }).innerText();
  await shot("runs-redriven");

  // An Express machine answers in the dialog.
  await page.goto(link(`#/machines/${encodeURIComponent(`${prefix}:stateMachine:quick`)}`));
  await page.getByRole("button", { name: "Start execution" }).first().click();
  const dialog = page.getByRole("dialog");
  await dialog.getByRole("button", { name: "Start execution" }).click();
  saw.express = await dialog.getByRole("group", { name: "Output" }).innerText();

  // A machine is deleted, another one edited.
  await dialog.getByRole("button", { name: "Cancel" }).click();
  await page.getByRole("button", { name: "Delete" }).click();
  await dialog.getByRole("button", { name: "Delete" }).click();
  await page.waitForFunction(() => location.hash === "#/machines");
  await page.goto(link(`#/machines/${encodeURIComponent(`${prefix}:stateMachine:waits`)}/edit`));
  const text = page.getByRole("textbox", { name: "Definition" });
  await text.fill(JSON.stringify({ StartAt: "Wait", States: { Wait: { Type: "Wait", Seconds: 1, Next: "Then" }, Then: { Type: "Succeed" } } }));
  await page.getByRole("button", { name: "Format" }).click();
  await page.locator('[data-state="Then"]').waitFor();
  await page.getByText("No problems").waitFor();
  await shot("runs-edit");
  await page.getByRole("button", { name: "Save" }).click();
  await page.waitForFunction(() => !location.hash.endsWith("/edit"));
  await page.getByRole("tab", { name: "Definition" }).click();
  await page.reload();
  await page.locator('[data-state="Then"]').waitFor();
  saw.edited = await page.locator("[data-state]").evaluateAll((all) => all.map((one) => one.dataset.state));

  // An execution that is none: the service's error, with its name.
  await open("waits", "none");
  await page.getByText("ExecutionDoesNotExist").first().waitFor();
  saw.requests = await page.getByText(/^Request [0-9a-f-]{36}$/).count();
});
