"""Stories of test/browser in Chromium: story(server, "frame") is what it saw. Skips, saying so, without one."""
import json
import os
import shutil
import subprocess

import pytest

from conftest import SLOW, TOP
from test_wire import ask

FOLDER = os.path.join(TOP, "test", "browser")


def chromium():
    """Debian's, or another that CHROMIUM names."""
    named = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")
    if not named:
        pytest.skip("Chromium is not on this machine; scripts/setup test installs it")
    return named


def install():
    """The locked packages, once a lock file."""
    if not shutil.which("node") or not shutil.which("npm"):
        pytest.skip("Node.js and npm are not on this machine")
    lock = os.path.join(FOLDER, "package-lock.json")
    mark = os.path.join(FOLDER, "node_modules", ".package-lock.json")
    if os.path.exists(mark) and os.path.getmtime(mark) >= os.path.getmtime(lock):
        return
    done = subprocess.run(["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund"], cwd=FOLDER,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=300)
    if done.returncode != 0:
        pytest.skip("npm cannot install the locked packages here: " + done.stdout.strip().splitlines()[-1])
    os.utime(mark)


def story(server, name, seconds=120):
    """What test/browser/NAME.mjs saw; nothing went wrong on the way, and no hostile text came to life."""
    program = chromium()
    if ask(server, "GET", "/", headers={"Accept": "text/html"}).headers["content-type"].startswith("text/plain"):
        pytest.skip("this build is without the web console")
    install()
    done = subprocess.run(["node", name + ".mjs", server.endpoint], cwd=FOLDER, stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, text=True, timeout=seconds * SLOW,
                          env=dict(os.environ, CHROMIUM=program, CREMA_SLOW=str(SLOW)))
    assert done.returncode == 0, done.stderr + done.stdout
    saw = json.loads(done.stdout.splitlines()[-1])
    wrong, stung = saw.pop("wrong"), saw.pop("stung")
    assert not wrong, "\n".join(wrong)
    assert stung is None
    return saw
