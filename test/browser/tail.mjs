// Live tail of two groups at once, beside one that is not asked for: both are seen, told apart, highlighted, held back while
// paused, and narrowed by a filter pattern.
import { story } from "./browser.mjs";

await story(async ({ page, call, saw, link, shot }) => {
  const put = (logGroupName, message) => call("Logs_20140328.PutLogEvents", { logGroupName, logStreamName: "one", logEvents: [{ timestamp: Date.now(), message }] });
  const rows = page.getByRole("table", { name: "Log events" }).locator(".rows-row");
  const lines = async () => (await rows.allInnerTexts()).map((row) => row.split("\n").filter(Boolean).slice(-3).join(" "));
  const live = () => page.getByText("Live", { exact: true }).waitFor();

  // The second group is chosen on the page.
  await page.goto(link("#/live?groups=%2Fbar"));
  await page.getByRole("button", { name: /Log groups/ }).click();
  await page.getByRole("option", { name: "/till", exact: true }).click();
  await page.keyboard.press("Escape");
  saw.groups = new URLSearchParams(page.url().split("?")[1]).get("groups");
  await live();
  await put("/cellar", "a cask");
  await put("/bar", "a latte");
  await put("/till", "3.50 for a latte");
  await rows.nth(1).waitFor();
  saw.both = await lines();
  saw.polling = await page.getByText("This server has no live tail").count();

  await page.getByLabel("Highlight").fill("LATTE");
  saw.marks = await page.locator(".rows-row mark").allInnerTexts();
  await put("/bar", "a mocha");
  await rows.nth(2).waitFor();
  saw.marked = await page.locator(".rows-marked").count();
  await shot("tail-two");

  // Held back while paused, both of them; then in their order.
  await page.getByRole("button", { name: "Pause" }).click();
  await put("/till", "4.00 for a mocha");
  await put("/bar", "an espresso");
  await page.getByText("Paused, 2 waiting").waitFor();
  saw.paused = await rows.count();
  await page.getByRole("button", { name: "Go on" }).click();
  await rows.nth(4).waitFor();
  saw.after = (await lines()).slice(-2);

  // A filter pattern is of both; the link has it all.
  await page.getByLabel("Filter pattern").fill("latte");
  await page.getByRole("button", { name: "Apply" }).click();
  await page.waitForFunction(() => location.hash.includes("pattern=latte"));
  await page.reload();
  await live();
  await put("/till", "nothing");
  await put("/bar", "another latte");
  await put("/till", "one more latte");
  await rows.nth(1).waitFor();
  saw.filtered = await lines();
  await page.getByRole("button", { name: "Clear" }).click();
  await page.getByText("Waiting for events").waitFor();
  saw.cleared = await rows.count();
});
