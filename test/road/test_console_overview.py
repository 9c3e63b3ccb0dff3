"""The console's overview: rates over time, and texts for clients that do what they say."""
import os
import shutil
import subprocess

import pytest

from browser import story
from conftest import aws_environment
from node_packages import installed
from test_javascript import FOLDER


@pytest.fixture(scope="module")
def saw(server):
    return story(server, "overview")


def run(command, text, **options):
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=120, **options)
    assert done.returncode == 0, (text, done.stdout)
    return done.stdout


def test_rates(saw):
    assert [label.split(" a second at ")[0] for label in saw["plots"]] == ["Events", "Deliveries", "Executions"]
    assert saw["drawn"] == 4  # lines that rise: events, matches, delivered, started
    assert saw["moved"] is True and saw["idle"] == 0
    assert saw["hash"] == "#/?client=javascript"


def test_the_text_for_the_aws_cli(saw, server):
    if not shutil.which("aws"):
        pytest.skip("the aws CLI is not on this machine")
    environment = aws_environment("http://127.0.0.1:1")  # the text must say it all
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_DEFAULT_REGION"):
        del environment[name]
    assert '"EventId"' in run(["bash", "-c", saw["texts"]["aws CLI"]], saw["texts"]["aws CLI"], env=environment)


def test_the_text_for_boto3(saw, server):
    text = saw["texts"]["Python, boto3"]
    assert len(run(["/usr/bin/python3", "-c", text], text).strip()) == 36


def test_the_text_for_javascript(saw, server):
    installed(FOLDER)
    text = saw["texts"]["JavaScript"]
    assert len(run(["node", "--input-type=module", "-e", text], text, cwd=FOLDER, env=dict(os.environ)).strip()) == 36
