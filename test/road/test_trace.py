"""traceHeader: what traces a request is kept with the execution, and shown."""
import json

import pytest

from conftest import eventually
from test_states import ROLE, one
from wire import Refused, Wire

HEADER = "Root=1-67891233-abcdef012345678912345678;Sampled=1"
WAIT = one({"Type": "Wait", "Seconds": 1, "End": True})


class Traced(Wire):
    """A client whose requests have the header themselves."""

    def __call__(self, service, operation, trace=None, **body):
        request = self.connection.request
        if trace:
            self.connection.request = lambda *given, **more: request(
                *given[:3], dict(given[3], **{"X-Amzn-Trace-Id": trace}), **more)
        try:
            return super().__call__(service, operation, **body)
        finally:
            self.connection.request = request


@pytest.fixture
def wire(server):
    own = Traced(server.port)
    yield own
    own.close()


def make(wire, name, definition=WAIT, **more):
    made = wire("states", "CreateStateMachine", name=name, roleArn=ROLE, definition=definition, **more)
    return made["stateMachineArn"]


def test_kept_and_shown(wire):
    machine = make(wire, "kept")

    def header(**more):
        arn = wire("states", "StartExecution", stateMachineArn=machine, **more)["executionArn"]
        return wire("states", "DescribeExecution", executionArn=arn).get("traceHeader")
    assert header() is None
    assert header(traceHeader=HEADER) == HEADER
    assert header(trace="Root=1-a") == "Root=1-a"
    assert header(trace="Root=1-a", traceHeader=HEADER) == "Root=1-a", "the request's header counts more"
    assert header(trace="x" * 257, traceHeader=HEADER) == HEADER
    assert header(traceHeader="") is None
    for wrong in ("x" * 257, "\u00e9"):
        with pytest.raises(Refused, match="at 'traceHeader' failed to satisfy constraint"):
            header(traceHeader=wrong)


def test_sync(wire):
    machine = make(wire, "sync", one({"Type": "Succeed"}), type="EXPRESS")
    answer = wire("states", "StartSyncExecution", stateMachineArn=machine, traceHeader=HEADER)
    assert answer["traceHeader"] == HEADER
    assert "traceHeader" not in wire("states", "StartSyncExecution", stateMachineArn=machine)


def test_outlives_the_server(new_server):
    server = new_server()
    wire = Wire(server.port)
    machine = make(wire, "killed")
    arn = wire("states", "StartExecution", stateMachineArn=machine, traceHeader=HEADER)["executionArn"]
    server.kill()
    server.start()
    wire = Wire(server.port)

    def look():
        return wire("states", "DescribeExecution", executionArn=arn)
    assert look()["traceHeader"] == HEADER
    assert eventually(lambda: look()["status"] == "SUCCEEDED")
    assert look()["traceHeader"] == HEADER


def test_other_settings(wire):
    """tracingConfiguration and encryptionConfiguration are taken and shown; a key of one's own is not there."""
    machine = make(wire, "set", tracingConfiguration={"enabled": True},
                   encryptionConfiguration={"type": "AWS_OWNED_KEY"})
    shown = wire("states", "DescribeStateMachine", stateMachineArn=machine)
    assert shown["tracingConfiguration"] == {"enabled": True}
    assert shown["encryptionConfiguration"] == {"type": "AWS_OWNED_KEY"}
    key = {"type": "CUSTOMER_MANAGED_KMS_KEY", "kmsKeyId": "k"}
    with pytest.raises(Refused, match="Encryption with a key of your own is not supported by Crema"):
        make(wire, "keyed", encryptionConfiguration=key)
    with pytest.raises(Refused, match="Encryption with a key of your own is not supported by Crema"):
        wire("states", "UpdateStateMachine", stateMachineArn=machine, roleArn=ROLE, encryptionConfiguration=key)
    with pytest.raises(Refused, match="Encryption with a key of your own is not supported by Crema"):
        wire("states", "CreateActivity", name="keyed", encryptionConfiguration=key)
    wire("states", "UpdateStateMachine", stateMachineArn=machine, tracingConfiguration={"enabled": False})
    shown = wire("states", "DescribeStateMachine", stateMachineArn=machine)
    assert shown["tracingConfiguration"] == {"enabled": False}
    execution = wire("states", "StartExecution", stateMachineArn=machine)["executionArn"]
    shown = wire("states", "DescribeStateMachineForExecution", executionArn=execution)
    assert (shown["tracingConfiguration"], shown["encryptionConfiguration"]) == (
        {"enabled": False}, {"type": "AWS_OWNED_KEY"})
    assert json.loads(shown["definition"])
