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
  await page.getByRole("combobox", { name: "Theme" }).selectOption("Dark");
  await page.waitForFunction(() => document.body.classList.contains("awsui-dark-mode"));
  await page.goto(link("#/?span=day"));
  await page.reload();
  await page.getByText("On disk").waitFor();
  saw.darkAfterReload = await dark(page);
  saw.spanAfterReload = await page.getByRole("button", { name: "24 hours" }).getAttribute("aria-pressed");
  await page.getByRole("combobox", { name: "Theme" }).selectOption("Light");
  await page.waitForFunction(() => !document.body.classList.contains("awsui-dark-mode"));
  await shot("overview");

  await page.getByRole("link", { name: "Event buses" }).first().click();
  await page.waitForFunction(() => document.title.startsWith("Event buses"));
  saw.busesAt = new URL(page.url()).hash;

  // The navigation is put away and comes back, each time with the focus on the button that turns it.
  const navigation = page.getByRole("navigation", { name: "Sections" });
  const focused = () => page.evaluate(() => document.activeElement?.getAttribute("aria-label"));
  saw.turns = [];
  for (const name of ["Close the navigation", "Open the navigation"]) {
    await page.getByRole("button", { name }).focus();
    await page.keyboard.press("Enter");
    await page.getByRole("button", { name }).waitFor({ state: "detached" });
    saw.turns.push([await navigation.count(), await focused()]);
  }

  // On a narrow screen it is put away until it is asked for, and after it was followed; nothing is wider than the screen.
  await page.setViewportSize({ width: 420, height: 800 });
  await page.reload();
  await page.getByRole("heading", { name: /^Event buses/ }).first().waitFor();
  saw.narrow = [await navigation.count()];
  await page.getByRole("button", { name: "Open the navigation" }).click();
  await navigation.getByRole("link", { name: "Rules" }).click();
  await page.getByRole("heading", { name: /^Rules/ }).first().waitFor();
  saw.narrow.push(await navigation.count());
  saw.wider = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);

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
