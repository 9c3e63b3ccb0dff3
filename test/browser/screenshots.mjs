// The pictures of the documentation, of a coffee shop that was busy for a while: node screenshots.mjs ENDPOINT
// '{"folder": FOLDER}'. scripts/screenshots runs it.
import { join } from "node:path";
import { story } from "./browser.mjs";

const BUSY_S = 75;
const ANSWER_AFTER_S = 6;
const BUS = "Serverlesspresso";
const SOURCE = "awsserverlessda.serverlesspresso";
// Who comes when: a rush, a lull, a rush.
const ordersAt = (second) => Math.round(1.2 + Math.sin(second / 7) + ((second * 7919) % 13) / 13);

// Orders come, tasks are answered a while later, now and then somebody sends to a bus that does not exist. Returns the id
// of the last order, which waits.
async function busyWhile(ask) {
  const entry = (DetailType, Detail, EventBusName = BUS) => ({ EventBusName, Source: SOURCE, DetailType, Detail: JSON.stringify(Detail) });
  const put = async (entries) => (await ask("AWSEvents.PutEvents", { Entries: entries })).Entries;
  const order = (number) => entry("Validator.NewOrder", { orderId: String(number), userId: `guest-${number % 37}`, Message: "The order was scanned" });
  const brewed = (number, drink, modifiers) =>
    entry("OrderManager.WaitingCompletion", { orderId: String(number), orderNumber: String(number % 100), state: "CREATED", drinkOrder: { drink, modifiers, userId: `guest-${number % 37}` } });
  let number = 100;
  let seen = (await ask("Crema.ListRecentEvents", { Limit: 1 })).NewestToken;
  const waiting = []; // tasks: since, token
  for (let second = 0; second < BUSY_S; second++) {
    const entries = Array.from({ length: ordersAt(second) }, () => order(++number));
    if (second % 20 === 0) entries.push(entry("ConfigService.ConfigChanged", { NewImage: { storeOpen: true } }));
    if (second % 30 === 14) entries.push(entry("OrderManager.MakeOrder", { orderId: String(number), baristaUserId: "7" }, "Serverlespresso"));
    if (entries.length) await put(entries);
    await new Promise((done) => setTimeout(done, 1000));
    const { Events, NewestToken } = await ask("Crema.ListRecentEvents", { Limit: 200, FromToken: seen });
    seen = NewestToken;
    for (const { Event } of Events) {
      const token = Event && JSON.parse(Event).detail.TaskToken;
      if (token) waiting.push({ since: second, token });
    }
    while (waiting[0]?.since <= second - ANSWER_AFTER_S)
      await ask("AWSStepFunctions.SendTaskSuccess", { taskToken: waiting.shift().token, output: '{"baristaUserId":"7"}' });
  }
  const [last] = await put([order(number + 1)]);
  await put([brewed(number, "Cappuccino", ["oat milk"]), brewed(number - 1, "Latte", ["vanilla"])]);
  return last.EventId;
}

await story(
  async ({ page, call: ask, given, saw, link }) => {
    const picture = async (name, height = 800) => {
      await page.setViewportSize({ width: 1280, height });
      await page.mouse.move(0, 0);
      await page.waitForTimeout(400);
      await page.screenshot({ path: join(given.folder, `${name}.png`) });
    };
    await page.goto(link("#/"));
    await page.getByRole("button", { name: "Load the coffee shop" }).click();
    await page.waitForFunction(() => location.hash.startsWith("#/recent/"));
    const order = await busyWhile(ask);

    await page.goto(link("#/"));
    await page.getByRole("link", { name: /^[1-9][\d,]+$/ }).first().waitFor();
    await picture("overview", 860);

    await page.goto(link(`#/recent/${order}`));
    const chain = page.getByRole("list", { name: "The chain of the event" });
    await chain.getByRole("link", { name: "OrderProcessor.WorkflowStarted" }).waitFor();
    await picture("event", 1000);

    await page.goto(link(`#/create-rule?bus=${BUS}`));
    await page.getByLabel("Name", { exact: true }).fill("OatMilk");
    await page.getByRole("button", { name: "Next", exact: true }).click();
    await page.getByLabel("Event pattern", { exact: true }).fill(
      JSON.stringify({ "detail-type": [{ prefix: "OrderManager." }], detail: { drinkOrder: { modifiers: ["oat milk"] } } }, null, 2),
    );
    await page.getByRole("heading", { name: /^Would match 1 of/ }).waitFor();
    await page.getByRole("button", { name: /OrderManager.WaitingCompletion/ }).first().click();
    await page.getByRole("cell", { name: "Fails" }).first().waitFor();
    await page.evaluate(() => window.scrollTo(0, 0));
    await picture("rule-pattern", 1480);

    const trace = await ask("Crema.GetEventTrace", { EventId: order });
    const execution = trace.Hops[0].Deliveries.find(({ ExecutionArn }) => ExecutionArn).ExecutionArn;
    await page.goto(link(`#/machines/executions/${encodeURIComponent(execution)}?state=${encodeURIComponent("Emit - Workflow Started TT")}`));
    await page.getByText("It waits for an answer with its task token").waitFor();
    await page.getByRole("tab", { name: /^Attempts/ }).click();
    const graph = () => page.getByRole("tab", { name: "Graph view" }).evaluate((tab) => window.scrollTo(0, tab.getBoundingClientRect().top + window.scrollY - 72));
    await graph();
    await picture("execution", 1000);
    await page.getByRole("button", { name: /^Emit - Workflow Started TT/ }).click();
    await page.getByText("Choose a state").waitFor();
    await page.evaluate(() => localStorage.setItem("crema.theme", "dark"));
    await page.reload();
    await page.locator('[data-status="running"]').waitFor();
    await graph();
    await picture("execution-dark", 1000);
    await page.evaluate(() => localStorage.removeItem("crema.theme"));
    await page.reload();

    const { Emitted } = trace.Hops[0].Deliveries.find(({ ExecutionArn }) => ExecutionArn);
    const started = await ask("Crema.GetEventTrace", { EventId: Emitted[0].EventId });
    const { LogGroupName, LogStreamName } = started.Hops[0].Deliveries.find(({ LogGroupName }) => LogGroupName);
    await page.goto(link(`#/logs/${encodeURIComponent(LogGroupName)}/streams/${encodeURIComponent(LogStreamName)}`));
    await page.getByRole("button", { name: "Open", exact: true }).click();
    await page.getByRole("group", { name: "Message" }).waitFor();
    await picture("log-stream", 980);
    saw.pictures = 6;
  },
  { viewport: { width: 1280, height: 800 } },
);
