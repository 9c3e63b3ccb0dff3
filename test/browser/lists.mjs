// What narrows each list, and Map Runs: a filter is typed, only what it is for stays, and a reload keeps it.
import { story } from "./browser.mjs";

await story(async ({ page, saw, link, shot }) => {
  const arn = (kind, name) => encodeURIComponent(`arn:aws:states:us-east-1:000000000000:${kind}:${name}`);
  // The first column of the list, once it no longer is what it was.
  const names = async (count) => {
    await page.waitForFunction((count) => document.querySelectorAll("main tbody a").length === count, count);
    return page.locator("main tbody tr").evaluateAll((rows) => rows.map((row) => row.querySelector("a")?.textContent));
  };

  const typed = [
    { list: "buses", at: "#/buses", field: "Find in event buses", all: 4, text: "TILL" },
    { list: "rules", at: "#/rules?bus=till-1", field: "Find in rules", all: 3, text: "Order.Paid" }, // also in the pattern
    { list: "rules of a bus", at: "#/buses/till-1", field: "Find in rules", all: 3, text: "refund" },
    { list: "machines", at: "#/machines", field: "Find in state machines", all: 3, text: "a" },
    { list: "groups", at: "#/logs", field: "Find in log groups", all: 3, text: "till" },
    { list: "streams", at: `#/logs/${encodeURIComponent("/till/1")}`, field: "Beginning of the name", all: 3, text: "b" },
  ];
  saw.lists = {};
  for (const { list, at, field, all, text } of typed) {
    await page.goto(link(at));
    await names(all);
    await page.getByLabel(field).fill(text);
    await page.waitForFunction((all) => document.querySelectorAll("main tbody a").length < all, all);
    const before = await names(await page.locator("main tbody a").count());
    await page.reload();
    saw.lists[list] = await names(before.length);
    await page.getByLabel(field).fill("nothing is called so");
    await page.waitForFunction(() => document.querySelectorAll("main tbody a").length === 0);
  }

  // Recent events by bus, source and detail type, chosen among what was seen or typed.
  await page.goto(link("#/recent?live=off"));
  const kinds = () => page.locator("main tbody tr").evaluateAll((rows) => rows.map((row) => row.cells[1].textContent));
  await page.getByText("Order.Refunded").waitFor();
  await page.getByLabel("Bus", { exact: true }).fill("till-1");
  await page.keyboard.press("Enter");
  await page.getByText("Order.Other").waitFor({ state: "detached" });
  saw.ofBus = await kinds();
  await page.getByLabel("Detail type", { exact: true }).click();
  await page.getByRole("option", { name: "Order.Paid" }).click();
  await page.getByText("Order.Refunded").first().waitFor({ state: "detached" });
  await page.reload();
  await page.locator("main tbody tr").first().waitFor();
  saw.ofType = await kinds();
  await page.getByRole("button", { name: "Clear filters" }).click();
  await page.getByText("Order.Other").waitFor();
  await page.getByLabel("Source", { exact: true }).fill("elsewhere");
  await page.keyboard.press("Enter");
  await page.getByText("Order.Paid").first().waitFor({ state: "detached" });
  saw.ofSource = await kinds();

  // Executions by status.
  await page.goto(link(`#/machines/${arn("stateMachine", "paths")}`));
  await names(4);
  saw.byStatus = {};
  for (const status of ["Running", "Succeeded", "Failed", "Aborted"]) {
    await page.getByRole("button", { name: /^Status / }).click();
    await page.getByRole("option", { name: status, exact: true }).click();
    await names(1);
    await page.reload();
    saw.byStatus[status] = await names(1);
  }
  await page.getByRole("button", { name: /^Status / }).click();
  await page.getByRole("option", { name: "Timed out", exact: true }).click();
  await page.getByText("No executions that are timed out").waitFor();

  // A server that takes its time: what is shown is of the status before, and it is said that another is asked for.
  const late = async (operation, act) => {
    await page.route(link(""), async (route) => {
      if (route.request().headers()["x-amz-target"]?.endsWith(`.${operation}`)) await page.waitForTimeout(1500);
      return route.continue();
    });
    await act();
    await page.unroute(link(""));
  };
  const again = page.getByRole("button", { name: "Ask again" });
  saw.slow = [await again.getAttribute("aria-disabled")];
  await late("ListExecutions", async () => {
    await page.getByRole("button", { name: /^Status / }).click();
    await page.getByRole("option", { name: "All statuses", exact: true }).click();
    await page.locator('button[aria-label="Ask again"][aria-disabled="true"]').waitFor();
    saw.slow.push(await names(4).then((all) => all.length));
    await page.locator('button[aria-label="Ask again"]:not([aria-disabled="true"])').waitFor();
  });
  await page.goto(link("#/recent"));
  await page.getByText(/^Since /).waitFor();
  await late("ListRecentEvents", async () => {
    await page.getByRole("tab", { name: "No rule matched" }).click();
    await page.getByText("Asking the server").first().waitFor();
    await page.getByText("Asking the server").first().waitFor({ state: "detached" });
    await page.getByRole("combobox", { name: "Source" }).fill("nobody");
    await page.keyboard.press("Enter");
    await page.getByText("Asking the server").first().waitFor();
    await page.getByText("No recent event is like that").waitFor();
  });

  // The history's filter: by type, by step, by id.
  await page.goto(link(`#/machines/executions/${arn("execution", "paths:good")}`));
  const rows = page.getByRole("table", { name: "Events" }).locator(".rows-row");
  await rows.nth(3).waitFor();
  const found = async (text) => {
    await page.getByRole("searchbox", { name: "Find in events" }).fill(text);
    await page.waitForFunction((text) => location.hash.includes(`filter=${text}`), text);
    return rows.evaluateAll((all) => all.map((row) => row.querySelectorAll('[role="cell"]')[2].textContent));
  };
  saw.history = [await found("Good"), await found("ENTERED"), await found("nothing")];

  // A Map Run: from its state to its executions, to one of them, and back; one that is under way.
  await page.goto(link(`#/machines/executions/${arn("execution", "runs:done")}?state=Each`));
  await page.getByRole("link", { name: "Map Run: its executions" }).click();
  await page.getByRole("heading", { name: "Map Run" }).waitFor();
  saw.children = (await names(3)).length;
  saw.items = await page.getByText(/\d total/).innerText();
  await page.getByRole("button", { name: /^Status / }).click();
  await page.getByRole("option", { name: "Failed", exact: true }).click();
  await names(1);
  await page.reload();
  await names(1);
  await shot("map-run");
  await page.locator("main tbody a").click();
  await page.getByText("Odd.One", { exact: true }).first().waitFor();
  await page.getByRole("link", { name: /^runs\/[^:]+$/ }).click(); // its machine, which is that of the whole
  await page.getByRole("link", { name: "done", exact: true }).waitFor();
  await page.goBack();
  await page.getByRole("link", { name: /^runs\/.+:/ }).click();
  await page.getByRole("heading", { name: "Map Run" }).waitFor();
  await page.getByRole("link", { name: "runs:done" }).click();
  await page.locator('[data-state="Each"]').waitFor();
  await page.goto(link(`#/machines/executions/${arn("execution", "slow:one")}?state=Each`));
  await page.getByRole("link", { name: "Map Run: its executions" }).click();
  saw.underWay = await page.getByText(/\d total/).innerText();
});
