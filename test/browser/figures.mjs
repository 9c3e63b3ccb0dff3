// How soon the console is there, and how a long table scrolls: node figures.mjs ENDPOINT '{"execution": ARN, "views": 10,
// "rows": 100000}'. bench/console_figures.py runs it. Histories of the services end at 25,000 events, so that the pages of
// one of `rows` are made up here, in the place of the server's; all that is measured is the page's own.
import { story } from "./browser.mjs";

const PAGE_EVENTS = 1000;
const SCROLL_MS = 10000;
const LONG_FRAME_MS = 50;

// When the overview's numbers are on the screen, from the start of the navigation.
async function firstView(page, go) {
  await go();
  const view = await page.waitForFunction(() => window.firstViewMs);
  return view.jsonValue();
}

const watchFirstView = () => {
  const look = () => {
    if (!document.querySelector("main")?.textContent.includes("On disk")) return requestAnimationFrame(look);
    requestAnimationFrame(() => setTimeout(() => (window.firstViewMs = performance.now())));
  };
  requestAnimationFrame(look);
};

async function views(newContext, link, count) {
  const saw = { cold: [], warm: [] };
  for (let round = 0; round < count; round++) {
    const context = await newContext();
    await context.addInitScript(watchFirstView);
    const page = await context.newPage();
    await page.goto(link("icon.svg")); // a tab that is awake: browsers have one ready for whoever opens a page, this one has not
    saw.cold.push(await firstView(page, () => page.goto(link("#/"))));
    saw.warm.push(await firstView(page, () => page.reload()));
    await context.close();
  }
  return saw;
}

// Turns of two states, as an execution that passes them would have.
function historyPage(page, rows) {
  const event = (id) => {
    const name = id % 4 < 2 ? "Work" : "Rest";
    const entered = { type: "PassStateEntered", stateEnteredEventDetails: { name, input: `{"turn":${id >> 2}}` } };
    const exited = { type: "PassStateExited", stateExitedEventDetails: { name, output: `{"turn":${id >> 2},"note":"<b>done</b>"}` } };
    const first = { type: "ExecutionStarted", executionStartedEventDetails: { input: "{}" } };
    return { id, previousEventId: id - 1, timestamp: 1.7e9 + id / 100, ...(id === 1 ? first : id % 2 === 0 ? entered : exited) };
  };
  const from = page * PAGE_EVENTS;
  const count = Math.min(PAGE_EVENTS, rows - from);
  return { events: Array.from({ length: count }, (_, at) => event(from + at + 1)), ...(from + count < rows ? { nextToken: String(page + 1) } : {}) };
}

async function scrolled(page, link, { execution, rows }) {
  await page.route("**/*", (route) => {
    const request = route.request();
    if (!request.headers()["x-amz-target"]?.endsWith(".GetExecutionHistory")) return route.continue();
    const answer = historyPage(Number(request.postDataJSON().nextToken ?? 0), rows);
    return route.fulfill({ status: 200, contentType: "application/x-amz-json-1.0", body: JSON.stringify(answer) });
  });
  await page.goto(link(`#/machines/executions/${encodeURIComponent(execution)}`));
  const table = page.getByRole("table", { name: "Events" });
  await page.getByRole("heading", { name: `Events (${rows})` }).waitFor({ timeout: 120000 });
  await page.waitForTimeout(1000);
  const frames = await table.locator(".rows-body").evaluate(
    (body, duration) =>
      new Promise((done) => {
        const frames = [];
        const begin = performance.now();
        let last = begin;
        const end = body.scrollHeight - body.clientHeight;
        const frame = (now) => {
          frames.push(now - last);
          last = now;
          body.scrollTop = Math.min(1, (now - begin) / duration) * end;
          if (now - begin < duration) requestAnimationFrame(frame);
          else requestAnimationFrame((then) => done([...frames.slice(1), then - now]));
        };
        requestAnimationFrame(frame);
      }),
    SCROLL_MS,
  );
  await table.getByText(String(rows), { exact: true }).waitFor(); // the last row is drawn
  return { frames: frames.length, longestMs: Math.max(...frames), long: frames.filter((took) => took > LONG_FRAME_MS).length };
}

await story(async ({ page, newContext, given, saw, link }) => {
  Object.assign(saw, await views(newContext, link, given.views));
  saw.scroll = await scrolled(page, link, given);
});
