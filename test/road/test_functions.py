"""Tasks that call functions at endpoints: results, errors, time, many at once, and a server that dies meanwhile."""
import http.server
import json
import socket
import threading
import time

import pytest
from botocore.exceptions import ClientError

from conftest import ACCOUNT, REGION, SLOW, Server, eventually
from test_tasks import Workflows, one
from wire import Wire

FUNCTION = f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:"
INVOKE = "arn:aws:states:::lambda:invoke"


class Endpoint(http.server.ThreadingHTTPServer):
    """Functions in Python: the last part of the path is the function's name."""

    daemon_threads = True
    request_queue_size = 512

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Handler)
        self.calls, self.lock, self.now, self.most = [], threading.Lock(), 0, 0
        self.gate = threading.Event()
        self.url = f"http://127.0.0.1:{self.server_port}"
        threading.Thread(target=self.serve_forever, daemon=True).start()


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        name = self.path.rsplit("/", 1)[1]
        with self.server.lock:
            self.server.calls.append((name, json.loads(body), dict(self.headers)))
            self.server.now += 1
            self.server.most = max(self.server.most, self.server.now)
        try:
            status, headers, answer = getattr(self, "f_" + name)(json.loads(body))
        finally:
            with self.server.lock:
                self.server.now -= 1
        try:
            self.send_response(status)
            for key, value in headers.items():
                self.send_header(key, value)
            answer = answer if isinstance(answer, bytes) else json.dumps(answer).encode()
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)
        except OSError:
            pass  # who asked is gone

    def f_echo(self, value):
        return 200, {"X-Amz-Executed-Version": "7", "x-amzn-RequestId": "r-1"}, {"got": value}

    def f_broken(self, value):
        return 200, {"X-Amz-Function-Error": "Unhandled"}, {"errorType": "TypeError", "errorMessage": "no",
                                                            "stackTrace": []}

    def f_plain(self, value):
        return 500, {}, {"errorType": "Shop.Closed", "errorMessage": "come again"}

    def f_silent(self, value):
        return 200, {"X-Amz-Function-Error": "Unhandled"}, {"errorMessage": "Task timed out after 3.00 seconds"}

    def f_busy(self, value):
        return 429, {}, {"Message": "Rate Exceeded.", "Type": "User"}

    def f_text(self, value):
        return 200, {}, b"hello"

    def f_slow(self, value):
        time.sleep(value.get("s", 5))
        return 200, {}, "late"

    def f_gated(self, value):
        self.server.gate.wait(60)
        return 200, {}, value

    def f_large(self, value):
        return 200, {}, b'"' + b"x" * (7 << 20) + b'"'

    def f_hang(self, value):
        self.connection.shutdown(socket.SHUT_RDWR)
        self.close_connection = True
        return 200, {}, b""

    def f_token(self, value):
        self.server.sfn.send_task_success(taskToken=value["token"], output='{"by":"token"}')
        return 200, {}, "accepted"


@pytest.fixture(scope="module")
def endpoint():
    server = Endpoint()
    yield server
    server.shutdown()


@pytest.fixture(scope="module")
def flows(endpoint):
    # A proxy that is not there: what is on this machine is reached without it.
    server = Server("--function-default", endpoint.url + "/{function}", "--function", f"other={endpoint.url}/x/echo",
                    "--function-time-max-ms", "1500", "--function", f"{FUNCTION}nobody=http://127.0.0.1:9/x",
                    environment={"http_proxy": "http://127.0.0.1:9"})
    endpoint.sfn = server.client("stepfunctions")
    yield Workflows(server)
    assert server.close() in (None, 0), server.errors()


def invoke(name, payload=None, **more):
    return one(INVOKE, {"FunctionName": name, "Payload": payload if payload is not None else {"a": 1}, **more})


def test_a_function_by_its_arn(flows, endpoint):
    execution = flows.start(flows.machine(one(FUNCTION + "echo", {"n": 1}, TimeoutSeconds=30)))
    assert json.loads(flows.end(execution)["output"]) == {"got": {"n": 1}}
    events = flows.events(execution)
    assert [e["type"] for e in events] == [
        "ExecutionStarted", "TaskStateEntered", "LambdaFunctionScheduled", "LambdaFunctionStarted",
        "LambdaFunctionSucceeded", "TaskStateExited", "ExecutionSucceeded"]
    details = events[2]["lambdaFunctionScheduledEventDetails"]
    assert (details["resource"], details["input"], details["timeoutInSeconds"]) == (FUNCTION + "echo", '{"n":1}', 30)
    name, value, headers = endpoint.calls[-1]
    assert (name, value) == ("echo", {"n": 1})
    assert headers["Content-Type"] == "application/json" and headers["X-Crema-Function"] == FUNCTION + "echo"
    assert headers["X-Crema-Attempt"] == "1" and headers["X-Crema-Execution"] == execution


def test_lambda_invoke(flows, endpoint):
    got = flows.output(invoke("echo", {"x": [1.5]}, Qualifier="live", ClientContext="e30="))
    assert set(got) == {"ExecutedVersion", "Payload", "SdkHttpMetadata", "SdkResponseMetadata", "StatusCode"}
    assert (got["ExecutedVersion"], got["Payload"], got["StatusCode"]) == ("7", {"got": {"x": [1.5]}}, 200)
    assert got["SdkResponseMetadata"] == {"RequestId": "r-1"}
    assert got["SdkHttpMetadata"]["HttpStatusCode"] == 200
    assert got["SdkHttpMetadata"]["HttpHeaders"]["X-Amz-Executed-Version"] == "7"
    assert got["SdkHttpMetadata"]["AllHttpHeaders"]["X-Amz-Executed-Version"] == ["7"]
    headers = endpoint.calls[-1][2]
    assert headers["X-Crema-Function"] == "echo:live" and headers["X-Amz-Client-Context"] == "e30="
    assert flows.output(invoke("other"))["Payload"] == {"got": {"a": 1}}
    execution = flows.start(flows.machine(invoke(FUNCTION + "echo")))
    flows.end(execution)
    assert [e["type"] for e in flows.events(execution)][2:5] == ["TaskScheduled", "TaskStarted", "TaskSucceeded"]


def test_a_function_that_answers_by_token(flows):
    got = flows.output(one(INVOKE + ".waitForTaskToken", {"FunctionName": "token", "Payload": {
        "token.$": "$$.Task.Token"}}))
    assert got == {"by": "token"}


@pytest.mark.parametrize("name, error, cause", [
    ("broken", "TypeError", '{"errorType": "TypeError", "errorMessage": "no", "stackTrace": []}'),
    ("plain", "Shop.Closed", '{"errorType": "Shop.Closed", "errorMessage": "come again"}'),
    ("silent", "Lambda.Unknown", 'The cause could not be determined because Lambda did not return an error type. '
     'Returned payload: {"errorMessage": "Task timed out after 3.00 seconds"}'),
    ("busy", "Lambda.TooManyRequestsException", "Rate Exceeded. (Service: AWSLambda; Status Code: 429; Error Code: "),
    ("text", "Lambda.Unknown", "The function's answer is not JSON."),
    ("slow", "Lambda.ClientExecutionTimeoutException", "The function did not answer within 1500 ms"),
    ("large", "Function.ResponseSizeTooLarge", '{"errorMessage":"Response payload size exceeded'),
    ("bad name", "Lambda.ValidationException", "FunctionName 'bad name' is not valid"),
])
def test_errors_of_functions(flows, name, error, cause):
    execution = flows.start(flows.machine(invoke(name)))
    about = flows.end(execution)
    assert (about["status"], about["error"]) == ("FAILED", error)
    assert about["cause"].startswith(cause)
    if name in ("broken", "busy"):
        execution = flows.start(flows.machine(one(FUNCTION + name, {})))
        assert flows.end(execution)["error"] == error
        assert flows.events(execution)[-2]["type"] == "LambdaFunctionFailed"


def test_functions_of_express_executions(flows, endpoint):
    wire = Wire(flows.sfn.meta.endpoint_url.rsplit(":", 1)[1])
    definition = {"StartAt": "S", "States": {
        "S": {"Type": "Task", "Resource": FUNCTION + "echo", "Next": "T"},
        "T": {"Type": "Task", "Resource": INVOKE, "Parameters": {"FunctionName": "echo", "Payload.$": "$.got"},
              "OutputPath": "$.Payload", "End": True}}}
    machine = flows.sfn.create_state_machine(name="express-functions", roleArn=f"arn:aws:iam::{ACCOUNT}:role/r",
                                             type="EXPRESS", definition=json.dumps(definition))["stateMachineArn"]
    answer = wire("states", "StartSyncExecution", stateMachineArn=machine, input='{"n":1}')
    assert (answer["status"], json.loads(answer["output"])) == ("SUCCEEDED", {"got": {"n": 1}})


def test_an_endpoint_that_is_not_there_is_tried_three_times(flows):
    execution = flows.start(flows.machine(one(FUNCTION + "nobody", {})))
    about = flows.end(execution, 20)
    assert about["error"] == "Lambda.SdkClientException"
    assert [e["type"] for e in flows.events(execution)][2:] == [
        "LambdaFunctionScheduled", "LambdaFunctionStarted", "LambdaFunctionStartFailed", "ExecutionFailed"]
    assert flows.events(execution)[-2]["lambdaFunctionStartFailedEventDetails"] == {
        "error": about["error"], "cause": about["cause"]}
    assert about["cause"].startswith("Unable to execute HTTP request: ")


def test_a_connection_that_breaks_is_tried_again(flows, endpoint):
    before = len(endpoint.calls)
    execution = flows.start(flows.machine(invoke("hang")))
    about = flows.end(execution, 20)
    assert about["error"] == "Lambda.SdkClientException"
    assert flows.events(execution)[-2]["type"] == "TaskFailed"  # it may have had the call
    calls = [c for c in endpoint.calls[before:] if c[0] == "hang"]
    assert {c[2]["X-Crema-Attempt"] for c in calls} == {"1", "2", "3"}
    assert len({c[2]["X-Crema-Delivery"] for c in calls}) == 1


def test_a_task_that_times_out_does_not_wait_for_its_function(flows):
    execution = flows.start(flows.machine(one(FUNCTION + "slow", {"s": 1.3}, TimeoutSeconds=1)))
    assert flows.end(execution)["error"] == "States.Timeout"
    assert flows.events(execution)[-2]["type"] == "LambdaFunctionTimedOut"
    time.sleep(0.6)  # the late answer changes nothing
    assert flows.end(execution)["error"] == "States.Timeout"


def test_many_at_once_are_bounded_and_all_are_carried(new_server, endpoint):
    server = new_server("--function-default", endpoint.url + "/{function}", "--functions-under-way-max", "4")
    flows = Workflows(server)
    endpoint.gate.clear()
    endpoint.most = 0
    machine = flows.machine({"StartAt": "S", "States": {"S": {"Type": "Task", "Resource": FUNCTION + "gated",
                                                              "End": True}}})
    executions = [flows.start(machine, {"n": n}) for n in range(40)]
    eventually(lambda: endpoint.now == 4)
    time.sleep(0.3)
    assert endpoint.most == 4
    endpoint.gate.set()
    assert [json.loads(flows.end(e)["output"]) for e in executions] == [{"n": n} for n in range(40)]
    assert endpoint.most == 4


def test_calls_outlive_the_process(new_server, endpoint):
    """Killed with calls under way and waiting: each is made again, each execution ends once with its own answer."""
    server = new_server("--function-default", endpoint.url + "/{function}", "--functions-under-way-max", "5")
    flows = Workflows(server)
    machine = flows.machine({"StartAt": "S", "States": {
        "S": {"Type": "Task", "Resource": FUNCTION + "gated", "Next": "T"},
        "T": {"Type": "Task", "Resource": INVOKE, "Parameters": {"FunctionName": "echo", "Payload.$": "$"},
              "OutputPath": "$.Payload", "End": True}}})
    endpoint.gate.clear()
    before = len(endpoint.calls)
    executions = [flows.start(machine, {"n": n}) for n in range(12)]
    eventually(lambda: len(endpoint.calls) - before >= 5)
    for _ in range(2):
        server.kill()
        server.start()
    eventually(lambda: len(endpoint.calls) - before >= 10)
    endpoint.gate.set()
    flows = Workflows(server)
    assert [json.loads(flows.end(e, 30)["output"]) for e in executions] == [{"got": {"n": n}} for n in range(12)]
    attempts = {}
    for name, value, headers in endpoint.calls[before:]:
        if name == "gated":
            attempts.setdefault(value["n"], []).append((headers["X-Crema-Delivery"], int(headers["X-Crema-Attempt"])))
    assert sorted(attempts) == list(range(12))
    assert all(len({delivery for delivery, _ in of}) == 1 for of in attempts.values())
    assert any(len(of) > 1 for of in attempts.values())


def test_what_waits_for_a_place_is_not_called_once_its_execution_is_over(new_server, endpoint):
    server = new_server("--function-default", endpoint.url + "/{function}", "--functions-under-way-max", "2")
    flows = Workflows(server)
    endpoint.gate.clear()
    before = len(endpoint.calls)
    machine = flows.machine({"StartAt": "S", "States": {"S": {"Type": "Task", "Resource": FUNCTION + "gated",
                                                              "End": True}}})
    executions = [flows.start(machine, {"n": n}) for n in range(12)]
    eventually(lambda: len(endpoint.calls) - before == 2)
    for execution in executions[:11]:
        flows.sfn.stop_execution(executionArn=execution)
    endpoint.gate.set()
    assert json.loads(flows.end(executions[11])["output"]) == {"n": 11}
    assert sorted(c[1]["n"] for c in endpoint.calls[before:]) == [0, 1, 11]


def test_a_stop_waits_for_calls_and_gives_up_what_takes_too_long(new_server, endpoint):
    server = new_server("--function-default", endpoint.url + "/{function}", "--drain-time-max-ms", "600")
    flows = Workflows(server)
    short = flows.start(flows.machine(one(FUNCTION + "slow", {"s": 0.3})))
    long = flows.start(flows.machine(one(FUNCTION + "slow", {"s": 3})))
    time.sleep(0.1)
    begin = time.monotonic()
    assert server.stop() == 0
    assert time.monotonic() - begin < 2 * SLOW
    calls = len(endpoint.calls)
    server.start()
    flows = Workflows(server)
    assert json.loads(flows.end(short)["output"]) == "late"
    assert json.loads(flows.end(long)["output"]) == "late"
    assert [c[1] for c in endpoint.calls[calls:]] == [{"s": 3}]


def test_without_an_endpoint_definitions_are_refused_by_name(new_server, endpoint):
    bare, named = new_server("--ephemeral"), new_server("--ephemeral", "--function", f"f={endpoint.url}/echo")
    for server, resource, refused in ((bare, INVOKE, True), (bare, FUNCTION + "f", True), (named, INVOKE, False),
                                      (named, FUNCTION + "f", False), (named, FUNCTION + "g", True)):
        flows = Workflows(server)
        if not refused:
            flows.machine(one(resource, {}))
            continue
        with pytest.raises(ClientError) as caught:
            flows.machine(one(resource, {}))
        assert f"{resource} cannot be run: Crema does not have an endpoint for" in str(caught.value)
    about = Workflows(named).run(invoke("g"))
    assert about["error"] == "Lambda.ResourceNotFoundException"


def test_an_endpoint_that_has_gone_is_told_by_the_task(new_server, endpoint):
    """Machines stay as they were made, whatever the settings are: tasks say what is missing."""
    server = new_server("--function-default", endpoint.url + "/{function}")
    flows = Workflows(server)
    machines = [flows.machine(one(resource, parameters)) for resource, parameters in (
        (FUNCTION + "echo", {"n": 1}), (INVOKE, {"FunctionName": "echo", "Payload": {"n": 1}}))]
    arguments, server.arguments = server.arguments, []
    server.kill()
    server.start()
    flows = Workflows(server)
    executions = [flows.start(machine) for machine in machines]
    for execution, types in zip(executions, (["LambdaFunctionScheduleFailed"], ["TaskScheduled", "TaskStartFailed"])):
        assert flows.end(execution)["error"] == "Lambda.ResourceNotFoundException"
        assert [e["type"] for e in flows.events(execution)][2:-1] == types
    server.arguments = arguments
    server.kill()
    server.start()
    flows = Workflows(server)
    wire = Wire(server.port)
    for execution in executions:
        wire("states", "RedriveExecution", executionArn=execution)
        assert flows.end(execution)["status"] == "SUCCEEDED"
