// Logs Insights over a coffee shop's events: a sample is run, a row opened, a plot read, a query refused at its place, saved,
// found again in the history, cancelled while it runs; and a table of 10,000 rows and of 500 columns.
import { hostile, story } from "./browser.mjs";

const group = "/aws/events/serverlesspressoEventBus";

await story(async ({ page, saw, link, shot }) => {
  const query = page.getByRole("textbox", { name: "Query", exact: true });
  const table = page.getByRole("table", { name: "Results" });
  const rows = table.locator(".rows-row");
  const run = () => page.getByRole("button", { name: "Run query" }).click();
  const complete = () => page.getByText("Complete", { exact: true }).waitFor();
  const sample = async (name) => {
    await page.getByRole("button", { name: "Sample queries" }).click();
    await page.getByRole("menuitem", { name, exact: true }).click();
  };
  const copied = () => page.evaluate(() => navigator.clipboard.readText());
  const heads = () => table.getByRole("columnheader").allInnerTexts();

  // Nothing there: the coffee shop. From the group's page to its queries.
  await page.goto(link("#/insights"));
  saw.groupless = await page.getByRole("button", { name: "Run query" }).isDisabled();
  await page.getByRole("button", { name: "Load the coffee shop" }).click();
  await page.waitForFunction(() => location.hash.startsWith("#/recent/"));
  await page.goto(link(`#/logs/${encodeURIComponent(group)}`));
  await page.getByRole("link", { name: "View in Logs Insights" }).click();
  await page.getByText(group, { exact: true }).first().waitFor();

  // Counts by detail type; a table of the query's columns.
  await sample("Count by detail type");
  await run();
  await complete();
  saw.counted = (await rows.allInnerTexts()).map((row) => row.replace(/[▸▾]/, "").trim().split(/\s+/));
  saw.countedHeads = await heads();
  saw.statistics = await page.getByText(/records matched/).innerText();
  await page.getByRole("button", { name: "Copy as CSV", exact: true }).click();
  await page.getByText("Copied").waitFor();
  saw.csv = await copied();
  await page.getByRole("button", { name: "Copy as aws CLI", exact: true }).click();
  await page.waitForFunction(async () => (await navigator.clipboard.readText()).startsWith("aws logs start-query"));
  saw.cli = await copied();
  await shot("insights");

  // A reload shows what was found, without asking anew.
  const id = new URLSearchParams(page.url().split("?")[1]).get("id");
  await page.reload();
  await complete();
  saw.sameQuery = new URLSearchParams(page.url().split("?")[1]).get("id") === id;
  saw.rowsAfterReload = await rows.count();

  // Over time: bars, then lines, which stand in the link.
  await sample("Events every five minutes, by detail type");
  await run();
  const plot = page.getByRole("img", { name: /^Results at / });
  await plot.waitFor();
  saw.plot = await plot.getAttribute("aria-label");
  saw.bars = await page.locator(".plot-bars").evaluateAll((all) => all.filter((one) => one.getAttribute("d")).length);
  await shot("insights-plot");
  await page.getByRole("button", { name: "Lines" }).click();
  await page.reload();
  await plot.waitFor();
  saw.barsAsLines = await page.locator(".plot-bars").count();

  // A row of an event opens into all its fields, and leads to its stream.
  await query.fill("fields @timestamp, `detail-type`, detail.orderId, @message | sort @timestamp asc");
  await query.press("Control+Enter");
  await complete();
  await rows.nth(1).getByRole("button", { name: "Open" }).click();
  const message = table.getByRole("group", { name: "@message" });
  await message.waitFor();
  saw.fields = await table.locator(".rows-inside b").allInnerTexts();
  saw.folds = await message.getByRole("button", { name: "Fold" }).count();
  await shot("insights-row");
  await table.locator(".rows-inside").getByRole("link").click();
  await page.getByRole("table", { name: "Log events" }).locator(".rows-row").first().waitFor();
  saw.stream = await page.evaluate(() => location.hash);
  await page.goBack();
  await complete();

  // The permalink holds what was typed; what is wrong is said at its place.
  await query.fill("fields @message\n| filter foo(a) = 1");
  await page.waitForFunction(() => location.hash.includes("foo"));
  await page.reload();
  saw.typed = await query.inputValue();
  await run();
  await page.getByText("MalformedQueryException").waitFor();
  saw.wrongAt = await page.getByRole("status", { name: "Place of the error" }).innerText();
  saw.marked = await page.locator(".query-wrong mark").innerText();
  await shot("insights-refused");

  // Saved, replaced, taken up again, deleted.
  const dialog = page.getByRole("dialog");
  await query.fill("stats count(*) as orders by detail.orderId");
  await page.getByRole("button", { name: "Save query" }).click();
  await dialog.getByLabel("Name", { exact: true }).fill(hostile.image);
  await page.reload();
  saw.saveTyped = await dialog.getByLabel("Name", { exact: true }).inputValue();
  await dialog.getByRole("button", { name: "Save", exact: true }).click();
  const saved = page.getByRole("button", { name: hostile.image, exact: true });
  await saved.waitFor();
  await query.fill("stats max(@timestamp)");
  await page.getByRole("button", { name: "Save query" }).click();
  await dialog.getByLabel("Name", { exact: true }).fill(hostile.image);
  await dialog.getByRole("button", { name: "Replace" }).click();
  await page.getByRole("cell", { name: "stats max(@timestamp)" }).waitFor();
  saw.savedCount = await saved.count();
  await query.fill("fields x");
  await saved.click();
  await page.waitForFunction(() => location.hash.includes("max"));
  saw.loaded = await query.inputValue();
  await page.getByRole("tab", { name: "Saved queries" }).click();
  await page.getByRole("radio").first().check();
  await page.getByRole("button", { name: "Delete" }).click();
  await page.reload();
  await dialog.getByRole("button", { name: "Delete" }).click();
  await page.getByText("Nothing is saved yet").waitFor();

  // The history: the first query, and what it found.
  await page.getByRole("tab", { name: "History" }).click();
  await page.getByText("stats count(*) as events by `detail-type`").first().waitFor();
  saw.history = (await page.getByRole("row").count()) - 1;
  await page.getByRole("searchbox", { name: "Find in history" }).fill("sort events desc");
  await page.getByText("1 found").first().waitFor();
  await page.getByRole("row").last().getByRole("button").click();
  await complete();
  saw.historyRows = await rows.count();
  saw.historyQuery = await query.inputValue();

  // 10,000 rows: all are there, few are drawn, and the last is reached.
  await page.goto(link("#/insights?groups=%2Flarge&span=all&query=" + encodeURIComponent("fields n, @message | sort n asc")));
  const begin = Date.now();
  await run();
  await page.getByRole("heading", { name: /Results \(10,000\)/ }).waitFor({ timeout: 30000 });
  saw.largeMs = Date.now() - begin;
  saw.largeRows = Number(await table.getAttribute("aria-rowcount")) - 1;
  saw.largeDrawn = await rows.count();
  await table.locator(".rows-body").evaluate((body) => (body.scrollTop = body.scrollHeight));
  await table.getByText('{"n": 9999}').waitFor();

  // 500 columns: those in sight are drawn, and the head goes with them. A name of a field is text.
  const names = Array.from({ length: 500 }, (_, at) => `f${at}`);
  await page.goto(link("#/insights?groups=%2Fwide&span=all&query=" + encodeURIComponent(`fields ${names.join(", ")}, \`${hostile.image}\``)));
  await run();
  await complete();
  saw.wideDrawn = (await heads()).length;
  saw.wideColumns = Number(await table.getAttribute("aria-colcount")) - 1;
  await table.locator(".rows-body").evaluate((body) => (body.scrollLeft = body.scrollWidth));
  await table.getByRole("columnheader", { name: hostile.image }).waitFor();
  saw.wideEnd = (await heads()).slice(-2);
  saw.wideCell = (await rows.first().innerText()).split("\n").slice(-1)[0];
  await shot("insights-wide");
}, { viewport: { width: 1400, height: 1200 } });
