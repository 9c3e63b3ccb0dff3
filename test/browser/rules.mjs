// A rule in five steps, with targets made on the spot; it is changed, turned off, and deleted.
import { hostile, story } from "./browser.mjs";

await story(async ({ page, saw, link, shot }) => {
  const next = () => page.getByRole("button", { name: "Next", exact: true }).click();
  const step = (name) => page.getByRole("heading", { name }).first().waitFor();

  await page.goto(link("#/rules?bus=orders"));
  await page.getByRole("link", { name: "Create the first rule" }).click();
  await step("Define rule detail");
  saw.steps = (await page.getByRole("navigation", { name: "Steps" }).innerText()).split("\n").filter((line) => line && !/^(Step|-)/.test(line));
  await next();
  saw.nameless = await page.getByText("A rule has a name").count();
  await page.getByLabel("Name", { exact: true }).fill("paid");
  await page.getByLabel("Description").fill(hostile.image);
  await next();

  // The pattern, held against what came through while it is typed.
  await step("Build event pattern");
  const pattern = page.getByLabel("Event pattern", { exact: true });
  await page.getByRole("button", { name: "Choose a recent event" }).or(page.getByText("Choose a recent event")).first().click();
  await page.getByRole("option").filter({ hasText: "Order.Paid" }).first().click();
  await page.getByRole("button", { name: "Begin with the sample" }).click();
  saw.begun = await pattern.inputValue();
  await page.getByRole("heading", { name: "Would match 1 of 9 recent events" }).waitFor();
  await pattern.fill('{"detail":{"amount":[{"numeric":[">",100]}]}}');
  await page.getByRole("heading", { name: "Would match 0 of 9 recent events" }).waitFor();
  saw.why = await page.getByText(/^.detail\.amount.: wanted/).first().innerText();
  saw.why = saw.why.replace(/[\u2068\u2069]/g, "");
  saw.hostile = [];
  for (const text of Object.values(hostile)) if ((await page.getByText(`\u2068${text.slice(0, 128)}\u2069 from`).count()) > 0) saw.hostile.push(text);
  await page.getByRole("button", { name: "Test pattern" }).click();
  await page.getByText("The sample event does not match the pattern").waitFor();
  await shot("rule-pattern");
  await pattern.fill('{"source":[{"prefix":1}]}');
  await page.getByText("InvalidEventPatternException").waitFor();
  await pattern.fill('{"source":["shop"],"detail":{"amount":[{"numeric":[">",10]}]}}');
  await page.getByRole("button", { name: "Prettify" }).click();
  saw.pretty = await pattern.inputValue();
  await page.getByRole("heading", { name: "Would match 1 of 9 recent events" }).waitFor();
  await page.getByRole("button", { name: "Test pattern" }).click();
  await page.getByText("The sample event matches the pattern").waitFor();
  await next();

  // A log group with the event, and a machine with a part of it, each made on the spot.
  await step("Select target(s)");
  await next();
  saw.targetless = await page.getByText("Choose the log group that it goes to").first().isVisible();
  await page.getByLabel("Name of the new log group").fill("/orders/paid");
  await page.getByRole("button", { name: "Make it" }).click();
  await page.getByRole("button", { name: "/orders/paid" }).first().waitFor();
  await page.getByRole("button", { name: "Add another target" }).click();
  await page.getByRole("button", { name: "Target kind" }).last().click();
  await page.getByRole("option", { name: "State machine" }).click();
  await page.getByLabel("Name of the new state machine").fill("Pay");
  await page.getByRole("button", { name: "Make it" }).last().click();
  await page.getByRole("button", { name: /Pay$/ }).first().waitFor();
  // What it would get, as the server says it, of an event that came through.
  await page.getByRole("button", { name: "Input of the target" }).last().click();
  await page.getByRole("radio", { name: "Input transformer" }).last().check();
  const output = page.getByLabel("Output", { exact: true });
  await output.getByText("Order.Placed").or(output.getByText('"paid"')).first().waitFor();
  await page.getByRole("button", { name: /Order\.Paid/ }).first().waitFor(); // the event that was chosen for the pattern
  await page.getByLabel("Input path", { exact: true }).fill('{"amount": "$.detail.amount", "type": "$.detail-type"}');
  await page.getByLabel("Template", { exact: true }).fill('{"paid": <amount>, "text": "<type> of <amount> by <aws.events.rule-name>"}');
  await output.getByText("Order.Paid of 30 by paid").waitFor();
  saw.output = await output.innerText();
  await shot("rule-transformer");
  await page.getByLabel("Template", { exact: true }).fill('{"paid": <total>}');
  await page.getByText("InputTemplate for target target2 contains invalid placeholder total.").waitFor();
  await page.getByLabel("Input path", { exact: true }).fill('{"amount": ');
  await page.getByText("A whole sample event and whole input paths are needed first.").waitFor();
  await page.getByRole("radio", { name: "Part of the matched event" }).last().check();
  await page.getByLabel("Path", { exact: true }).fill("$.detail.absent");
  await page.getByText("This event would not be delivered: InputPathNotFound").waitFor();
  await page.getByLabel("Path", { exact: true }).fill("$.detail");
  await output.getByText("30").waitFor();
  // The log group once more, picked from the list, with a line of its own.
  await page.getByRole("button", { name: "Add another target" }).click();
  await page.getByRole("button", { name: "Choose a log group" }).or(page.getByText("Choose a log group")).last().click();
  await page.getByRole("option").filter({ hasText: "/orders/paid" }).first().click();
  await page.getByRole("button", { name: "Input of the target" }).last().click();
  await page.getByRole("radio", { name: "Input transformer" }).last().check();
  await page.getByLabel("Input path", { exact: true }).fill('{"time": "$.time", "amount": "$.detail.amount"}');
  await page.getByLabel("Template", { exact: true }).fill('{"timestamp": <time>, "message": "paid \\"<amount>\\""}');
  await page.getByText("A log event of").waitFor();
  saw.logOutput = await output.last().innerText();
  // A bus, made on the spot: it takes the event as it is.
  await page.getByRole("button", { name: "Add another target" }).click();
  await page.getByRole("button", { name: "Target kind" }).last().click();
  await page.getByRole("option", { name: "Event bus" }).click();
  await page.getByLabel("Name of the new event bus").fill("orders-copy");
  await page.getByRole("button", { name: "Make it" }).last().click();
  await page.getByRole("button", { name: /orders-copy$/ }).first().waitFor();
  // Five are enough. Machines and buses are picked from lists, too; what is there already is not made.
  await page.getByRole("button", { name: "Add another target" }).click();
  saw.full = await page.getByRole("button", { name: "Add another target" }).isDisabled();
  for (const [kind, name] of [["State machine", "Pay"], ["Event bus", "orders-copy"]]) {
    await page.getByRole("button", { name: "Target kind" }).last().click();
    await page.getByRole("option", { name: kind }).click();
    await page.getByText(`Choose a${kind === "Event bus" ? "n" : ""} ${kind.toLowerCase()}`).last().click();
    await page.getByRole("option").filter({ hasText: name }).first().click();
    await page.getByLabel(`Name of the new ${kind.toLowerCase()}`).last().fill(name);
    await page.getByRole("button", { name: "Make it" }).last().click();
    if (kind === "Event bus") await page.getByText("ResourceAlreadyExistsException").waitFor();
  }
  await page.getByRole("button", { name: "Remove", exact: true }).last().click();
  saw.inputs = await page.getByRole("button", { name: "Input of the target" }).count();
  await shot("rule-targets");
  await next();

  await step("Configure tags");
  await page.getByRole("button", { name: "Add new tag" }).click();
  await page.getByLabel("Key 1").fill("team");
  await page.getByLabel("Value 1").fill("<b>bar</b>");
  await next();

  await step("Review and create");
  saw.review = await page.getByRole("main").innerText();
  await page.getByRole("button", { name: "Copy as aws CLI" }).click();
  saw.cli = await page.evaluate(() => navigator.clipboard.readText());
  await shot("rule-review");
  await page.getByRole("button", { name: "Create rule" }).click();
  await page.waitForFunction(() => location.hash === "#/rules/orders/paid");
  await page.getByRole("heading", { name: "Rule details" }).waitFor();
  await shot("rule");

  // It matches.
  await page.goto(link("#/send?bus=orders"));
  await page.getByLabel("Source", { exact: true }).fill("shop");
  await page.getByLabel("Detail type", { exact: true }).fill("Order.Paid");
  await page.getByLabel("Detail of event 1").fill('{"amount": 1000.50}');
  await page.getByRole("button", { name: "Send", exact: true }).click();
  await page.getByText("4 delivered").waitFor();
  await page.goto(link("#/rules/orders/paid?tab=matches"));
  await page.getByRole("heading", { name: "Recent matches (1)" }).waitFor();
  saw.matches = await page.getByRole("link", { name: /^\d{4}-\d\d-\d\d/ }).count();

  // Edit: two targets less, a tag changed.
  await page.getByRole("link", { name: "Edit" }).click();
  await step("Define rule detail");
  await next();
  await step("Build event pattern");
  await next();
  await step("Select target(s)");
  for (const at of [3, 1]) await page.getByRole("button", { name: "Remove", exact: true }).nth(at).click();
  saw.kept = await page.getByLabel("Template", { exact: true }).inputValue();
  await next();
  await page.getByLabel("Value 1").fill("till");
  await next();
  await page.getByRole("button", { name: "Update rule" }).click();
  await page.waitForFunction(() => location.hash === "#/rules/orders/paid");
  await page.getByRole("heading", { name: "Rule details" }).waitFor();
  await page.getByRole("button", { name: "Disable" }).click();
  await page.getByText("Disabled", { exact: true }).waitFor();

  await page.goto(link("#/rules?bus=orders"));
  await page.getByRole("radio", { name: "Choose paid" }).check();
  saw.row = await page.getByRole("row").last().innerText();
  await page.getByRole("button", { name: "Enable" }).click();
  await page.getByText("Enabled", { exact: true }).waitFor();
  await shot("rules");

  // A target that is refused takes the new rule with it.
  await page.goto(link("#/create-rule?bus=orders"));
  await step("Define rule detail");
  await page.getByLabel("Name", { exact: true }).fill("refused");
  await next();
  await pattern.fill('{"source":["shop"]}');
  await next();
  await page.getByRole("button", { name: "Target kind" }).click();
  await page.getByRole("option", { name: "Another ARN" }).click();
  await page.getByLabel("ARN", { exact: true }).fill("arn:aws:lambda:eu-west-1:000000000000:function:x");
  await next();
  await next();
  await page.getByRole("button", { name: "Create rule" }).click();
  await page.getByText("ValidationException").first().waitFor();
  saw.refused = page.url().includes("#/create-rule?bus=orders");
});
