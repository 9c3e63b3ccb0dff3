"""docs/internals/README.md against the sources: key spaces, and the functions that it names."""
import os
import re

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))


def text_of(path):
    with open(os.path.join(TOP, path), encoding="utf-8") as file:
        return file.read()


def rows(heading):
    section = text_of("docs/internals/README.md").split(f"\n## {heading}\n")[1].split("\n## ")[0]
    lines = [line for line in section.splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[2:]]


def test_key_spaces():
    spaces = re.findall(r"X\(\w+, '(\w)', \"", text_of("src/store/key.h"))
    assert len(spaces) > 5
    assert sorted(row[0].strip("`") for row in rows("Key spaces")) == sorted(spaces)


def test_functions_are_where_they_are_said_to_be():
    missing, seen = [], 0
    for _, _, names, paths in rows("The life of a PutEvents"):
        texts = [text_of(path) for path in re.findall(r"`([^`]+)`", paths)]
        for name in re.findall(r"`([^`]+)`", names):
            seen += 1
            if not any(re.search(rf"^\w[^\n;]*\b{name}\([^;]*?\)\n\{{", text, re.M) for text in texts):
                missing.append(f"{name} is not in {paths}")
    assert seen > 10
    assert not missing, "\n".join(missing)


def test_anchors_exist():
    folder = os.path.join(TOP, "docs", "internals")
    wrong = []
    for page in sorted(os.listdir(folder)):
        links = re.findall(r"\]\(([\w./-]*)#([\w-]+)\)", text_of(os.path.join("docs", "internals", page)))
        for target, anchor in links:
            text = text_of(os.path.join("docs", "internals", target or page))
            titles = re.findall(r"^#+ (.*)$", text, re.M)
            if anchor not in [re.sub(r"[^\w -]", "", title.lower()).replace(" ", "-") for title in titles]:
                wrong.append(f"{page}: {target}#{anchor}")
    assert not wrong, "\n".join(wrong)
