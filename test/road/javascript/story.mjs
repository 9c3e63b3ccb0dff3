// The heart of the story with the AWS SDK for JavaScript v3. usage: node story.mjs ENDPOINT
// Prints "ok" and ends with 0, or throws.
import assert from "node:assert/strict";
import { CloudWatchLogsClient, CreateLogGroupCommand, DescribeLogStreamsCommand, FilterLogEventsCommand } from "@aws-sdk/client-cloudwatch-logs";
import { CreateTableCommand, DynamoDBClient, GetItemCommand, UpdateItemCommand } from "@aws-sdk/client-dynamodb";
import { CreateEventBusCommand, EventBridgeClient, PutEventsCommand, PutRuleCommand, PutTargetsCommand } from "@aws-sdk/client-eventbridge";
import { CreateStateMachineCommand, DescribeExecutionCommand, GetExecutionHistoryCommand, RedriveExecutionCommand, SendTaskSuccessCommand, SFNClient, StartExecutionCommand, StopExecutionCommand, TestStateCommand } from "@aws-sdk/client-sfn";
import { GetCallerIdentityCommand, STSClient } from "@aws-sdk/client-sts";

const settings = {
  endpoint: process.argv[2],
  region: "us-east-1",
  credentials: { accessKeyId: "222222222222", secretAccessKey: "test" },
  maxAttempts: 1,
};
const events = new EventBridgeClient(settings);
const logs = new CloudWatchLogsClient(settings);
const states = new SFNClient(settings);
const tables = new DynamoDBClient(settings);
const account = (await new STSClient(settings).send(new GetCallerIdentityCommand({}))).Account;
assert.equal(account, "222222222222");

const group = "/aws/events/javascript";
await events.send(new CreateEventBusCommand({ Name: "javascript" }));
await logs.send(new CreateLogGroupCommand({ logGroupName: group }));
await events.send(new PutRuleCommand({ EventBusName: "javascript", Name: "all", EventPattern: JSON.stringify({ source: ["shop"] }) }));
const targets = await events.send(new PutTargetsCommand({
  EventBusName: "javascript",
  Rule: "all",
  Targets: [{ Id: "logs", Arn: `arn:aws:logs:us-east-1:${account}:log-group:${group}` }],
}));
assert.equal(targets.FailedEntryCount, 0);

const time = new Date("2026-01-02T03:04:05Z");
const put = await events.send(new PutEventsCommand({
  Entries: [{ EventBusName: "javascript", Source: "shop", DetailType: "Opened", Detail: '{"n":1}', Time: time, Resources: ["arn:one"] }],
}));
assert.equal(put.FailedEntryCount, 0);
const found = await logs.send(new FilterLogEventsCommand({ logGroupName: group }));
assert.equal(found.events.length, 1);
const envelope = JSON.parse(found.events[0].message);
assert.equal(envelope.id, put.Entries[0].EventId);
assert.equal(envelope.time, "2026-01-02T03:04:05Z");
assert.equal(found.events[0].timestamp, time.getTime());

const ask = {
  StartAt: "Ask",
  States: {
    Ask: {
      Type: "Task",
      Resource: "arn:aws:states:::events:putEvents.waitForTaskToken",
      Parameters: { Entries: [{ EventBusName: "javascript", Source: "shop", DetailType: "Asked", Detail: { "TaskToken.$": "$$.Task.Token" } }] },
      End: true,
    },
  },
};
const machine = await states.send(new CreateStateMachineCommand({ name: "ask", definition: JSON.stringify(ask), roleArn: `arn:aws:iam::${account}:role/any` }));
const started = await states.send(new StartExecutionCommand({ stateMachineArn: machine.stateMachineArn, name: "one" }));
const history = await states.send(new GetExecutionHistoryCommand({ executionArn: started.executionArn }));
assert.deepEqual(history.events.slice(-3).map((event) => event.type), ["TaskScheduled", "TaskStarted", "TaskSubmitted"]);
const asked = await logs.send(new FilterLogEventsCommand({ logGroupName: group, filterPattern: "Asked" }));
const token = JSON.parse(asked.events[0].message).detail.TaskToken;
await states.send(new SendTaskSuccessCommand({ taskToken: token, output: '{"answer":42}' }));
const described = await states.send(new DescribeExecutionCommand({ executionArn: started.executionArn }));
assert.equal(described.status, "SUCCEEDED");
assert.equal(described.output, '{"answer":42}');
assert(described.startDate instanceof Date && described.stopDate >= described.startDate);
await assert.rejects(states.send(new SendTaskSuccessCommand({ taskToken: token, output: "{}" })), { name: "TaskTimedOut" });

const branches = [{ StartAt: "A", States: { A: { Type: "Pass", Result: "kept", End: true } } }, { StartAt: "W", States: { W: { Type: "Wait", Seconds: 900, End: true } } }];
const family = await states.send(new CreateStateMachineCommand({ name: "family", definition: JSON.stringify({ StartAt: "P", States: { P: { Type: "Parallel", Branches: branches, End: true } } }), roleArn: `arn:aws:iam::${account}:role/any` }));
const stopped = await states.send(new StartExecutionCommand({ stateMachineArn: family.stateMachineArn }));
await states.send(new StopExecutionCommand({ executionArn: stopped.executionArn }));
const redrive = new RedriveExecutionCommand({ executionArn: stopped.executionArn, clientToken: "once" });
const redriven = await states.send(redrive);
assert.deepEqual((await states.send(redrive)).redriveDate, redriven.redriveDate);
const again = await states.send(new DescribeExecutionCommand({ executionArn: stopped.executionArn }));
assert.deepEqual([again.status, again.redriveCount, again.redriveStatus, again.redriveDate], ["RUNNING", 1, "NOT_REDRIVABLE", redriven.redriveDate]);
await assert.rejects(states.send(new RedriveExecutionCommand({ executionArn: stopped.executionArn })), { name: "ExecutionNotRedrivable" });
await states.send(new StopExecutionCommand({ executionArn: stopped.executionArn }));

const near = new SFNClient({ ...settings, disableHostPrefix: true }); // or it asks for sync-127.0.0.1
const trial = await near.send(new TestStateCommand({
  definition: JSON.stringify({ Type: "Task", Resource: "arn:aws:states:::aws-sdk:sts:getCallerIdentity", ResultSelector: { "a.$": "$.Account" }, Next: "N" }),
  roleArn: `arn:aws:iam::${account}:role/any`,
  inspectionLevel: "DEBUG",
}));
assert.deepEqual([trial.status, trial.output, trial.nextState], ["SUCCEEDED", `{"a":"${account}"}`, "N"]);
assert.equal(JSON.parse(trial.inspectionData.result).Account, account);
const streams = await logs.send(new DescribeLogStreamsCommand({ logGroupName: group, orderBy: "LastEventTime", descending: true }));
assert.equal(streams.logStreams.length, 2);

await tables.send(new CreateTableCommand({
  TableName: "javascript",
  BillingMode: "PAY_PER_REQUEST",
  AttributeDefinitions: [{ AttributeName: "PK", AttributeType: "S" }],
  KeySchema: [{ AttributeName: "PK", KeyType: "HASH" }],
}));
await tables.send(new UpdateItemCommand({
  TableName: "javascript",
  Key: { PK: { S: "one" } },
  UpdateExpression: "SET amount = if_not_exists(amount, :zero) + :one",
  ExpressionAttributeValues: { ":zero": { N: "0" }, ":one": { N: "1" } },
}));
const item = await tables.send(new GetItemCommand({ TableName: "javascript", Key: { PK: { S: "one" } } }));
assert.deepEqual(item.Item, { PK: { S: "one" }, amount: { N: "1" } });
console.log("ok");
