import { story } from "./browser.mjs";
await story(async ({ page, saw, link, shot }) => {
  const ex = encodeURIComponent("arn:aws:states:us-east-1:000000000000:execution:OrderProcessorWorkflow:order-2");
  await page.goto(link("#/machines")); await page.getByText("OrderProcessorWorkflow").first().waitFor(); await shot("machines");
  await page.goto(link("#/machines/" + encodeURIComponent("arn:aws:states:us-east-1:000000000000:stateMachine:Shapes"))); await page.getByText("s1").first().waitFor(); await shot("machine");
  await page.goto(link("#/machines/executions/" + ex + "?state=Emit+-+Workflow+Started+TT")); await page.locator("[data-state=Pass]").waitFor(); await shot("execution");
  await page.goto(link("#/machines/executions/" + encodeURIComponent("arn:aws:states:us-east-1:000000000000:execution:Shapes:s1") + "?state=I")); await page.locator("[data-state=Bad]").waitFor(); await shot("shapes");
  await page.goto(link("#/machines/" + encodeURIComponent("arn:aws:states:us-east-1:000000000000:stateMachine:Shapes")+"/edit")); await page.locator("[data-state=Bad]").waitFor(); await shot("edit");
});
