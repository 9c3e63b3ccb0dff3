// The overview: rates after a coffee was ordered, and texts that point clients here.
import { story } from "./browser.mjs";

await story(async ({ page, saw, link, shot }) => {
  await page.goto(link("#/"));
  await page.getByText("Nothing came through yet").waitFor();
  await page.getByRole("button", { name: "Load the coffee shop" }).click();
  await page.waitForFunction(() => location.hash.startsWith("#/recent/"));
  await page.goto(link("#/"));
  await page.getByText("Events in 10 minutes").waitFor();
  await page.getByRole("link", { name: "2", exact: true }).waitFor(); // the order, and what the workflow says
  saw.plots = await page.getByRole("img").evaluateAll((all) => all.map((one) => one.getAttribute("aria-label")));
  saw.drawn = await page.locator(".plot path").evaluateAll((all) => all.filter((one) => / (?!160\.0)\d/.test(one.getAttribute("d") ?? "")).length);
  const plot = page.getByRole("img").first();
  const before = await plot.getAttribute("aria-label");
  await plot.focus();
  await page.keyboard.press("ArrowLeft");
  await page.keyboard.press("ArrowLeft");
  saw.moved = (await plot.getAttribute("aria-label")) !== before;
  saw.idle = await page.getByText("Nothing came through yet").count();
  saw.texts = {};
  const words = { "aws CLI": "aws --endpoint-url", "Python, boto3": "import boto3", JavaScript: "@aws-sdk" };
  for (const label of ["aws CLI", "Python, boto3", "JavaScript"]) {
    await page.getByRole("tab", { name: label }).click();
    await page.getByLabel(label, { exact: true }).last().waitFor();
    await page.getByRole("button", { name: "Copy", exact: true }).or(page.getByRole("button", { name: "Copied" })).first().click();
    await page.waitForFunction(async (word) => (await navigator.clipboard.readText()).includes(word), words[label]);
    saw.texts[label] = await page.evaluate(() => navigator.clipboard.readText());
  }
  saw.hash = await page.evaluate(() => location.hash);
  await shot("overview-busy");
});
