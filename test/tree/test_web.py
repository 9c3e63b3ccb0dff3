"""The web console's own checks: types, lint, unit tests. Skipped where its packages are not installed (make web)."""
import os
import shutil
import subprocess

import pytest

WEB = os.path.join(os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))), "web")


@pytest.mark.parametrize("script", ["check", "test"])
def test_script(script):
    if not shutil.which("npm") or not os.path.isdir(os.path.join(WEB, "node_modules")):
        pytest.skip("the console's packages are not installed; make web installs them")
    done = subprocess.run(["npm", "run", "--silent", script], cwd=WEB, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True, timeout=300)
    assert done.returncode == 0, done.stdout
