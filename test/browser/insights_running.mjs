// A query that takes its time: how far it is, is seen; it is cancelled; what it found so far stays.
import { story } from "./browser.mjs";

await story(async ({ page, saw, link }) => {
  await page.goto(link("#/insights?span=all&tab=saved"));
  await page.getByRole("button", { name: "long", exact: true }).click();
  await page.waitForFunction(() => !location.hash.includes("tab=saved"));
  await page.getByRole("button", { name: "Run query" }).click();
  await page.getByText("Running", { exact: true }).waitFor();
  const progress = page.getByText(/^[\d,]+ records matched/);
  const scanned = async () => Number(/matched, ([\d,]+) scanned/.exec(await progress.innerText())?.[1]?.replace(/,/g, ""));
  while ((await scanned()) === 0) await page.waitForTimeout(50);
  saw.first = await scanned();
  while ((await scanned()) === saw.first) await page.waitForTimeout(50);
  saw.second = await scanned();
  saw.heading = await page.getByRole("heading", { name: /^Results \(/ }).innerText();
  await page.getByRole("button", { name: "Cancel query" }).click();
  await page.getByText("Cancelled", { exact: true }).waitFor();
  saw.third = await scanned();
  saw.rows = await page.getByRole("table", { name: "Results" }).locator(".rows-row").count();

  // One that the server does not know any more says so.
  await page.goto(link("#/insights?id=00000000-0000-0000-0000-000000000000"));
  await page.getByText("Unknown", { exact: true }).waitFor();
  saw.unknown = await page.getByText("does not exist").count();
});
