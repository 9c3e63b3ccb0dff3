"""libcrema-match as another program finds it: installed, with its header and pkg-config file."""
import os
import re
import shutil
import subprocess

import pytest

from conftest import BUILD, TOP

SANITIZER = os.environ.get("CREMA_SANITIZER")
EVENTS = ('{"source":"shop.orders","detail":{"amount":120.5,"state":"done"}}\n'
          '{"source":"shop.orders","detail":{"amount":7,"state":"open","city":"Porto"}}\n'
          '{"detail":{"items":[{"sku":"tea","count":1},{"sku":"rum","count":3}]}}\n'
          '{"detail":{"items":[{"sku":"tea","count":3}],"state":"open","city":"Lisboa"}}\n'
          '{"source":}\n')


def run(command, **options):
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, **options)
    assert done.returncode == 0, f"{command}\n{done.stdout}"
    return done.stdout


@pytest.fixture(scope="module")
def installed(tmp_path_factory):
    """A root folder with what `meson install` puts there, and how to compile against it."""
    if not shutil.which("meson") or not shutil.which("pkg-config"):
        pytest.skip("meson and pkg-config are not on this machine")
    root = tmp_path_factory.mktemp("installed")
    run(["meson", "install", "-C", BUILD, "--no-rebuild", "--destdir", str(root)])
    (pc,) = list(root.rglob("crema-match.pc"))
    environment = dict(os.environ, PKG_CONFIG_LIBDIR=str(pc.parent), PKG_CONFIG_SYSROOT_DIR=str(root),
                       PKG_CONFIG_ALLOW_SYSTEM_CFLAGS="1", PKG_CONFIG_ALLOW_SYSTEM_LIBS="1")
    flags = run(["pkg-config", "--cflags", "--libs", "crema-match"], env=environment).split()
    if SANITIZER:
        flags += ["-fsanitize=address,undefined" if SANITIZER == "address" else "-fsanitize=thread"]
    return root, flags, str(pc.parent.parent)


def check_example(program, environment=None):
    done = subprocess.run([program], input=EVENTS, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                          env=dict(os.environ, **(environment or {})))
    assert done.returncode == 0, done.stderr
    said = done.stdout.splitlines()
    assert [line for line in said if re.match(r"\d", line)][:4] == [
        "1: 1 rules match: 0", "2: 0 rules match:", "3: 0 rules match:", "4: 2 rules match: 1 2"]
    assert said[-1].startswith("5: column 11: ")
    assert "    pass source: \"shop.orders\", found [\"shop.orders\"]" in said
    assert "    fail detail.amount: {\"numeric\":[\">\",100]}, found [7]" in said
    nearest = said[said.index("2: 0 rules match:") + 1]
    assert nearest.endswith("1 of 2 places pass")


def test_example_with_the_shared_library(installed, tmp_path):
    root, flags, libraries = installed
    run(["cc", "-std=c11", "-Wall", "-Wextra", "-Werror", os.path.join(TOP, "examples", "match", "main.c"), *flags,
         "-o", str(tmp_path / "which")])
    check_example(str(tmp_path / "which"), {"LD_LIBRARY_PATH": libraries})
    needed = run(["readelf", "-d", str(tmp_path / "which")])
    assert "libcrema-match.so.0" in needed


def test_example_with_the_archive(installed, tmp_path):
    root, flags, libraries = installed
    flags = [flag for flag in flags if flag != "-lcrema-match"]
    run(["cc", "-std=c11", os.path.join(TOP, "examples", "match", "main.c"), *flags,
         os.path.join(libraries, "libcrema-match.a"), "-lm", "-o", str(tmp_path / "which")])
    assert "libcrema-match" not in run(["readelf", "-d", str(tmp_path / "which")])
    check_example(str(tmp_path / "which"))


def test_header_stands_alone_in_c_and_cpp(installed, tmp_path):
    root, flags, _ = installed
    header = os.path.join(TOP, "include", "crema", "match.h")
    with open(header, encoding="utf-8") as file:
        assert set(re.findall(r"#include (.*)", file.read())) == {"<stddef.h>", "<stdint.h>"}
    for compiler, language in (("cc", "c"), ("c++", "c++")):
        if not shutil.which(compiler):
            continue
        (tmp_path / "main").write_text("#include <crema/match.h>\nint main() { return crema_match_version() == 0; }\n")
        run([compiler, "-Wall", "-Wextra", "-Wpedantic", "-Werror", "-x", language, str(tmp_path / "main"),
             "-x", "none", *flags, "-o", str(tmp_path / "program")])


def declared():
    with open(os.path.join(TOP, "include", "crema", "match.h"), encoding="utf-8") as file:
        text = re.sub(r"/\*.*?\*/", "", file.read(), flags=re.S)
    return set(re.findall(r"CREMA_MATCH_API[^;(]*?\b(crema_match_\w+)\(", text))


def test_what_it_shows_and_needs():
    shown = run(["nm", "-D", "--defined-only", os.path.join(BUILD, "libcrema-match.so")])
    names = {line.split()[-1].split("@")[0] for line in shown.splitlines()} - {"CREMA_MATCH_0"}
    assert names == declared() and len(names) > 20
    shown = run(["nm", "-g", "--defined-only", os.path.join(BUILD, "libcrema-match.a")])
    kept = {line.split()[-1] for line in shown.splitlines() if len(line.split()) == 3}
    if not SANITIZER:
        assert kept == declared()
    needed = re.findall(r"NEEDED.*\[(.*)\]", run(["readelf", "-d", os.path.join(BUILD, "libcrema-match.so")]))
    allowed = r"libc\.so.*|libm\.so.*|ld-linux.*" + (r"|lib(asan|ubsan|tsan)\.so.*|libgcc_s.*" if SANITIZER else "")
    assert needed and all(re.fullmatch(allowed, name) for name in needed), needed
