"""Who may include whom: the map of ARCHITECTURE.md, held against every #include of src/."""
import os
import re

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
SRC = os.path.join(TOP, "src")

FLOOR = {"base"}
MAY_INCLUDE = {
    "base": FLOOR,
    "json": FLOOR | {"json"},
    "io": FLOOR | {"io"},
    "store": FLOOR | {"json", "io", "store"},
    "expr": FLOOR | {"json", "expr"},
    "match": FLOOR | {"json", "match", "crema"},
    "deliver": FLOOR | {"json", "io", "store", "deliver"},
    "bus": FLOOR | {"json", "io", "store", "deliver", "match", "expr", "metrics", "bus"},
    "metrics": FLOOR | {"json", "io", "store", "metrics"},
    "logs": FLOOR | {"json", "io", "store", "deliver", "metrics", "logs"},
    "query": FLOOR | {"json", "io", "store", "match", "logs", "query"},
    "flow": FLOOR | {"json", "io", "store", "deliver", "expr", "metrics", "flow"},
    "tables": FLOOR | {"json", "io", "store", "tables"},
    "target": FLOOR | {"json", "io", "store", "deliver", "bus", "logs", "flow", "target"},
    "api": FLOOR | {"json", "io", "store", "deliver", "match", "bus", "metrics", "logs", "query", "flow",
                    "tables", "api"},
    "console": FLOOR | {"io", "console"},
    "cli": FLOOR | {"json", "io", "store", "match", "logs", "cli"},
}
# Seam headers that may be seen from elsewhere.
SEAMS = {
    "target/target.h": {"deliver", "bus", "logs", "flow", "api"},
    "target/operation_caller.h": {"api"},
    "api/event_stream.h": {"cli"},
}
# Libraries and system headers behind one room each.
ONLY_IN = {
    r"sys/.*": {"io"},
    r"(unistd|fcntl|poll|dirent|netdb|arpa/inet|netinet/.*)\.h": {"io"},
    r"uv\.h": {"io"},
    r"openssl/.*": {"io"},
    r"curl/.*": {"io"},
    r"zstd\.h": {"io"},
    r"zlib\.h": {"io"},
    r"rocksdb/.*": {"store"},
    r"cbor\.h": {"api"},
}


def includes():
    for folder, _, files in os.walk(SRC):
        for name in sorted(files):
            if not name.endswith((".c", ".h")):
                continue
            path = os.path.join(folder, name)
            relative = os.path.relpath(path, SRC)
            room = relative.split(os.sep)[0] if os.sep in relative else "main"
            with open(path, encoding="utf-8") as text:
                for number, line in enumerate(text, 1):
                    found = re.match(r'\s*#\s*include\s*(["<])([^">]+)[">]', line)
                    if found:
                        yield relative, number, room, found.group(1), found.group(2)


def is_test(path):
    return path.endswith(("_test.c", "_fuzz.c"))


def test_rooms_include_only_what_the_map_allows():
    wrong, seen = [], 0
    for path, number, room, kind, name in includes():
        if kind != '"' or room == "main":
            continue
        seen += 1
        other = name.split("/")[0] if "/" in name else room
        if other in MAY_INCLUDE[room] or room in SEAMS.get(name, ()):
            continue
        if is_test(path):
            continue  # a test may wire rooms as main.c does
        wrong.append(f"src/{path}:{number}: {room} may not include {name}")
    assert seen > 0
    assert not wrong, "\n".join(wrong)


def test_system_and_library_headers_stay_in_their_room():
    wrong = []
    for path, number, room, kind, name in includes():
        if kind != "<" or is_test(path):
            continue
        for pattern, rooms in ONLY_IN.items():
            if re.fullmatch(pattern, name) and room not in rooms:
                wrong.append(f"src/{path}:{number}: <{name}> belongs to {', '.join(sorted(rooms))}")
    assert not wrong, "\n".join(wrong)
