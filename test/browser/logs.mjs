// Logs: a group is made, kept for a week, searched, watched live, and deleted; messages are text whatever is in them.
import { hostile, story } from "./browser.mjs";

await story(async ({ page, call, saw, link, shot, origin }) => {
  const ask = (operation, body) => call(`Logs_20140328.${operation}`, body);
  const put = (logStreamName, ...messages) =>
    ask("PutLogEvents", { logGroupName: "/shop/till", logStreamName, logEvents: messages.map((message) => ({ timestamp: Date.now(), message })) });
  const rows = page.getByRole("table", { name: "Log events" }).locator(".rows-row");

  await page.goto(link("#/logs"));
  await page.getByText("No log groups").first().waitFor();
  await page.getByRole("button", { name: "Create log group" }).first().click();
  const dialog = page.getByRole("dialog");
  await dialog.getByLabel("Name").fill("no spaces");
  saw.refused = await dialog.getByRole("button", { name: "Create", exact: true }).isDisabled();
  await dialog.getByLabel("Name").fill("/shop/till");
  await dialog.getByRole("button", { name: "Create", exact: true }).click();
  await page.waitForFunction(() => location.hash === "#/logs/%2Fshop%2Ftill");
  await page.getByText("Never expire").waitFor();
  await page.getByRole("button", { name: "Retention" }).click();
  await dialog.getByRole("button", { name: /Events expire after/ }).click();
  await page.getByRole("option", { name: "7 days", exact: true }).click();
  await dialog.getByRole("button", { name: "Save" }).click();
  await page.getByText("7 days", { exact: true }).first().waitFor();

  for (const name of ["a-first", "b-second"]) await ask("CreateLogStream", { logGroupName: "/shop/till", logStreamName: name });
  await put("a-first", ...Object.values(hostile), JSON.stringify({ level: "ERROR", html: hostile.image, n: 0 }).replace('"n":0', '"n":12345678901234567890.10'));
  await page.waitForTimeout(20);
  await put("b-second", "ERROR: no milk", "all is well");
  await page.reload();
  const streams = page.getByRole("link", { name: /^[ab]-/ });
  await streams.nth(1).waitFor();
  saw.streams = await streams.allInnerTexts();
  await page.getByLabel("Beginning of the name").fill("a-");
  await page.waitForFunction(() => ![...document.querySelectorAll("a")].some((one) => one.textContent === "b-second"));
  saw.prefixAt = new URL(page.url()).hash.split("?")[1];

  // One stream: every message as it is.
  await page.goto(link("#/logs/%2Fshop%2Ftill/streams/a-first"));
  await rows.nth(6).waitFor();
  saw.messages = await rows.locator("bdi").allInnerTexts();
  await rows.nth(6).getByRole("button", { name: "Open" }).click();
  saw.json = await page.getByRole("group", { name: "Message" }).innerText();
  await shot("logs-stream");
  await page.getByRole("button", { name: "Older events" }).click();
  await page.getByText("No events further in this direction").waitFor();
  await page.getByRole("button", { name: "Latest" }).click();
  await rows.nth(6).waitFor();

  // The whole group, filtered; the service's word on a pattern that is none; times in UTC; a range.
  await page.goto(link("#/logs/%2Fshop%2Ftill?tab=events"));
  await rows.nth(8).waitFor();
  await page.getByRole("searchbox", { name: "Filter pattern" }).fill('ERROR -milk');
  await page.getByRole("button", { name: "Search" }).click();
  await page.getByText("1 event", { exact: true }).waitFor();
  await page.reload();
  await page.getByText("1 event", { exact: true }).waitFor();
  saw.found = await rows.count();
  await page.getByRole("searchbox", { name: "Filter pattern" }).fill("{ $.level = ");
  await page.getByRole("button", { name: "Search" }).click();
  await page.getByText("InvalidParameterException").waitFor();
  await shot("logs-refused");
  await page.goto(link("#/logs/%2Fshop%2Ftill?tab=events&span=custom&to=1000000000000&zone=utc"));
  await page.getByText("No events here.").waitFor();
  saw.to = await page.getByLabel("To", { exact: true }).inputValue();
  await page.getByLabel("To", { exact: true }).fill("2100-01-01");
  await rows.nth(8).waitFor();
  saw.toAt = new URL(page.url()).hash.includes("to=4102444800000");

  // Live tail: what is written now is seen; held back while paused; highlighted.
  await page.goto(link("#/live?groups=%2Fshop%2Ftill&highlight=milk"));
  await page.getByText("Live", { exact: true }).waitFor();
  saw.polling = await page.getByText("This server has no live tail").count();
  await page.waitForTimeout(100);
  await put("b-second", "milk came", hostile.image);
  await rows.nth(1).waitFor();
  saw.live = await rows.locator("bdi").allInnerTexts();
  saw.marked = await page.locator(".rows-marked").count();
  await shot("logs-live");
  await page.getByRole("button", { name: "Pause" }).click();
  await put("b-second", "while paused");
  await page.getByText("Paused, 1 waiting").waitFor();
  saw.paused = await rows.count();
  await page.getByRole("button", { name: "Go on" }).click();
  await rows.nth(2).waitFor();
  await page.reload();
  await page.getByText("Live", { exact: true }).waitFor();

  await page.goto(link("#/logs"));
  await page.getByRole("radio").first().check();
  await page.getByRole("button", { name: "Delete" }).click();
  await dialog.getByRole("button", { name: "Delete" }).click();
  await page.getByText("No log groups").first().waitFor();
  saw.origin = origin;
});
