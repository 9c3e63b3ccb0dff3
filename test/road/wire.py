"""A bare client for load in tests: one keep-alive connection, JSON in and out, no retries, so that a test knows which
request was answered and which was not."""
import http.client
import json

TARGETS = {
    "events": ("AWSEvents", "1.1"),
    "logs": ("Logs_20140328", "1.1"),
    "states": ("AWSStepFunctions", "1.0"),
    "dynamodb": ("DynamoDB_20120810", "1.0"),
    "crema": ("Crema", "1.1"),
    "monitoring": ("GraniteServiceVersion20100801", "1.0"),
}


class Refused(Exception):
    """The server answered, and the answer is an error."""

    def __init__(self, status, body):
        self.status = status
        self.body = body
        self.name = str(body.get("__type", "")).rsplit("#", 1)[-1]
        self.text = body.get("message", body.get("Message", ""))
        super().__init__(f"{status} {self.name}: {self.text}")


class Wire:
    def __init__(self, port, timeout=30, key="test", region="us-east-1"):
        self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=timeout)
        self.credential = f"{key}/20260101/{region}"

    def __call__(self, service, operation, **body):
        prefix, version = TARGETS[service]
        self.connection.request("POST", "/", json.dumps(body), {
            "Content-Type": f"application/x-amz-json-{version}",
            "X-Amz-Target": f"{prefix}.{operation}",
            "Authorization": f"AWS4-HMAC-SHA256 Credential={self.credential}/{service}/aws4_request, "
                             "SignedHeaders=content-type;host;x-amz-date;x-amz-target, Signature=" + "0" * 64,
            "X-Amz-Date": "20260101T000000Z",
        })
        answer = self.connection.getresponse()
        data = answer.read()
        parsed = json.loads(data) if data else {}
        if answer.status != 200:
            raise Refused(answer.status, parsed)
        return parsed

    def close(self):
        self.connection.close()
