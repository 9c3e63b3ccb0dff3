// The coffee shop of examples/serverlesspresso, made through the API: bus, log group, tables, workflow and rules. What is
// there already stays.
import definition from "../../../examples/serverlesspresso/order-processor.asl.json?raw";
import { ApiError, call, type Service } from "../api/client";
import { putEvents } from "../api/events";

export const shop = {
  bus: "Serverlesspresso",
  group: "/aws/events/serverlesspressoEventBus",
  source: "awsserverlessda.serverlesspresso",
  machine: "OrderProcessorWorkflow",
  configTable: "serverlesspresso-config-table",
  countingTable: "serverlesspresso-counting-table",
};

const there = new Set(["ResourceAlreadyExistsException", "ResourceInUseException", "StateMachineAlreadyExists"]);

async function made(service: Service, operation: string, input: object): Promise<boolean> {
  try {
    await call(service, operation, input);
    return true;
  } catch (error) {
    if (error instanceof ApiError && there.has(error.name)) return false;
    throw error;
  }
}

async function tables(): Promise<void> {
  for (const TableName of [shop.configTable, shop.countingTable])
    await made("dynamodb", "CreateTable", {
      TableName,
      BillingMode: "PAY_PER_REQUEST",
      AttributeDefinitions: [{ AttributeName: "PK", AttributeType: "S" }],
      KeySchema: [{ AttributeName: "PK", KeyType: "HASH" }],
    });
  const items: [string, object][] = [
    [shop.configTable, { PK: { S: "config" }, storeOpen: { BOOL: true } }],
    [shop.countingTable, { PK: { S: "orderID" }, IDvalue: { N: "0" } }],
  ];
  for (const [TableName, Item] of items) {
    try {
      await call("dynamodb", "PutItem", { TableName, Item, ConditionExpression: "attribute_not_exists(PK)" });
    } catch (error) {
      if (!(error instanceof ApiError && error.name === "ConditionalCheckFailedException")) throw error;
    }
  }
}

async function rule(name: string, pattern: object, target: object): Promise<void> {
  await call("events", "PutRule", { EventBusName: shop.bus, Name: name, EventPattern: JSON.stringify(pattern) });
  await call("events", "PutTargets", { EventBusName: shop.bus, Rule: name, Targets: [target] });
}

export async function openCoffeeShop(): Promise<void> {
  await made("events", "CreateEventBus", { Name: shop.bus, Description: "The coffee shop's events" });
  await made("logs", "CreateLogGroup", { logGroupName: shop.group });
  const { Arn } = await call<{ Arn: string }>("events", "DescribeEventBus", { Name: shop.bus });
  const [, , , region = "", account = ""] = Arn.split(":");
  await tables();
  const roleArn = `arn:aws:iam::${account}:role/shop`;
  await made("states", "CreateStateMachine", {
    name: shop.machine,
    roleArn,
    definition: definition.replaceAll("REGION", region).replaceAll("ACCOUNT", account),
  });
  await rule("logAll", { source: [shop.source] }, { Id: "logs", Arn: `arn:aws:logs:${region}:${account}:log-group:${shop.group}` });
  await rule(
    "NewOrder",
    { source: [shop.source], "detail-type": ["Validator.NewOrder"] },
    { Id: "workflow", Arn: `arn:aws:states:${region}:${account}:stateMachine:${shop.machine}`, RoleArn: roleArn },
  );
}

// An order: the workflow starts, tells the bus so, and waits for the customer.
export async function orderCoffee(): Promise<string | undefined> {
  const orderId = String(Math.floor(Math.random() * 1e6));
  const { Entries } = await putEvents([
    {
      EventBusName: shop.bus,
      Source: shop.source,
      DetailType: "Validator.NewOrder",
      Detail: JSON.stringify({ orderId, userId: "customer", Message: "The order was scanned" }),
    },
  ]);
  return Entries[0]?.EventId;
}
