"""Sizes that want splitting, and the look of the text: no long file or function, no stray white space."""
import os
import re
import subprocess

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

FILE_LINES_MAX = 800
FUNCTION_LINES_MAX = 80
LINE_COLUMNS_MAX = 120


def files(*patterns):
    done = subprocess.run(["git", "ls-files", "-z", "--", *patterns], cwd=TOP, stdout=subprocess.PIPE, check=True)
    return [path for path in done.stdout.decode().split("\0") if path and os.path.isfile(os.path.join(TOP, path))]


def text_of(path):
    """None: no text."""
    with open(os.path.join(TOP, path), "rb") as file:
        data = file.read()
    try:
        return None if b"\0" in data else data.decode("utf-8")
    except UnicodeDecodeError:
        return None


def is_generated(text):
    return "Do not edit." in text[:400]


def written(*patterns):
    """Path and lines of what people write."""
    for path in files(*patterns):
        text = text_of(path)
        if text is not None and not is_generated(text):
            yield path, text.splitlines()


def functions(lines):
    """Name, number of the first line and count of lines: from the signature to the brace that closes it. As the tree is
    formatted, a body's braces stand alone in the first column, and so does nothing else but an initialiser's '};'."""
    start = None
    for number, line in enumerate(lines, 1):
        if line == "{":
            first = number - 1
            while first > 1 and lines[first - 2] and not lines[first - 2].startswith(("#", "/*", " */", " * ", "}")):
                first -= 1
            start = first
        elif line == "}" and start is not None:
            name = re.search(r"(\w+)\(", " ".join(lines[start - 1:number]))
            yield name.group(1) if name else "?", start, number - start + 1
            start = None


def test_no_file_is_too_long():
    long = [f"{path}: {len(lines)} lines" for path, lines in written("*.c", "*.h") if len(lines) > FILE_LINES_MAX]
    assert not long, "\n".join(long)


def test_no_function_is_too_long():
    long, seen = [], 0
    for path, lines in written("src/*.c", "src/*.h"):
        for name, first, count in functions(lines):
            seen += 1
            if count > FUNCTION_LINES_MAX:
                long.append(f"{path}:{first}: {name} has {count} lines")
    assert seen > 1000
    assert not long, "\n".join(long)


def test_text_is_clean():
    wrong = []
    for path in files():
        text = text_of(path)
        if text is None:
            continue
        is_c, is_limited = path.endswith((".c", ".h")), path.endswith((".c", ".h", ".py"))
        is_limited = is_limited and not is_generated(text)
        for number, line in enumerate(text.split("\n"), 1):
            if line != line.rstrip():
                wrong.append(f"{path}:{number}: ends in white space")
            if is_c and "\t" in line:
                wrong.append(f"{path}:{number}: holds a tab")
            if is_limited and len(line) > LINE_COLUMNS_MAX:
                wrong.append(f"{path}:{number}: {len(line)} columns")
        if text and not text.endswith("\n"):
            wrong.append(f"{path}: does not end in a line feed")
    assert not wrong, "\n".join(wrong)
