// Every page in a state of its own, loaded again where it is: tabs, filters, ranges of time, pages of lists, what is chosen,
// the dialog that is open and what was typed into it, the step of a rule and its draft.
import { story } from "./browser.mjs";

const bus = "Serverlesspresso";
const group = "/aws/events/serverlesspressoEventBus";

await story(async ({ page, context, call, saw, link }) => {
  const states = (operation, body) => call(`AWSStepFunctions.${operation}`, body);
  const dialog = page.getByRole("dialog");
  const heading = (name) => page.getByRole("heading", { name, exact: true }).first();
  const chosen = (name) => page.getByRole("tab", { name, exact: true, selected: true });
  const field = (name, value, where = page) => async () => {
    const one = where.getByLabel(name, { exact: true }).first();
    await one.waitFor();
    const found = await one.inputValue();
    if (found !== value) throw new Error(`${name} is ${JSON.stringify(found)}, not ${JSON.stringify(value)}`);
  };
  const look = async (marks) => {
    for (const mark of marks) await (typeof mark === "function" ? mark() : mark.waitFor());
  };
  saw.held = [];
  // The page of a pattern, at a place: what is to be seen there is seen again after a reload, with what `type` typed.
  const holds = async (pattern, place, marks, type) => {
    try {
      await page.goto(link(place));
      await page.reload();
      if (type) await type();
      await look(marks);
      const before = page.url();
      await page.reload();
      await look(marks);
      if (page.url() !== before) throw new Error(`${before} became ${page.url()}`);
    } catch (error) {
      throw new Error(`${pattern} at ${place}: ${error.message}`);
    }
    saw.held.push(pattern);
  };

  await page.goto(link("#/recent"));
  await page.getByRole("button", { name: "Load the coffee shop" }).click();
  await page.waitForFunction(() => location.hash.startsWith("#/recent/"));
  const event = decodeURIComponent(page.url().split("#/recent/")[1]);
  const machine = (await states("ListStateMachines", {})).stateMachines[0].stateMachineArn;
  const execution = (await states("ListExecutions", { stateMachineArn: machine })).executions[0].executionArn;
  const at = encodeURIComponent;

  await holds("/", "#/?span=day&client=boto3", [page.getByRole("button", { name: "24 hours", pressed: true }), chosen("Python, boto3")]);
  await holds("/buses", `#/buses?filter=presso&chosen=${bus}&dialog=delete`, [page.getByText("1 found").first(), dialog.getByText(`Delete ${bus}?`)]);
  await holds("/buses", "#/buses?dialog=create", [field("Name", "orders-2", dialog)], () => dialog.getByLabel("Name", { exact: true }).fill("orders-2"));
  await holds("/buses/:bus", `#/buses/${bus}?tab=events`, [chosen("Recent events"), page.getByRole("link", { name: /^\d{4}-/ }).first()]);
  await holds("/send", `#/send?bus=${bus}`, [field("Source", "till"), page.getByRole("button", { name: new RegExp(bus) }).first()], () => page.getByLabel("Source", { exact: true }).fill("till"));
  await holds("/rules", `#/rules?bus=${bus}&chosen=logAll&dialog=delete-rule`, [dialog.getByText("Delete logAll?")]);
  await holds("/rules/:bus/:rule", `#/rules/${bus}/logAll?tab=targets&dialog=delete`, [chosen("Targets"), dialog.getByText("Delete logAll?")]);

  // A rule: what was typed in an earlier step is there when the link leads to a later one, which is no further than it can be.
  const pattern = '{"source":["till"]}';
  await holds("/create-rule", `#/create-rule?bus=${bus}`, [heading("Build event pattern"), field("Event pattern", pattern)], async () => {
    await page.getByLabel("Name", { exact: true }).fill("typed");
    await page.getByRole("button", { name: "Next", exact: true }).click();
    await page.getByLabel("Event pattern", { exact: true }).fill(pattern);
  });
  await page.goto(link(`#/create-rule?bus=${bus}&step=5`));
  await heading("Select target(s)").waitFor();
  saw.furthest = await page.getByText("Choose the log group that it goes to").count();
  await page.goto(link(`#/create-rule?bus=${bus}`));
  await field("Name", "typed")();
  await page.getByRole("button", { name: "Begin anew" }).click();
  await field("Name", "")();
  await holds("/rules/:bus/:rule/edit", `#/rules/${bus}/logAll/edit?step=4`, [heading("Tags"), field("Key 1", "team")], async () => {
    await page.getByRole("button", { name: "Add new tag" }).click();
    await page.getByLabel("Key 1").fill("team");
  });

  await holds("/recent", `#/recent?bus=${bus}&source=awsserverlessda.serverlesspresso&live=off`, [page.getByRole("checkbox", { name: "Live", checked: false }), field("Bus", bus)]);
  await holds("/recent", "#/recent?list=inbox", [chosen("Inbox: not delivered")]);
  await holds("/recent/:id", `#/recent/${at(event)}`, [page.getByRole("group", { name: "Envelope" })]);

  await holds("/machines", `#/machines?chosen=${at(machine)}&dialog=delete`, [dialog.getByText("Delete OrderProcessorWorkflow?")]);
  await holds("/machines/create", "#/machines/create", [field("Name", "Second")], () => page.getByLabel("Name", { exact: true }).fill("Second"));
  await holds("/machines/:arn", `#/machines/${at(machine)}?tab=definition`, [chosen("Definition"), page.locator("[data-state]").first()]);
  await holds("/machines/:arn", `#/machines/${at(machine)}?dialog=start`, [field("Input", '{"n":1}', dialog)], () => dialog.getByRole("textbox", { name: "Input" }).fill('{"n":1}'));
  await holds("/machines/:arn", `#/machines/${at(machine)}?status=FAILED`, [page.getByText("No executions that are failed")]);
  await holds("/machines/:arn/edit", `#/machines/${at(machine)}/edit`, [field("IAM role ARN", "arn:aws:iam::000000000000:role/other")], () => page.getByLabel("IAM role ARN").fill("arn:aws:iam::000000000000:role/other"));
  const step = at("Emit - Workflow Started TT");
  await holds("/machines/executions/:arn", `#/machines/executions/${at(execution)}?state=${step}&part=definition&text=definition&filter=choice&order=newest&dialog=SendTaskFailure`,
    [page.getByRole("group", { name: "Definition of the state" }), page.getByRole("group", { name: "Definition", exact: true }), page.getByRole("button", { name: "Oldest first" }), field("Cause", "spilt", dialog)],
    () => dialog.getByLabel("Cause").fill("spilt"));
  await holds("/machines/executions/:arn", `#/machines/executions/${at(execution)}?view=timeline`, [page.getByRole("table", { name: "Timeline" })]);
  const spread = (await states("ListStateMachines", {})).stateMachines.find(({ name }) => name === "Spread").stateMachineArn;
  const { executions } = await states("ListExecutions", { stateMachineArn: spread });
  const { mapRuns } = await states("ListMapRuns", { executionArn: executions[0].executionArn });
  await holds("/machines/runs/:arn", `#/machines/runs/${at(mapRuns[0].mapRunArn)}?status=SUCCEEDED`, [heading("Map Run"), page.getByRole("button", { name: "Status Succeeded" })]);

  await holds("/logs", `#/logs?chosen=${at(group)}&dialog=retention`, [dialog.getByText(`Retention of ${group}`)]);
  await holds("/logs", "#/logs?dialog=create", [field("Name", "/new", dialog)], () => dialog.getByLabel("Name").fill("/new"));
  await holds("/logs/:group", `#/logs/${at(group)}?tab=events&pattern=NewOrder&span=custom&from=1000000000000&zone=utc`,
    [page.getByText("1 event", { exact: true }), field("From", "2001-09-09 01:46:40.000"), page.getByRole("button", { name: "UTC", pressed: true })]);
  // The second page of streams, and back: after a reload, to the first.
  await page.goto(link("#/logs/%2Fmany"));
  await page.getByRole("button", { name: "Next page" }).click();
  await page.waitForFunction(() => location.hash.includes("token="));
  const second = page.getByRole("link", { name: /^s0/ });
  await second.first().waitFor();
  await holds("/logs/:group", new URL(page.url()).hash, [second.first(), page.getByText("2", { exact: true })]);
  await page.getByRole("button", { name: "Previous page" }).click();
  await page.waitForFunction(() => !location.hash.includes("token="));
  await page.getByRole("link", { name: /^s5/ }).first().waitFor();
  const { logStreams } = await call("Logs_20140328.DescribeLogStreams", { logGroupName: group });
  await holds("/logs/:group/streams/:stream", `#/logs/${at(group)}/streams/${at(logStreams[0].logStreamName)}?span=1d`, [page.getByRole("button", { name: /Last 1 day/ }), page.locator(".rows-row").first()]);
  await holds("/live", `#/live?groups=${at(group)},%2Fmany&pattern=milk&highlight=no`, [page.getByText("Live", { exact: true }), field("Filter pattern", "milk"), field("Highlight", "no"), page.getByText("/many", { exact: true }).first()]);
  await holds("/insights", `#/insights?groups=${at(group)}&query=${at("fields a")}&span=custom&from=1000000000000&to=1000000001000&tab=history&dialog=save&zone=utc`,
    [chosen("History"), field("Query", "fields a"), field("To", "2001-09-09 01:46:41.000"), dialog.getByText("Save query")]);

  // Times are as the reader chose, on every page.
  const zone = page.getByRole("combobox", { name: "Time zone" });
  await page.goto(link("#/buses"));
  const created = page.getByRole("cell", { name: /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{3}$/ }).first();
  await created.waitFor();
  await zone.selectOption("Local time");
  const local = await created.innerText();
  await zone.selectOption("UTC");
  await page.waitForFunction((text) => !document.body.innerText.includes(text), local);
  saw.zones = [local, await created.innerText()];
  await page.goto(link("#/"));
  const plot = page.getByRole("img").first();
  await plot.waitFor();
  saw.plotAt = await plot.getAttribute("aria-label");
  saw.utc = await page.evaluate(() => new Date().toISOString().slice(11, 13));

  // A link says for which region and account it is: to a tab of its own, and to one that was of another region.
  const bar = (tab) => tab.getByRole("banner").getByRole("button");
  await page.goto(link("#/buses"));
  await bar(page).click();
  await dialog.getByLabel("Region").fill("eu-west-1");
  await dialog.getByLabel("Account").fill("111122223333");
  await dialog.getByRole("button", { name: "Use" }).click();
  await dialog.waitFor({ state: "detached" });
  saw.whose = [new URL(page.url()).hash];
  for (const name of ["default", "Rules"]) {
    const opened = context.waitForEvent("page");
    await page.getByRole("link", { name, exact: true }).click({ modifiers: ["Control"] });
    const tab = await opened;
    await tab.getByRole("heading", { level: 1 }).first().waitFor();
    saw.whose.push(new URL(tab.url()).hash, await bar(tab).innerText());
    if (name === "default") await tab.getByText("arn:aws:events:eu-west-1:111122223333:event-bus/default").waitFor();
    await tab.close();
  }
  await page.goto(link("#/buses/default?region=ap-south-1"));
  await page.getByText("arn:aws:events:ap-south-1:111122223333:event-bus/default").waitFor();
  await page.goBack();
  await page.getByText("arn:aws:events:eu-west-1:111122223333:event-bus/default").waitFor();
  saw.whose.push(await bar(page).innerText());
  await page.goto(link("#/?region=no%20region&account=12"));
  await page.getByText("On disk").waitFor();
  saw.whose.push(await bar(page).innerText());
}, { timezoneId: "America/New_York" });
