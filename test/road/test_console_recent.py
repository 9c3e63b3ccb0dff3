"""The console's recent events: lists, the inbox, the chain of an event with its links; hostile texts are text."""
import json

from browser import story
from conftest import ACCOUNT, REGION

MACHINE = f"arn:aws:states:{REGION}:{ACCOUNT}:stateMachine:OrderProcessorWorkflow"


def test_recent(server):
    saw = story(server, "recent")
    chain = saw["chain"]
    assert chain.index("This event") < chain.index("Validator.NewOrder")
    assert {"logAll", "NewOrder", "Log line, target logs", "Execution, target workflow",
            "OrderProcessor.WorkflowStarted"} <= set(chain)
    assert chain.count("Delivered") == 2
    links = saw["links"]
    execution = server.client("stepfunctions").list_executions(stateMachineArn=MACHINE)["executions"][0]["executionArn"]
    assert "#/machines/executions/" + execution.replace(":", "%3A") in links
    assert "#/rules/Serverlesspresso/NewOrder" in links
    assert any(link.startswith("#/logs/%2Faws%2Fevents%2FserverlesspressoEventBus/streams/") for link in links)
    assert '"detail-type": "Validator.NewOrder"' in saw["envelope"]
    emitted = saw["emitted"]
    assert emitted.index("Validator.NewOrder") < emitted.index("Put by the execution") < emitted.index("This event")
    assert "in the state Emit - Workflow Started TT" in emitted
    assert "Log line, target logs" in emitted and saw["back"] is True
    assert len(saw["shown"]) == 6
    assert saw["rows"] == 11  # of which one holds the names of the columns
    assert (saw["unmatched"], saw["missing"]) == (2, 2)
    assert saw["inbox"] >= 2
    for text in ("<img src=x onerror=", "</script><script>", "javascript:"):
        assert text in saw["hostileEnvelope"]
    assert "Validator.NewOrder" in saw["why"]
    assert json.loads(saw["again"])["template"].startswith("{{constructor")
