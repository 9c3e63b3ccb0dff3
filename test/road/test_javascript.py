"""The AWS SDK for JavaScript v3 against the real server; skipped with a word where Node.js or npm is not there."""
import os
import shutil
import subprocess

import pytest

from conftest import SLOW, TOP

FOLDER = os.path.join(TOP, "test", "road", "javascript")


def installed():
    """The locked packages, installed once a build folder and lock file."""
    lock = os.path.join(FOLDER, "package-lock.json")
    mark = os.path.join(FOLDER, "node_modules", ".package-lock.json")
    if os.path.exists(mark) and os.path.getmtime(mark) >= os.path.getmtime(lock):
        return
    done = subprocess.run(["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund"], cwd=FOLDER,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=300)
    if done.returncode != 0:
        pytest.skip("npm cannot install the locked packages here: " + done.stdout.strip().splitlines()[-1])
    os.utime(mark)


def test_story_with_the_javascript_sdk(server):
    if not shutil.which("node") or not shutil.which("npm"):
        pytest.skip("Node.js and npm are not on this machine")
    installed()
    done = subprocess.run(["node", "story.mjs", server.endpoint], cwd=FOLDER, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True, timeout=120 * SLOW)
    assert done.returncode == 0 and done.stdout.endswith("ok\n"), done.stdout
