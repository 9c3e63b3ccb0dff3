// The frame: the overview, the navigation, the theme, a reload on a page with a link of its own.
import { story } from "./browser.mjs";

const dark = (page) => page.evaluate(() => document.body.classList.contains("awsui-dark-mode"));

await story(async ({ page, newContext, saw, link, shot, wrong }) => {
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

  // A path that is no page's, long as it may be.
  await page.goto(link(`#/nothing/${"x".repeat(300)}`));
  await page.getByRole("heading", { name: /^There is no page/, level: 1 }).waitFor();
  saw.widerStill = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);

  // What has the focus is not under the bar, when one goes back up.
  await page.setViewportSize({ width: 1400, height: 500 });
  await page.goto(link("#/"));
  const tabs = page.getByRole("tab");
  await tabs.first().focus();
  saw.tops = [];
  for (;;) {
    await page.keyboard.press("Shift+Tab");
    const top = await page.evaluate(() => document.activeElement.closest("main") && document.activeElement.getBoundingClientRect().top);
    if (top === null) break;
    saw.tops.push(top);
  }
  saw.bar = await page.getByRole("banner").evaluate((bar) => bar.getBoundingClientRect().bottom);

  // A dialog gives the focus back, when a field of it took it too.
  await page.goto(link("#/buses"));
  saw.given = [];
  for (const name of ["us-east-1", "Create event bus"]) {
    const button = page.getByRole("button", { name, exact: true });
    await button.click();
    await page.getByRole("dialog").getByRole("textbox").first().waitFor();
    await page.keyboard.press("Escape");
    await page.getByRole("dialog").waitFor({ state: "detached" });
    saw.given.push(await button.evaluate((one) => one === document.activeElement));
  }

  // A part that can no longer be loaded takes nothing else away.
  await page.goto(link("#/"));
  await page.reload();
  await tabs.first().waitFor();
  await page.route("**/assets/**", (route) => route.abort());
  saw.wrongBefore = wrong.length;
  await page.getByRole("button", { name: "us-east-1" }).click();
  await page.getByText("Region and keys failed").waitFor();
  saw.stays = await page.getByRole("heading", { name: "Overview", level: 1 }).count();
  wrong.splice(saw.wrongBefore); // the browser says what it could not load

  // Before any script has run, the page is as dark as the system.
  saw.grounds = [];
  for (const colorScheme of ["dark", "light"]) {
    await page.emulateMedia({ colorScheme });
    await page.unroute("**/assets/**");
    await page.route("**/assets/*.js", (route) => route.abort());
    await page.reload();
    await page.waitForFunction(() => getComputedStyle(document.body).margin === "0px"); // the styles are there
    saw.grounds.push(await page.evaluate(() => getComputedStyle(document.body).backgroundColor));
  }
  await page.unroute("**/assets/*.js");
  await page.emulateMedia({ colorScheme: null });
  await page.reload();
  await page.getByText("On disk").waitFor();
  wrong.splice(saw.wrongBefore);

  // Where the browser is told to keep nothing, a choice lasts until the page is left.
  const forgetful = await newContext();
  await forgetful.addInitScript(() => {
    const denied = { get: () => { throw new DOMException("Access is denied", "SecurityError"); } };
    Object.defineProperty(window, "localStorage", denied);
    Object.defineProperty(window, "sessionStorage", denied);
  });
  const alone = await forgetful.newPage();
  await alone.goto(link("#/"));
  await alone.getByText("On disk").waitFor();
  await alone.getByRole("combobox", { name: "Theme" }).selectOption("Dark");
  await alone.waitForFunction(() => document.body.classList.contains("awsui-dark-mode"));
  saw.keptNowhere = await alone.getByRole("combobox", { name: "Theme" }).inputValue();
  await forgetful.close();

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
