// A story is a script of this folder: node STORY.mjs ENDPOINT [GIVEN]. It goes through pages of the console as a person
// does and leaves what it saw as JSON in its last line, with what went wrong on the way; test/road/test_console_*.py
// asserts. GIVEN is JSON that the test has for the story.
//
//     import { story } from "./browser.mjs";
//     await story(async ({ page, saw, shot, link }) => { await page.goto(link("#/buses")); saw.title = await page.title(); });
//
// CREMA_SCREENSHOTS=FOLDER keeps what shot(NAME) is called for, in light and in dark.
import { mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { chromium } from "playwright-core";

const PATIENCE_MS = 15000 * Number(process.env.CREMA_SLOW ?? 1);

// What any text of an event may try; if one is ever read as markup or as script, `stung` is set.
export const hostile = JSON.parse(readFileSync(new URL("hostile.json", import.meta.url), "utf8"));

function watch(page, wrong, origin) {
  page.on("console", (message) => {
    // An answer that is an error of the API is for the page to show.
    if (/^Failed to load resource: the server responded with a status of 400/.test(message.text())) return;
    if (message.location().url.endsWith("/favicon.ico")) return; // which browsers ask for beside what is no page
    if (message.type() === "error" || message.type() === "warning") wrong.push(`console: ${message.text()}`);
  });
  page.on("pageerror", (error) => wrong.push(`thrown: ${error.message}`));
  page.on("dialog", (dialog) => {
    wrong.push(`dialog: ${dialog.message()}`);
    void dialog.dismiss();
  });
  page.on("request", (request) => {
    if (!request.url().startsWith(origin)) wrong.push(`asked elsewhere: ${request.url().slice(0, 100)}`);
  });
}

// A call of the API that the page makes: call("Logs_20140328.PutLogEvents", { ... }) gives the answer.
const callOf = (page) => (target, body) =>
  page.evaluate(
    async ([target, body]) => {
      const authorization = "AWS4-HMAC-SHA256 Credential=console/20260101/us-east-1/any/aws4_request, SignedHeaders=host, Signature=0";
      const headers = { "content-type": "application/x-amz-json-1.1", "x-amz-target": target, authorization };
      const answer = await fetch("/", { method: "POST", headers, body: JSON.stringify(body) });
      const text = await answer.text();
      if (!answer.ok) throw new Error(text);
      return text ? JSON.parse(text) : {};
    },
    [target, body],
  );

// A window of its own, with nothing stored, whose pages are watched.
async function watched(browser, options, wrong, origin) {
  const context = await browser.newContext(options);
  await context.addInitScript(() => {
    document.addEventListener("securitypolicyviolation", (event) =>
      console.error(`policy: ${event.violatedDirective} ${event.blockedURI} ${event.sourceFile}:${event.lineNumber}`),
    );
  });
  context.setDefaultTimeout(PATIENCE_MS);
  context.on("page", (opened) => watch(opened, wrong, origin));
  return context;
}

// `options`: of the browser's context, as Playwright has them.
export async function story(tell, { viewport = { width: 1400, height: 1000 }, ...options } = {}) {
  const origin = process.argv[2];
  const given = JSON.parse(process.argv[3] ?? "{}");
  const saw = {};
  const wrong = [];
  const browser = await chromium.launch({
    executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
    args: ["--disable-gpu", "--disable-background-networking", "--no-first-run"],
  });
  let status = 0;
  let page;
  try {
    const newContext = () => watched(browser, { viewport, ...options, permissions: ["clipboard-read", "clipboard-write"], reducedMotion: "reduce" }, wrong, origin);
    const context = await newContext();
    page = await context.newPage();
    const link = (hash) => `${origin}/${hash}`;
    const shot = async (name) => {
      const folder = process.env.CREMA_SCREENSHOTS;
      if (!folder) return;
      mkdirSync(folder, { recursive: true });
      const { height } = viewport;
      await page.setViewportSize({ ...viewport, height: Math.max(height, await page.evaluate(() => document.documentElement.scrollHeight)) });
      await page.waitForTimeout(500);
      await page.screenshot({ path: join(folder, `${name}.png`) });
      await page.evaluate(() => document.body.classList.add("awsui-dark-mode"));
      await page.waitForTimeout(300);
      await page.screenshot({ path: join(folder, `${name}-dark.png`) });
      await page.evaluate(() => document.body.classList.remove("awsui-dark-mode"));
      await page.setViewportSize(viewport);
    };
    await tell({ page, context, newContext, call: callOf(page), given, saw, wrong, link, shot, origin });
    saw.stung = page.isClosed() ? null : await page.evaluate(() => window.stung ?? null);
  } catch (error) {
    status = 1;
    console.error(error);
    console.error(wrong.join("\n"));
    if (page) {
      console.error(page.url());
      console.error((await page.locator("body").innerText().catch(() => "")).slice(0, 3000));
      const folder = process.env.CREMA_SCREENSHOTS;
      if (folder) await page.screenshot({ path: join(folder, "failed.png") }).catch(() => undefined);
    }
  } finally {
    await browser.close();
  }
  console.log(JSON.stringify({ ...saw, wrong }));
  process.exit(status);
}
