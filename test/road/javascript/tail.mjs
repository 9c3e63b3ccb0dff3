// Prints what StartLiveTail gives, an object a line, until so many events have come or the stream has failed.
// usage: node tail.mjs ENDPOINT COUNT GROUP_ARN...
import { CloudWatchLogsClient, StartLiveTailCommand } from "@aws-sdk/client-cloudwatch-logs";

const [endpoint, count, ...logGroupIdentifiers] = process.argv.slice(2);
const client = new CloudWatchLogsClient({
  endpoint,
  region: "us-east-1",
  credentials: { accessKeyId: "test", secretAccessKey: "test" },
  disableHostPrefix: true,
});
const say = (object) => process.stdout.write(JSON.stringify(object) + "\n");
let seen = 0;
try {
  const answer = await client.send(new StartLiveTailCommand({ logGroupIdentifiers }));
  for await (const event of answer.responseStream) {
    if (event.sessionStart) say({ start: event.sessionStart });
    if (event.sessionUpdate) {
      say({ update: event.sessionUpdate });
      seen += event.sessionUpdate.sessionResults.length;
      if (seen >= Number(count)) break;
    }
  }
} catch (error) {
  say({ error: error.name, message: error.message });
}
client.destroy();
process.exit(0);
