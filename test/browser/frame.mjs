// The frame: the overview, the navigation, the theme, a reload on a page with a link of its own.
import { story } from "./browser.mjs";

const dark = (page) => page.evaluate(() => document.body.classList.contains("awsui-dark-mode"));

await story(async ({ page, saw, link, shot, wrong }) => {
  await page.goto(link("#/"));
  await page.getByRole("heading", { name: "Overview", level: 1 }).waitFor();
  await page.getByText("On disk").waitFor();
  saw.title = await page.title();
  saw.navigation = await page.getByRole("navigation").getByRole("link").allInnerTexts();

  saw.light = await dark(page);
  await page.getByRole("button", { name: "Theme" }).click();
  await page.getByRole("menuitemcheckbox", { name: "Dark" }).click();
  await page.waitForFunction(() => document.body.classList.contains("awsui-dark-mode"));
  await page.goto(link("#/?span=day"));
  await page.reload();
  await page.getByText("On disk").waitFor();
  saw.darkAfterReload = await dark(page);
  saw.spanAfterReload = await page.getByRole("button", { name: "24 hours" }).getAttribute("aria-pressed");
  await page.getByRole("button", { name: "Theme" }).click();
  await page.getByRole("menuitemcheckbox", { name: "Light" }).click();
  await page.waitForFunction(() => !document.body.classList.contains("awsui-dark-mode"));
  await shot("overview");

  await page.getByRole("link", { name: "Event buses" }).first().click();
  await page.waitForFunction(() => document.title.startsWith("Event buses"));
  saw.busesAt = new URL(page.url()).hash;

  // The policy holds: what is written into the page does not run.
  saw.wrongBefore = wrong.length;
  await page.evaluate(() => {
    const script = document.createElement("script");
    script.textContent = "window.inline = true";
    document.head.append(script);
  });
  await page.waitForTimeout(200);
  saw.inlineRan = await page.evaluate(() => window.inline ?? false);
  saw.refusals = wrong.splice(saw.wrongBefore).filter((text) => text.includes("script-src")).length;
});
