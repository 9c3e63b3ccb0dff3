// Every page of page_table.mjs, in light and in dark: it asks for nothing from elsewhere, is the same after a reload, is
// readable, usable by keyboard, keeps texts as texts, and shows what the server refuses with its name and request.
// CREMA_PAGES=TEXT looks only at places with that in them.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { hostile, story } from "./browser.mjs";
import { allText, astray, colours, shownText, step, unreached } from "./look.mjs";
import { pageTable } from "./page_table.mjs";

const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const WINDOWS = 3; // at a time
const TABS_MAX = 400;
const SETTLED_MS = 100;
const SETTLED_LOOKS = 4; // that must be the same
const REFUSAL = { name: "ThrottlingException", request: "01234567-89ab-cdef-0123-456789abcdef" };

const operationOf = (request) => request.headers()["x-amz-target"]?.split(".").pop();

// What is shown once it no longer changes, with nothing still asked for; of a page whose numbers move, without them.
async function settled(page, row, asking) {
  let before;
  let same = 1;
  for (let round = 0; round < 100; round++) {
    const text = (await page.evaluate(shownText)).replace(row.moves ? /[\d,.]+/g : /$^/g, "0");
    same = text === before && asking.size === 0 ? same + 1 : 1;
    if (row.grows || same === SETTLED_LOOKS) return text;
    before = text;
    await page.waitForTimeout(SETTLED_MS);
  }
  return before;
}

async function ready(page, row, asking) {
  await page.locator("#console").getByText(row.ready).first().waitFor();
  return settled(page, row, asking);
}

async function readable(page, dark) {
  const { faint, page: ground, text } = await page.evaluate(colours);
  const wrong = faint.map((one) => `faint: ${one}`);
  if (dark ? ground > 0.05 || text < 0.5 : ground < 0.9 || text > 0.05) wrong.push(`not ${dark ? "dark" : "light"}: ground ${ground}, text ${text}`);
  await page.evaluate(axe);
  const violations = await page.evaluate(async (dark) => {
    const rules = dark ? { runOnly: ["color-contrast", "link-in-text-block"] } : {}; // what else there is, is in both
    const { violations } = await window.axe.run(document, { resultTypes: ["violations"], ...rules });
    return violations.filter(({ impact }) => impact === "serious" || impact === "critical").map(({ id, nodes }) => `axe: ${id}: ${nodes.map(({ html, any }) => `${html.slice(0, 200)} ${any[0]?.message ?? ""}`).join(" | ").slice(0, 700)}`);
  }, dark);
  return [...wrong, ...violations];
}

async function byKeyboard(page, row) {
  await page.evaluate(() => document.activeElement?.blur());
  for (let count = 0; count < TABS_MAX; count++) {
    await page.keyboard.press("Tab");
    const { end, trapped, unseen } = await page.evaluate(step);
    if (!end) continue;
    const wrong = [...unseen.map((one) => `focus not seen: ${one}`), ...(await page.evaluate(unreached))];
    return trapped ? [...wrong, `Tab does not leave ${trapped}`] : wrong;
  }
  return [`Tab comes to no end at ${row.at}`];
}

// What is a button by its role alone does on Enter and on Space what it does on a click.
async function operated(page) {
  const kinds = page.locator('main [role="button"]:not(button, a)').first();
  if ((await kinds.count()) === 0) return [];
  const effect = () =>
    page.evaluate(() => [location.hash, document.querySelector('main [role="button"]:not(button, a)')?.getAttribute("aria-pressed"), document.querySelector('main [role="button"]:not(button, a)')?.getAttribute("aria-expanded"), document.activeElement.tagName, document.activeElement.selectionEnd]);
  const wrong = [];
  for (const [how, act] of [["a click", () => kinds.click()], ["Enter", () => page.keyboard.press("Enter")], ["Space", () => page.keyboard.press("Space")]]) {
    await kinds.focus();
    const before = JSON.stringify(await effect());
    await act();
    await page.waitForTimeout(20);
    if (JSON.stringify(await effect()) === before) wrong.push(`${how} does nothing`);
  }
  return wrong;
}

// Each operation that a page asks for is refused once, alone.
const refusals = new Set();

async function refused(page, row, operations) {
  const wrong = [];
  for (const operation of operations) {
    const asked = `${row.pattern} ${operation}`;
    if (row.quiet?.includes(operation) || refusals.has(asked)) continue;
    refusals.add(asked);
    await page.route("**/*", (route) =>
      operationOf(route.request()) === operation
        ? route.fulfill({ status: 400, headers: { "x-amzn-requestid": REFUSAL.request }, contentType: "application/x-amz-json-1.1", body: JSON.stringify({ __type: REFUSAL.name, message: "Rate exceeded" }) })
        : route.continue(),
    );
    await page.reload();
    for (const text of [REFUSAL.name, `Request ${REFUSAL.request}`])
      await page.getByText(text).first().waitFor().catch(() => wrong.push(`${operation} was refused, and the page does not show ${text}`));
    await page.unroute("**/*");
  }
  return wrong;
}

async function look(page, row, link) {
  const operations = new Set();
  const asking = new Set();
  page.on("request", (request) => operationOf(request) && operations.add(operationOf(request)) && asking.add(request));
  for (const end of ["requestfinished", "requestfailed"]) page.on(end, (request) => asking.delete(request));
  await page.goto(link(row.at));
  const shown = await ready(page, row, asking);
  const asked = [...operations];
  const wrong = await readable(page, false);
  const text = await page.evaluate(allText);
  for (const name of row.shows ?? []) if (!formsOf(hostile[name].slice(0, 128)).some((form) => text.includes(form))) wrong.push(`not shown: ${name}`);
  if (row.hold) await page.getByRole("button", { name: row.hold }).click();
  wrong.push(...(await page.evaluate(astray)), ...(await byKeyboard(page, row)), ...(await operated(page)));

  await page.goto(link(row.at));
  await page.evaluate(() => localStorage.setItem("crema.theme", "dark"));
  asking.clear();
  await page.reload();
  const again = await ready(page, row, asking);
  if (new URL(page.url()).hash !== row.at) wrong.push(`a reload leads to ${page.url()}`);
  if (!row.grows && again !== shown) wrong.push(`a reload shows something else: ${difference(shown, again)}`);
  wrong.push(...(await readable(page, true)).map((one) => `dark: ${one}`));
  wrong.push(...(await refused(page, row, asked)));
  return wrong;
}

// A text as it is, and as it stands in JSON.
const formsOf = (text) => [text, JSON.stringify(text).slice(1, -1)];

function difference(one, other) {
  const [before, after] = [one.split("\n"), other.split("\n")];
  const at = [...before, ...after].findIndex((_, number) => before[number] !== after[number]);
  return `${JSON.stringify(before.slice(at, at + 3))}, then ${JSON.stringify(after.slice(at, at + 3))}`;
}

await story(async ({ newContext, given, saw, link }) => {
  const rows = pageTable(given).filter(({ at }) => at.includes(process.env.CREMA_PAGES ?? ""));
  saw.pages = Object.fromEntries(rows.map(({ pattern }) => [pattern, []]));
  const waiting = [...rows];
  const worker = async () => {
    for (let row = waiting.shift(); row; row = waiting.shift()) {
      const context = await newContext();
      const wrong = await look(await context.newPage(), row, link).catch((error) => [`it failed: ${error.message}`]);
      saw.pages[row.pattern].push(...wrong.map((one) => `${row.at}: ${one}`));
      await context.close();
    }
  };
  await Promise.all(Array.from({ length: WINDOWS }, worker));
});
