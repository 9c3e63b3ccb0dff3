"""The commands in the documents, run as they stand: every `$ aws` line of a console block."""
import json
import os
import re
import shutil
import subprocess

import pytest

from conftest import BUILD, SLOW, TOP, aws_environment
from wire import Refused, Wire


def console_commands(path):
    with open(path, encoding="utf-8") as file:
        text = file.read()
    commands = []
    for block in re.findall(r"```console\n(.*?)```", text, re.S):
        commands += [line[2:] for line in block.splitlines() if line.startswith("$ ")]
    return commands


def answers_of_page(server, page):
    """What its commands print, each of which must succeed."""
    if not shutil.which("aws"):
        pytest.skip("the aws CLI is not on this machine")
    answers = []
    for command in console_commands(os.path.join(TOP, "docs", page)):
        # A CLI that does not know AWS_ENDPOINT_URL is given the address, as the page says.
        command = command.replace("aws ", f"aws --endpoint-url {server.endpoint} ", 1)
        done = subprocess.run(command, shell=True, env=aws_environment(server.endpoint), stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, text=True, timeout=60 * SLOW)
        assert done.returncode == 0, f"{command}\n{done.stdout}"
        answers.append(done.stdout)
    return answers


def test_start_page(server):
    answers = answers_of_page(server, "start.md")
    assert len(answers) >= 8
    assert '"detail-type":"Opened"' in answers[5]
    assert "SUCCEEDED" in answers[-1] and '\\"hello\\"' in answers[-1]


def test_logs_page(server, tmp_path):
    if not shutil.which("aws"):
        pytest.skip("the aws CLI is not on this machine")
    commands = console_commands(os.path.join(TOP, "docs", "logs.md"))
    assert len(commands) >= 7
    answers = []
    environment = aws_environment(server.endpoint)
    environment["PATH"] = BUILD + os.pathsep + environment["PATH"]
    for command in commands:
        command = re.sub(r"^aws ", f"aws --endpoint-url {server.endpoint} ", command)
        done = subprocess.run(command, shell=True, env=environment, cwd=tmp_path, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, text=True, timeout=60 * SLOW)
        assert done.returncode == 0, f"{command}\n{done.stdout}"
        answers.append(done.stdout)
    assert json.loads(answers[3])["message"] == '{"order":1}'
    assert answers[4].startswith("exported 1 events") and answers[5].startswith("imported 1 events")
    assert answers[6].strip() == '{"order":1}'


def test_match_page():
    """Each command with what it prints."""
    folder = os.path.join(TOP, "examples", "match")
    environment = dict(os.environ, PATH=BUILD + os.pathsep + os.environ["PATH"])
    with open(os.path.join(TOP, "docs", "reference", "match.md"), encoding="utf-8") as file:
        blocks = re.findall(r"```console\n(.*?)```", file.read(), re.S)
    seen = 0
    for command, printed in re.findall(r"^\$ (.*)\n((?:(?!\$ ).*\n)*)", "".join(blocks), re.M):
        done = subprocess.run(command, shell=True, cwd=folder, env=environment, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, text=True, timeout=60 * SLOW)
        assert done.stdout == printed, command
        seen += 1
    assert seen >= 10


def test_subscriptions_page(new_server):
    """Its commands, with the endpoint that its setting names."""
    answers = answers_of_page(new_server("--function", "collect=http://127.0.0.1:9001/collect"), "subscriptions.md")
    assert len(answers) == 4
    assert [f["filterName"] for f in json.loads(answers[-1])["subscriptionFilters"]] == ["errors", "large"]


def test_metrics_page(new_server):
    answers = answers_of_page(new_server("--service-metrics-write-ms", "20"), "metrics.md")
    *_, orders, incoming, listed = (json.loads(answer) for answer in answers if answer.strip())
    assert [point["Sum"] for point in orders["Datapoints"]] == [1.0]
    assert [point["Sum"] for point in incoming["Datapoints"]] == [1.0]
    assert listed["Metrics"] == []  # no event was put


def pattern_examples():
    with open(os.path.join(TOP, "docs", "reference", "patterns.md"), encoding="utf-8") as file:
        return [block.strip().split("\n") for block in re.findall(r"```pattern\n(.*?)```", file.read(), re.S)]


def test_examples_of_patterns(server):
    wire, seen = Wire(server.port), {"yes": 0, "no": 0, "refused": 0}
    envelope = {name: "x" for name in ("id", "account", "source", "time", "region", "detail-type")}
    for pattern, *lines in pattern_examples():
        assert lines, pattern
        for line in lines:
            word, rest = line.split(" ", 1)
            seen[word] += 1
            if word == "refused":
                with pytest.raises(Refused) as refused:
                    wire("events", "TestEventPattern", EventPattern=pattern, Event=json.dumps(envelope))
                assert refused.value.name == "InvalidEventPatternException"
                assert refused.value.text.startswith(f"Event pattern is not valid. Reason: {rest}\n"), pattern
                continue
            explanation = wire("crema", "ExplainPattern", EventPattern=pattern, Event=rest)["Explanation"]
            assert explanation["Matched"] is (word == "yes"), f"{pattern}: {line}"
    assert min(seen.values()) >= 8 and sum(seen.values()) > 70


def test_explain_on_its_page(server):
    page = os.path.join(TOP, "docs", "reference", "patterns.md")
    command, = console_commands(page)
    done = subprocess.run(command, shell=True, env=aws_environment(server.endpoint), stdout=subprocess.PIPE, text=True,
                          timeout=60 * SLOW)
    with open(page, encoding="utf-8") as file:
        shown, = re.findall(r"```json\n(.*?)```", file.read(), re.S)
    assert done.returncode == 0 and json.loads(done.stdout) == json.loads(shown)


def test_targets_page(new_server):
    server = new_server()
    assert answers_of_page(server, "targets.md")[-1] == "order 7 by placed\n"
    wire = Wire(server.port)
    execution, = wire("states", "ListExecutions",
                      stateMachineArn="arn:aws:states:us-east-1:000000000000:stateMachine:Orders")["executions"]
    assert (wire("states", "DescribeExecution", executionArn=execution["executionArn"])["input"]
            == '{"key": "orders/7", "items": ["tea","milk"]}')


def test_examples_of_input_transformers(server):
    with open(os.path.join(TOP, "docs", "targets.md"), encoding="utf-8") as file:
        block, = re.findall(r"```transformer\n(.*?)```", file.read(), re.S)
    wire, (event, paths, *lines) = Wire(server.port), block.strip().split("\n")
    for line in lines:
        template, result = line.split(" => ")
        made = wire("crema", "TestTargetInput", Event=event.split(" ", 1)[1], Rule="r", Target={
            "Id": "t", "InputTransformer": {"InputPathsMap": json.loads(paths.split(" ", 1)[1]),
                                            "InputTemplate": template}})
        if result.startswith("nothing: "):
            assert result[9:] in made["ErrorMessage"], line
        else:
            assert made == {"Payload": result}, line
    assert len(lines) >= 9


PAGES = ["README.md", "ARCHITECTURE.md", "STYLE.md", "docs/start.md", "docs/operate.md", "docs/tasks.md",
         "docs/targets.md", "docs/reference/extensions.md",
         "docs/clock.md", "docs/test-state.md", "docs/reference/match.md", "docs/reference/patterns.md",
         "docs/reference/expressions.md"] + [
    f"docs/internals/{name}" for name in sorted(os.listdir(os.path.join(TOP, "docs", "internals")))]


@pytest.mark.parametrize("page", PAGES)
def test_links_and_files_exist(page):
    with open(os.path.join(TOP, page), encoding="utf-8") as file:
        text = file.read()
    folder = os.path.dirname(os.path.join(TOP, page))
    for link in re.findall(r"\]\(([^)#]+)(?:#[^)]*)?\)", text):
        if not link.startswith("http"):
            assert os.path.exists(os.path.join(folder, link)), f"{page} links to {link}"
    for path in re.findall(r"`((?:src|test|docs|bench|scripts)/[\w./-]+)`", text):
        assert os.path.exists(os.path.join(TOP, path)), f"{page} names {path}"
