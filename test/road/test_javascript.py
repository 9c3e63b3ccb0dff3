"""The AWS SDK for JavaScript v3 against the real server; skipped with a word where Node.js or npm is not there."""
import os
import subprocess

from conftest import SLOW, TOP
from node_packages import installed

FOLDER = os.path.join(TOP, "test", "road", "javascript")


def run(script, *arguments):
    installed(FOLDER)
    done = subprocess.run(["node", script, *arguments], cwd=FOLDER, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True, timeout=120 * SLOW)
    assert done.returncode == 0 and done.stdout.endswith("ok\n"), done.stdout


def test_story_with_the_javascript_sdk(server):
    run("story.mjs", server.endpoint)


def test_metrics_in_json_and_cbor(new_server):
    server = new_server("--key", "ID:SECRET")  # every signature is verified
    run("metrics.mjs", server.endpoint, "ID", "SECRET")
