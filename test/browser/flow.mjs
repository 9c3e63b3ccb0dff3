// The coffee shop, clicked through: its bus is made, and a rule in five steps with the log group that it fills; the order's
// workflow is written and started, waits, its event is opened in the log, the task is answered from the graph, twice, and
// the order is done. Every page is loaded again where it is.
import { readFileSync } from "node:fs";
import { story } from "./browser.mjs";

const definition = readFileSync(new URL("../../examples/serverlesspresso/order-processor.asl.json", import.meta.url), "utf8")
  .replaceAll("REGION", "us-east-1")
  .replaceAll("ACCOUNT", "000000000000");
const group = "/aws/events/serverlesspressoEventBus";

await story(async ({ page, saw, link, shot }) => {
  const state = (name, status) => page.locator(`[data-state="${name}"]${status === undefined ? "" : `[data-status="${status}"]`}`);

  // The bus, and the rule logAll, whose log group is made on the way.
  await page.goto(link("#/buses"));
  await page.getByRole("button", { name: "Create event bus" }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByLabel("Name", { exact: true }).fill("Serverlesspresso");
  await dialog.getByRole("button", { name: "Create", exact: true }).click();
  await page.getByRole("link", { name: "Create the first rule" }).click();
  const next = () => page.getByRole("button", { name: "Next", exact: true }).click();
  await page.getByLabel("Name", { exact: true }).fill("logAll");
  await next();
  await page.getByLabel("Event pattern", { exact: true }).fill('{"source":["awsserverlessda.serverlesspresso"]}');
  await page.getByText("Nothing came through this bus yet.", { exact: true }).waitFor();
  await next();
  await page.getByLabel("Name of the new log group").fill(group);
  await page.getByRole("button", { name: "Make it" }).click();
  await page.getByRole("button", { name: group }).first().waitFor();
  await next();
  await next();
  await page.getByRole("button", { name: "Create rule" }).click();
  await page.getByRole("heading", { name: "Rule details" }).waitFor();
  await page.reload();
  await page.getByRole("tab", { name: "Targets" }).click();
  await page.getByRole("link", { name: group }).waitFor();

  // The definition is written; what is wrong with it is said at its place, and drawn.
  await page.goto(link("#/machines"));
  await page.getByRole("link", { name: "Create state machine" }).first().click();
  await page.getByLabel("Name", { exact: true }).fill("OrderProcessorWorkflow");
  const text = page.getByRole("textbox", { name: "Definition" });
  await text.fill(definition.replace('"Type": "Pass",\n      "Next": "Emit - order finished"', '"Type": "Pass",\n      "Next": "Nowhere"'));
  const problem = page.getByRole("status", { name: "Problems" }).locator("[data-problem]").first();
  await problem.waitFor();
  saw.problem = await problem.innerText();
  await state("Emit - order finished").waitFor();
  await shot("flow-editor");
  await text.fill('{"StartAt": }');
  await page.getByText("A JSON value expected here").waitFor();
  const problems = page.getByRole("status", { name: "Problems" });
  await text.fill(definition);
  await problems.getByText("No problems").waitFor();
  // What the server has not looked at is not said to have none.
  let answered;
  const held = new Promise((done) => (answered = done));
  await page.route(link(""), async (route) => {
    if (!route.request().headers()["x-amz-target"]?.endsWith(".ValidateStateMachineDefinition")) return route.continue();
    await held;
    return route.continue();
  });
  const asked = page.waitForRequest((request) => request.headers()["x-amz-target"]?.endsWith(".ValidateStateMachineDefinition") ?? false);
  await text.fill(`${definition}\n`);
  await asked;
  saw.unsaid = await problems.innerText();
  answered();
  await problems.getByText("No problems").waitFor();
  await page.unroute(link(""));
  await page.getByRole("button", { name: "Create state machine" }).click();
  await page.waitForFunction(() => location.hash.startsWith("#/machines/arn"));
  await page.getByText("No executions yet").waitFor();
  await page.reload();
  await page.getByText("No executions yet").waitFor();

  // An order. Its input is held against JSON first.
  await page.getByRole("button", { name: "Start execution" }).first().click();
  saw.name = await dialog.getByLabel("Name", { exact: true }).inputValue();
  const input = dialog.getByRole("textbox", { name: "Input" });
  await input.fill('{"detail": ');
  await dialog.getByText("A JSON value expected, and the text ends").waitFor();
  saw.startRefused = await dialog.getByRole("button", { name: "Start execution" }).isDisabled();
  await input.fill('{"detail":{"orderId":"2","userId":"testuser2"}}');
  await dialog.getByRole("button", { name: "Start execution" }).click();
  await page.waitForFunction(() => location.hash.startsWith("#/machines/executions/"));
  await state("Emit - Workflow Started TT", "running").waitFor();
  saw.statuses = await page.locator("[data-state]").evaluateAll((all) => Object.fromEntries(all.map((one) => [one.dataset.state, one.dataset.status])));
  const execution = page.url();

  // The event has a log stream of its own; its message is opened and has the token.
  await page.goto(link("#/logs"));
  await page.getByRole("link", { name: group }).click();
  const streams = page.getByRole("link", { name: /^[0-9a-f-]{36}$/ });
  await streams.first().waitFor();
  saw.streams = await streams.count();
  await shot("flow-group");
  await streams.first().click();
  await page.reload();
  await page.getByText('"detail-type":"OrderProcessor.WorkflowStarted"').waitFor();
  saw.events = await page.locator(".rows-row").count();
  await page.getByRole("button", { name: "Open", exact: true }).click();
  const message = await page.getByRole("group", { name: "Message" }).innerText();
  saw.token = /"TaskToken": "([^"]+)"/.exec(message)?.[1] ?? "";
  await page.getByRole("button", { name: "Copy message" }).click();
  saw.copied = JSON.parse(await page.evaluate(() => navigator.clipboard.readText())).detail.TaskToken === saw.token;
  await shot("flow-stream");

  // From the stream to the event that made it.
  await page.getByRole("button", { name: "Its event" }).click();
  await page.waitForFunction(() => location.hash.startsWith("#/recent/"));
  saw.eventOfStream = await page.evaluate(() => location.hash);

  // The task is answered from its state, with the token filled in.
  await page.goto(execution);
  await page.reload();
  await state("Emit - Workflow Started TT", "running").focus();
  await page.keyboard.press("Enter");
  await page.getByRole("button", { name: "Send task success" }).click();
  saw.filledIn = (await dialog.getByLabel("Task token").inputValue()) === saw.token;
  await dialog.getByRole("button", { name: "Send", exact: true }).click();
  await state("Emit - Workflow Started TT", "succeeded").waitFor();
  await state("Emit - Awaiting Completion TT", "running").click();
  await page.reload();
  await shot("flow-execution");
  await page.getByRole("button", { name: "Send task heartbeat" }).click();
  await dialog.getByRole("button", { name: "Send", exact: true }).click();
  await dialog.waitFor({ state: "detached" });
  await page.getByRole("button", { name: "Send task success" }).click();
  await dialog.getByRole("textbox", { name: "Output" }).fill('{"baristaUserId":"3"}');
  await dialog.getByRole("button", { name: "Copy as aws CLI" }).click();
  saw.cli = await page.evaluate(() => navigator.clipboard.readText());
  await dialog.getByRole("button", { name: "Send", exact: true }).click();
  await state("Emit - order finished", "succeeded").waitFor();
  await page.getByText("Succeeded", { exact: true }).first().waitFor();
  saw.ended = await page.locator("[data-state]").evaluateAll((all) => Object.fromEntries(all.map((one) => [one.dataset.state, one.dataset.status])));
  await page.getByText("OrderProcessor.orderFinished").waitFor(); // what it emitted

  // The same order in time, and the list of executions.
  await page.getByRole("tab", { name: "Timeline" }).click();
  await page.reload();
  await page.getByRole("table", { name: "Timeline" }).locator(".timeline-bar").first().waitFor();
  saw.bars = await page.locator(".timeline-bar").count();
  await page.getByRole("link", { name: "OrderProcessorWorkflow" }).click();
  await page.getByRole("link", { name: saw.name }).waitFor();
  await page.getByRole("button", { name: "Status All statuses" }).click();
  await page.getByRole("option", { name: "Failed" }).click();
  await page.getByText("No executions that are failed").waitFor();
  saw.filteredAt = new URL(page.url()).hash.split("?")[1];
});
