"""The console of a server with keys: asked for, refused, taken, and gone with the tab."""
import json
import shutil

from browser import story
from test_console_commands import paste


def test_keys(new_server):
    server = new_server("--ephemeral", "--key", "ID:/secret+of=it")
    saw = story(server, "keys", {"keyId": "ID", "secret": "/secret+of=it"})
    assert saw["beforeKeys"] == 0 and saw["requests"] == 1
    assert saw["refused"] == "us-east-1"  # what the server does not take is not taken here
    assert saw["dialogs"] == 0 and saw["refusals"] == 0
    assert "(ID)" in saw["bar"]
    assert saw["stored"] == [False, True] and saw["cookies"] == 0
    assert saw["storedThen"] == [False, False]
    if shutil.which("curl"):
        assert json.loads(paste(saw["curl"], AWS_SECRET_ACCESS_KEY="/secret+of=it")) == {"Entries": []}
        assert "InvalidSignatureException" in paste(saw["curl"], AWS_SECRET_ACCESS_KEY="wrong")
    groups = server.client("logs", key="ID", secret="/secret+of=it").describe_log_groups()["logGroups"]
    assert [group["logGroupName"] for group in groups] == ["/till"]
