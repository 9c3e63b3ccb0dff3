"""The locked npm packages of a folder of tests."""
import os
import shutil
import subprocess

import pytest


def installed(folder):
    """Installs them once a lock file; skips with a word where Node.js, npm or the registry is not there."""
    if not shutil.which("node") or not shutil.which("npm"):
        pytest.skip("Node.js and npm are not on this machine")
    lock = os.path.join(folder, "package-lock.json")
    mark = os.path.join(folder, "node_modules", ".package-lock.json")
    if os.path.exists(mark) and os.path.getmtime(mark) >= os.path.getmtime(lock):
        return
    done = subprocess.run(["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund"], cwd=folder,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=300)
    if done.returncode != 0:
        pytest.skip("npm cannot install the locked packages here: " + done.stdout.strip().splitlines()[-1])
    os.utime(mark)
