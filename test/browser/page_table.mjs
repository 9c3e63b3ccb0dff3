import { hostile } from "./browser.mjs";

// Every page of the console, with data in it: a row for each place that is looked at. test/road/test_console_pages.py makes
// the data, and holds the patterns here against those of web/src/routes.ts.
//
//   pattern  of web/src/routes.ts
//   at       the place, filters and all; ready: a text that is there when the page is
//   shows    hostile texts that must be there as texts (of hostile.json)
//   moves    true: numbers change between two looks (rates, ages); grows: lines come, until `hold`, a button, is pressed
//   quiet    operations whose failure is not the page's: what it says of them is told beside

export function pageTable(given) {
  const arn = (kind, name) => encodeURIComponent(`arn:aws:states:us-east-1:000000000000:${kind}:${name}`);
  const group = encodeURIComponent("/shop/till");
  const part = encodeURIComponent;
  const everything = ["image", "script", "link", "rightToLeft", "long", "template"];
  return [
    { pattern: "/", at: "#/?client=boto3", ready: "On disk", moves: true },
    { pattern: "/buses", at: "#/buses?filter=shop", ready: "1 found", shows: ["image"] },
    { pattern: "/buses/:bus", at: "#/buses/shop", ready: "Enabled", shows: ["image"] },
    { pattern: "/buses/:bus", at: "#/buses/shop?tab=events", ready: "Arrived", shows: everything },
    { pattern: "/buses/:bus", at: "#/buses/shop?tab=tags", ready: "Key", shows: ["image", "script"] },
    // What event to begin with is only a help: an empty form is shown when it is not known.
    { pattern: "/send", at: `#/send?bus=shop&again=${given.event}`, ready: "Event 1", shows: everything, quiet: ["GetEventTrace"] },
    { pattern: "/rules", at: "#/rules?bus=shop&filter=sold", ready: "1 found", shows: ["image"] },
    { pattern: "/rules/:bus/:rule", at: "#/rules/shop/sold", ready: "Rule details", shows: ["image"] },
    { pattern: "/rules/:bus/:rule", at: "#/rules/shop/sold?tab=targets", ready: "ARN", shows: ["image", "script"] },
    // An event whose trace went between two looks is left out.
    { pattern: "/rules/:bus/:rule", at: "#/rules/shop/sold?tab=matches", ready: "Arrived", shows: everything, quiet: ["GetEventTrace"] },
    { pattern: "/rules/:bus/:rule/edit", at: "#/rules/shop/sold/edit", ready: "Define rule detail", shows: ["image"] },
    { pattern: "/create-rule", at: "#/create-rule?bus=shop", ready: "Define rule detail" },
    { pattern: "/recent", at: "#/recent?bus=shop&live=off", ready: "Since", shows: everything },
    { pattern: "/recent", at: `#/recent?list=unmatched&source=${part(hostile.image)}`, ready: "Since", shows: everything },
    { pattern: "/recent", at: "#/recent?list=missing", ready: "Since", shows: ["image", "script"] },
    { pattern: "/recent", at: "#/recent?list=inbox", ready: "No such bus" },
    // Who put it is told when it is known.
    { pattern: "/recent/:id", at: `#/recent/${given.event}`, ready: "the nearest come first", shows: everything, quiet: ["GetExecutionTrace"] },
    { pattern: "/recent/:id", at: `#/recent/${given.emitted}`, ready: "Put by the execution", shows: ["image", "rightToLeft"], quiet: ["GetExecutionTrace"] },
    { pattern: "/machines", at: "#/machines?filter=hostile", ready: "1 found" },
    { pattern: "/machines/create", at: "#/machines/create", ready: "No problems" },
    { pattern: "/machines/:arn", at: `#/machines/${arn("stateMachine", "hostile")}?status=FAILED`, ready: "Duration" },
    { pattern: "/machines/:arn", at: `#/machines/${arn("stateMachine", "hostile")}?tab=definition`, ready: '"Fan"', shows: ["image", "script"] },
    { pattern: "/machines/:arn/edit", at: `#/machines/${arn("stateMachine", "hostile")}/edit`, ready: "No problems", shows: ["image", "script"] },
    {
      pattern: "/machines/executions/:arn", ready: "Cancelled", shows: everything,
      at: `#/machines/executions/${arn("execution", "hostile:one")}?state=${part(hostile.image)}&text=output&filter=state&event=2`,
    },
    { pattern: "/machines/executions/:arn", at: `#/machines/executions/${arn("execution", "hostile:one")}?view=timeline&order=newest`, ready: "Took ms", shows: everything },
    { pattern: "/machines/executions/:arn", at: `#/machines/executions/${arn("execution", "waits:one")}?state=Ask`, ready: "It waits for an answer", shows: everything },
    { pattern: "/machines/runs/:arn", at: `#/machines/runs/${part(given.run)}?status=SUCCEEDED`, ready: "3 succeeded" },
    { pattern: "/logs", at: "#/logs?filter=till", ready: "1 found" },
    { pattern: "/logs/:group", at: `#/logs/${group}?zone=utc`, ready: "Last event time", shows: ["image", "script", "rightToLeft", "long", "template"] },
    { pattern: "/logs/:group", at: `#/logs/${group}?tab=events&span=all&pattern=stung`, ready: "20 events", shows: ["image", "script", "link", "template"] },
    { pattern: "/logs/:group/streams/:stream", at: `#/logs/${group}/streams/${part(hostile.image)}?zone=utc`, ready: "6 events", shows: everything },
    { pattern: "/live", at: `#/live?groups=${part("/shop/live")}&highlight=milk`, ready: "milk came", shows: ["image"], grows: true, hold: "Pause" },
    { pattern: "/insights", at: `#/insights?groups=${group}&query=${part(given.lines)}&id=${given.linesId}`, ready: "Complete", shows: everything },
    { pattern: "/insights", at: `#/insights?groups=${group}&query=${part(given.counts)}&id=${given.countsId}`, ready: "Complete", shows: ["image"] },
    { pattern: "/insights", at: "#/insights?tab=history&filter=till", ready: "2 found" },
    { pattern: "/insights", at: "#/insights?tab=saved", ready: "folder", shows: ["image"] },
  ];
}
