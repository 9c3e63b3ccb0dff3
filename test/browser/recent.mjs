// Recent events of a coffee shop: lists, filters, the inbox, and the chain from an event to what it did and back.
import { hostile, story } from "./browser.mjs";

await story(async ({ page, call, saw, link, shot }) => {
  await page.goto(link("#/recent"));
  await page.getByText("Nothing came through yet.").waitFor();
  await page.getByRole("button", { name: "Load the coffee shop" }).click();
  await page.waitForFunction(() => location.hash.startsWith("#/recent/"));
  const chain = page.getByRole("list", { name: "The chain of the event" });
  await chain.getByText("OrderProcessor.WorkflowStarted").waitFor();
  saw.chain = (await chain.innerText()).split("\n").map((line) => line.trim()).filter(Boolean);
  saw.links = await chain.getByRole("link").evaluateAll((all) => all.map((one) => one.getAttribute("href")));
  saw.envelope = await page.getByRole("group", { name: "Envelope" }).innerText();
  await shot("event");

  // On to what the execution put, and back to where it came from.
  const first = page.url();
  await chain.getByRole("link", { name: "OrderProcessor.WorkflowStarted" }).click();
  await chain.getByText("Put by the execution").waitFor();
  await chain.getByText("Log line").waitFor();
  saw.emitted = (await chain.innerText()).split("\n").map((line) => line.trim()).filter(Boolean);
  await page.reload();
  await chain.getByRole("link", { name: "Validator.NewOrder" }).click();
  await page.waitForFunction((url) => location.href === url, first);
  saw.back = page.url() === first;

  // Hostile names; a bus that does not exist; nobody's event.
  const Detail = JSON.stringify(hostile);
  const put = (...Entries) => call("AWSEvents.PutEvents", { Entries });
  await put(...Object.values(hostile).map((text) => ({ Source: text, DetailType: text.slice(0, 128), Detail })));
  await put({ Source: hostile.image, DetailType: hostile.script, Detail, EventBusName: "no-such-bus" });
  await put({ Source: "awsserverlessda.serverlesspresso", DetailType: hostile.rightToLeft, Detail, EventBusName: "Serverlesspresso" });
  await page.goto(link("#/recent"));
  await page.getByText(hostile.template.slice(0, 20)).first().waitFor();
  saw.rows = await page.getByRole("row").count();
  saw.shown = [];
  for (const text of Object.values(hostile)) if ((await page.getByText(text, { exact: true }).count()) > 0) saw.shown.push(text);
  await shot("recent");

  await page.goto(link(`#/recent?list=unmatched&source=${encodeURIComponent(hostile.image)}`));
  await page.getByText("No rule matched", { exact: true }).last().waitFor();
  saw.unmatched = await page.getByRole("row").count();
  await page.getByRole("link", { name: /^\d{4}-\d\d-\d\d/ }).first().click();
  await page.getByRole("group", { name: "Envelope" }).waitFor();
  saw.hostileEnvelope = await page.getByRole("group", { name: "Envelope" }).innerText();
  await shot("event-hostile");

  await page.goto(link("#/recent?list=missing"));
  await page.getByText("no-such-bus").first().waitFor();
  saw.missing = await page.getByRole("row").count();
  await page.goto(link("#/recent?list=inbox"));
  await page.getByText("no-such-bus").first().waitFor();
  await page.getByRole("button", { name: /bytes$/ }).first().click();
  await page.getByText("onerror=").first().waitFor();
  saw.inbox = await page.getByRole("row").count();
  await shot("inbox");

  // Why a rule did not match.
  await page.goto(link(`#/recent?bus=Serverlesspresso&type=${encodeURIComponent(hostile.rightToLeft)}`));
  await page.getByRole("link", { name: /^\d{4}-\d\d-\d\d/ }).first().click();
  await page.getByText("1 of 2 match").waitFor();
  saw.why = await page.getByText(/^.detail-type.: wanted/).innerText();
  await page.getByRole("button", { name: /NewOrder/ }).click();
  await page.getByRole("cell", { name: "Fails" }).waitFor();
  await shot("event-why");

  await page.getByRole("link", { name: "Send again" }).click();
  await page.getByLabel("Source", { exact: true }).waitFor();
  await page.waitForFunction((text) => [...document.querySelectorAll("input")].some((input) => input.value === text), hostile.rightToLeft);
  saw.again = await page.getByLabel("Detail of event 1").inputValue();
});
