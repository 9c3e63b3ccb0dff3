// For empty pages: something to look at.
import Button from "@cloudscape-design/components/button";
import SpaceBetween from "@cloudscape-design/components/space-between";
import { useAction } from "../api/use_action";
import { eventLink } from "../links";
import { go } from "../route";
import { Failure } from "../shell/failure";

export function CoffeeShopButton() {
  const load = useAction(async () => {
    const { openCoffeeShop, orderCoffee } = await import("./coffee_shop");
    await openCoffeeShop();
    const order = await orderCoffee();
    if (order) go(eventLink(order));
  });
  return (
    <SpaceBetween size="xs">
      <Button loading={load.busy} loadingText="Opening the coffee shop" onClick={() => void load.run()}>
        Load the coffee shop and order one
      </Button>
      {load.error && <Failure error={load.error} />}
    </SpaceBetween>
  );
}
