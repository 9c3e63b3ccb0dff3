"""Stories of test/browser in Chromium: story(server, "frame") is what it saw. Skips, saying so, without one."""
import json
import os
import shutil
import subprocess

import pytest

from conftest import SLOW, TOP
from node_packages import installed
from test_wire import ask

FOLDER = os.path.join(TOP, "test", "browser")
with open(os.path.join(FOLDER, "hostile.json")) as file:
    HOSTILE = json.load(file)  # texts that must stay texts


def chromium():
    """Debian's, or another that CHROMIUM names."""
    named = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")
    if not named:
        pytest.skip("Chromium is not on this machine; scripts/setup test installs it")
    return named


def story(server, name, given=None, seconds=120):
    """What test/browser/NAME.mjs saw, given that; nothing went wrong on the way, and no hostile text came to life."""
    program = chromium()
    if ask(server, "GET", "/", headers={"Accept": "text/html"}).headers["content-type"].startswith("text/plain"):
        pytest.skip("this build is without the web console")
    installed(FOLDER)
    done = subprocess.run(["node", name + ".mjs", server.endpoint, json.dumps(given or {})], cwd=FOLDER,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, timeout=seconds * SLOW,
                          env=dict(os.environ, CHROMIUM=program, CREMA_SLOW=str(SLOW)))
    assert done.returncode == 0, done.stderr + done.stdout
    saw = json.loads(done.stdout.splitlines()[-1])
    wrong, stung = saw.pop("wrong"), saw.pop("stung")
    assert not wrong, "\n".join(wrong)
    assert stung is None
    return saw
