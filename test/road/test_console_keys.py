"""The console of a server with keys: asked for, refused, taken, and gone with the tab."""
from browser import story


def test_keys(new_server):
    server = new_server("--ephemeral", "--key", "ID:/secret+of=it")
    saw = story(server, "keys", {"keyId": "ID", "secret": "/secret+of=it"})
    assert saw["beforeKeys"] == 0 and saw["requests"] == 1
    assert saw["dialogs"] == 0 and saw["refusals"] == 0
    assert "(ID)" in saw["bar"]
    assert saw["stored"] == [False, True] and saw["cookies"] == 0
    assert saw["storedThen"] == [False, False]
    groups = server.client("logs", key="ID", secret="/secret+of=it").describe_log_groups()["logGroups"]
    assert [group["logGroupName"] for group in groups] == ["/till"]
