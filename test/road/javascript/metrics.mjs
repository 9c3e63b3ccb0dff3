// CloudWatch's metrics with the SDK's client, in its own protocol (JSON) and in CBOR; prints "ok".
// usage: node metrics.mjs ENDPOINT KEY SECRET
import assert from "node:assert/strict";
import { createRequire } from "node:module";
import * as cloudwatch from "@aws-sdk/client-cloudwatch";

const [endpoint, accessKeyId, secretAccessKey] = process.argv.slice(2);
// The client's own copy of what speaks protocols.
const beside = createRequire(createRequire(import.meta.url).resolve("@aws-sdk/client-cloudwatch"));
const { AwsSmithyRpcV2CborProtocol } = beside("@aws-sdk/core/protocols");
const minute = new Date(Math.floor(Date.now() / 60000) * 60000 - 120000);
const soon = new Date(minute.getTime() + 600000);

async function refused(sent, name, pattern) {
  const error = await sent.then(() => assert.fail("it was not refused"), (reason) => reason);
  assert.equal(error.name, name, `${error.name}: ${error.message}`);
  assert.match(error.message, pattern);
  assert.equal(error.$metadata.httpStatusCode, 400);
  return error;
}

async function drive(Namespace, protocol) {
  const client = new cloudwatch.CloudWatchClient({
    endpoint,
    region: "us-east-1",
    credentials: { accessKeyId, secretAccessKey },
    maxAttempts: 1,
    // In CBOR this client says the length from before the compression.
    ...(protocol ? { protocol, disableRequestCompression: true } : {}),
  });
  let seen;
  client.middlewareStack.add((next) => (args) => {
    seen = args.request;
    return next(args);
  }, { step: "finalizeRequest", priority: "low" });
  const send = (name, input) => client.send(new cloudwatch[name + "Command"](input));
  const Dimensions = [{ Name: "Größe", Value: "L" }];

  await send("PutMetricData", {
    Namespace,
    MetricData: [
      { MetricName: "Cups", Dimensions, Timestamp: minute, Value: 2, Unit: "Count" },
      { MetricName: "Cups", Dimensions, Timestamp: minute, Values: [0.5, 1e6], Counts: [2, 1], Unit: "Count" },
      { MetricName: "Cups", Dimensions, Timestamp: new Date(minute.getTime() + 60000), Unit: "Count",
        StatisticValues: { SampleCount: 2, Sum: -3, Minimum: -2, Maximum: -1 } },
    ],
  });
  assert.equal(seen.headers["smithy-protocol"], protocol ? "rpc-v2-cbor" : undefined);
  // Long enough for the client to compress it, in JSON.
  const Values = Array.from({ length: 150 }, (_, i) => i / 8);
  await send("PutMetricData", {
    Namespace,
    MetricData: Array.from({ length: 40 }, () => ({ MetricName: "Many", Timestamp: minute, Values })),
  });

  const listed = await send("ListMetrics", { Namespace, MetricName: "Cups" });
  assert.deepEqual(listed.Metrics, [{ Namespace, MetricName: "Cups", Dimensions }]);
  assert.equal(listed.NextToken, undefined);

  const range = { StartTime: minute, EndTime: soon };
  const counted = await send("GetMetricStatistics", {
    Namespace, MetricName: "Cups", Dimensions, ...range, Period: 60,
    Statistics: ["SampleCount", "Sum", "Average", "Minimum", "Maximum"],
  });
  counted.Datapoints.sort((a, b) => a.Timestamp - b.Timestamp);
  assert.equal(counted.Label, "Cups");
  assert.deepEqual(counted.Datapoints, [
    { Timestamp: minute, SampleCount: 4, Sum: 1000003, Average: 250000.75, Minimum: 0.5, Maximum: 1e6, Unit: "Count" },
    { Timestamp: new Date(minute.getTime() + 60000), SampleCount: 2, Sum: -3, Average: -1.5, Minimum: -2, Maximum: -1,
      Unit: "Count" },
  ]);

  const query = (Id, MetricName, Stat, more = {}) => ({
    Id, MetricStat: { Metric: { Namespace, MetricName, ...more }, Period: 60, Stat },
  });
  const data = await send("GetMetricData", {
    ...range, ScanBy: "TimestampAscending", MaxDatapoints: 2,
    MetricDataQueries: [query("cups", "Cups", "Sum", { Dimensions }), query("many", "Many", "SampleCount")],
  });
  assert.deepEqual(data.MetricDataResults.map(({ Id, Values, StatusCode }) => [Id, Values, StatusCode]), [
    ["cups", [1000003, -3], "Complete"], ["many", [], "PartialData"]]);
  assert.deepEqual(data.MetricDataResults[0].Timestamps, [minute, new Date(minute.getTime() + 60000)]);
  const rest = await send("GetMetricData", {
    ...range, ScanBy: "TimestampAscending", NextToken: data.NextToken,
    MetricDataQueries: [query("cups", "Cups", "Sum", { Dimensions }), query("many", "Many", "SampleCount")],
  });
  assert.deepEqual(rest.MetricDataResults[1].Values, [6000]);

  const wrong = await refused(send("GetMetricStatistics", {
    Namespace, MetricName: "Cups", StartTime: soon, EndTime: minute, Period: 60, Statistics: ["Sum"],
  }), "InvalidParameterValueException", /StartTime must be less/);
  assert.ok(wrong instanceof cloudwatch.InvalidParameterValueException);
  await refused(send("GetMetricStatistics", {
    Namespace, MetricName: "Cups", ...range, Period: 60,
  }), "MissingRequiredParameterException", /Statistics/);
  await refused(send("DescribeAlarms", {}), "UnknownOperationException", /DescribeAlarms/);
  client.destroy();
}

await drive("JavaScript/JSON");
await drive("JavaScript/CBOR", AwsSmithyRpcV2CborProtocol);
console.log("ok");
