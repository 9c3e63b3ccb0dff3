"""crema match: lines in, matching lines out; flags and exit status as grep's."""
import json
import operator
import os
import pty
import random
import select
import signal
import subprocess
import time

import pytest

from conftest import CREMA, SLOW

OPEN = '{"state":["open"]}'


def match(*arguments, stdin=b"", cwd=None, environment=None):
    return subprocess.run([CREMA, "match", *arguments], input=stdin, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                          cwd=cwd, env=dict(os.environ, **(environment or {})), timeout=120 * SLOW)


def lines(*events):
    return b"".join(json.dumps(event).encode() + b"\n" for event in events)


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "a.jsonl").write_bytes(lines({"state": "open", "n": 1}, {"state": "done", "n": 2},
                                             {"state": ["open", "late"], "n": 3}))
    (tmp_path / "b.jsonl").write_bytes(lines({"state": "done", "n": 4}))
    return tmp_path


# ---- what is printed ----

def test_lines_as_they_came_in():
    given = (b'{"state":"open"}\r\n'
             b'\n'
             b'  {"state" : "open", "x": "\xc3\xa9 \\u00e9"}  \n'
             b' \t\r\n'
             b'{"state":"done"}\n'
             b'{"state":"open"}')
    done = match(OPEN, stdin=given)
    assert done.stdout == (b'{"state":"open"}\r\n  {"state" : "open", "x": "\xc3\xa9 \\u00e9"}  \n'
                           b'{"state":"open"}\n')
    assert (done.returncode, done.stderr) == (0, b"")
    assert match("-v", OPEN, stdin=given).stdout == b'{"state":"done"}\n'


def test_files_names_and_numbers(folder):
    one = match(OPEN, "a.jsonl", cwd=folder)
    assert one.stdout == b'{"state": "open", "n": 1}\n{"state": ["open", "late"], "n": 3}\n'
    two = match(OPEN, "a.jsonl", "b.jsonl", "-", cwd=folder, stdin=lines({"state": "open"}))
    assert two.stdout == (b'a.jsonl:{"state": "open", "n": 1}\na.jsonl:{"state": ["open", "late"], "n": 3}\n'
                          b'(standard input):{"state": "open"}\n')
    assert match("-hn", OPEN, "a.jsonl", "b.jsonl", cwd=folder).stdout.startswith(b'1:{"state"')
    assert match("-H", "-n", OPEN, "a.jsonl", cwd=folder).stdout.splitlines()[1].startswith(b"a.jsonl:3:{")
    assert match("-l", OPEN, "a.jsonl", "b.jsonl", cwd=folder).stdout == b"a.jsonl\n"
    assert match("-lv", OPEN, "a.jsonl", "b.jsonl", cwd=folder).stdout == b"a.jsonl\nb.jsonl\n"


def test_counts(folder):
    assert match("-c", OPEN, "a.jsonl", cwd=folder).stdout == b"2\n"
    assert match("--count", "--not", OPEN, "a.jsonl", "b.jsonl", cwd=folder).stdout == b"a.jsonl:1\nb.jsonl:1\n"
    none = match("-c", OPEN, "b.jsonl", cwd=folder)
    assert (none.stdout, none.returncode) == (b"0\n", 1)
    assert match("-c", "-m1", OPEN, "a.jsonl", cwd=folder).stdout == b"1\n"
    assert match("--max-count=1", "-n", OPEN, "a.jsonl", cwd=folder).stdout.startswith(b"1:")
    assert match("-m", "0", OPEN, "a.jsonl", cwd=folder).returncode == 1


def test_json(folder):
    done = match("--json", OPEN, "a.jsonl", cwd=folder)
    assert [json.loads(line) for line in done.stdout.splitlines()] == [
        {"file": "a.jsonl", "line": 1, "event": {"state": "open", "n": 1}},
        {"file": "a.jsonl", "line": 3, "event": {"state": ["open", "late"], "n": 3}}]
    # The event keeps its tokens: what a reader would round is still there.
    exact = match("--json", OPEN, stdin=b' {"state":"open","x":1.10e2,"y":12345678901234567890123} \r\n')
    assert b'"event":{"state":"open","x":1.10e2,"y":12345678901234567890123}}' in exact.stdout
    counted = match("--json", "-c", OPEN, stdin=lines({"state": "open"}, {}) + b"?\n")
    assert json.loads(counted.stdout) == {"file": "(standard input)", "lines": 3, "count": 1, "bad": 1}


# ---- exit status and complaints ----

def test_exit_status(folder):
    assert match(OPEN, "a.jsonl", cwd=folder).returncode == 0
    assert match(OPEN, "b.jsonl", cwd=folder).returncode == 1
    assert match("--not", OPEN, "b.jsonl", cwd=folder).returncode == 0
    assert match(OPEN, stdin=b"").returncode == 1
    quiet = match("-q", OPEN, "a.jsonl", "absent", cwd=folder)
    assert (quiet.returncode, quiet.stdout, quiet.stderr) == (0, b"", b"")


def test_files_that_cannot_be_read(folder):
    done = match(OPEN, "absent.jsonl", "a.jsonl", ".", cwd=folder)
    assert done.returncode == 2
    assert done.stdout.count(b"a.jsonl:") == 2
    assert done.stderr.decode().splitlines() == ["crema match: absent.jsonl: No such file or directory",
                                                 "crema match: .: Is a directory"]
    silent = match("-s", OPEN, "absent.jsonl", "a.jsonl", cwd=folder)
    assert (silent.returncode, silent.stderr) == (2, b"")
    # As grep: what was found counts for more, when only that was asked.
    assert match("-q", OPEN, "absent.jsonl", "a.jsonl", cwd=folder).returncode == 0


def test_bad_patterns(tmp_path):
    done = match('{"state":["open",]}', stdin=b"{}\n")
    assert (done.returncode, done.stdout) == (2, b"")
    assert b"Event pattern is not valid. Reason: " in done.stderr and b"line: 1, column: 18" in done.stderr
    done = match('{"a":[{"sounds-like":"x"}]}')
    assert done.returncode == 2 and b"sounds-like" in done.stderr and b"line: 1, column: " in done.stderr
    (tmp_path / "bad").write_text('{\n "a": [\n  1 2 ]}')
    done = match("@bad", cwd=tmp_path)
    assert done.returncode == 2 and b"crema match: bad: " in done.stderr and b"line: 3, column: " in done.stderr
    done = match("@absent", cwd=tmp_path)
    assert done.returncode == 2 and b"absent" in done.stderr and b"No such file" in done.stderr


def test_pattern_from_a_file(tmp_path):
    (tmp_path / "pattern.json").write_text('{\n  "state": ["open"]\n}\n')
    assert match("@pattern.json", stdin=lines({"state": "open"}), cwd=tmp_path).returncode == 0


@pytest.mark.parametrize("arguments", [[], ["--nonsense", OPEN], ["-z", OPEN], ["-m", OPEN], ["-m-1", OPEN],
                                       ["--count=3", OPEN], ["--explain=some", OPEN], ["--explain", "--not", OPEN],
                                       ["--color=red", OPEN], ["--rules"], ["--nearest=0", OPEN]])
def test_misuse(arguments):
    done = match(*arguments)
    assert done.returncode == 2 and done.stdout == b""
    assert b"usage: crema match " in done.stderr


def test_help():
    asked = subprocess.run([CREMA, "help", "match"], stdout=subprocess.PIPE, text=True)
    assert asked.returncode == 0 and "Exit status:" in asked.stdout
    assert match("--help").stdout.decode() == asked.stdout
    assert "match " in subprocess.run([CREMA, "help"], stdout=subprocess.PIPE, text=True).stdout
    # Every flag that the help names is taken, and every flag is named there.
    for flag in ("--not", "--count", "--files-with-matches", "--max-count", "--quiet", "--line-number",
                 "--with-filename", "--no-filename", "--json", "--no-messages", "--color", "--line-bytes-max",
                 "--rules", "--explain", "--nearest"):
        assert flag in asked.stdout


def test_dashes():
    assert match("--", OPEN, "-", stdin=lines({"state": "open"})).returncode == 0
    assert match(OPEN, "--count", stdin=lines({"state": "open"})).stdout == b"1\n"


# ---- bad lines ----

def test_bad_lines_are_said_and_counted():
    given = (b'{"state":"open"}\n{"state":"open"\n[1]\n"x"\n{"state":"open"} x\n\x00\xff\x1b[31m\n{"a":"\xff"}\n'
             b'{"state":"done"}\n')
    done = match(OPEN, stdin=given)
    assert (done.returncode, done.stdout) == (0, b'{"state":"open"}\n')
    said = done.stderr.decode().splitlines()
    assert [line.split(": ")[1] for line in said[:-1]] == [f"(standard input):{n}" for n in range(2, 8)]
    assert "column " in said[0] and "an event is a JSON object" in said[1]
    assert said[-1] == "crema match: 6 bad lines were passed over"
    assert b"\x1b" not in done.stderr
    assert match("--not", OPEN, stdin=given).stdout == b'{"state":"done"}\n'
    silent = match("-s", OPEN, stdin=given)
    assert (silent.returncode, silent.stderr, silent.stdout) == (0, b"", done.stdout)
    assert match(OPEN, stdin=b"{\n").returncode == 1
    assert match(OPEN, stdin=b"{\n").stderr.endswith(b"crema match: 1 bad line was passed over\n")


def test_binary_garbage():
    garbage = random.Random(3).randbytes(2_000_000)
    done = match("-c", OPEN, stdin=garbage + b"\n" + lines({"state": "open"}))
    assert (done.returncode, done.stdout) == (0, b"1\n")
    assert int(done.stderr.split()[-6]) > 1000


def test_long_lines():
    long = b'{"state":"open","x":"' + b"y" * 5_000_000 + b'"}\n'
    given = long + lines({"state": "open"})
    assert match(OPEN, stdin=given).stdout == given
    limited = match("-n", "--line-bytes-max=1000", OPEN, stdin=given)
    assert limited.stdout == b'2:{"state": "open"}\n'
    assert b"(standard input):1: longer than 1000 bytes" in limited.stderr
    fits = b'{"state":"open"}'
    assert match(f"--line-bytes-max={len(fits)}", OPEN, stdin=fits).returncode == 0
    assert match(f"--line-bytes-max={len(fits) - 1}", OPEN, stdin=fits).returncode == 1


def test_deep_lines():
    deep = b'{"a":' * 2000 + b"1" + b"}" * 2000 + b"\n"
    done = match(OPEN, stdin=deep + lines({"state": "open"}))
    assert done.stdout == b'{"state": "open"}\n' and b"(standard input):1: " in done.stderr


# ---- pipes ----

def test_lines_go_out_before_more_is_awaited():
    process = subprocess.Popen([CREMA, "match", OPEN], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    try:
        for n in range(3):
            process.stdin.write(lines({"state": "open", "n": n}))
            process.stdin.flush()
            ready, _, _ = select.select([process.stdout], [], [], 20 * SLOW)
            assert ready, "the line stays inside while the input has nothing more"
            assert json.loads(os.read(process.stdout.fileno(), 65536)) == {"state": "open", "n": n}
        process.stdin.close()
        assert process.wait(timeout=20 * SLOW) == 0
    finally:
        process.kill()
        process.wait()
        process.stdout.close()


def test_a_reader_that_leaves_is_no_error(tmp_path):
    (tmp_path / "many").write_bytes(lines({"state": "open", "x": "y" * 100}) * 50_000)
    done = subprocess.run(f"'{CREMA}' match '{OPEN}' many | head -1", shell=True, cwd=tmp_path, stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE)
    assert done.stdout.count(b"\n") == 1 and done.stderr == b""
    # The same where the signal is ignored.
    process = subprocess.Popen([CREMA, "match", OPEN, "many"], cwd=tmp_path, stdout=subprocess.PIPE,
                               stderr=subprocess.PIPE, restore_signals=False,
                               preexec_fn=lambda: signal.signal(signal.SIGPIPE, signal.SIG_IGN))
    process.stdout.readline()
    process.stdout.close()
    assert process.stderr.read() == b""
    assert process.wait(timeout=20 * SLOW) == 2
    process.stderr.close()


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="this system has no /dev/full")
def test_a_full_disk_is_said():
    with open("/dev/full", "wb") as full:
        done = subprocess.run([CREMA, "match", OPEN], input=lines({"state": "open"}), stdout=full,
                              stderr=subprocess.PIPE)
    assert done.returncode == 2 and b"the output cannot be written: No space left on device" in done.stderr


def test_reading_what_is_written(tmp_path):
    path = tmp_path / "loop.jsonl"
    path.write_bytes(lines({"state": "open"}))
    with open(path, "ab") as out:
        done = subprocess.run([CREMA, "match", OPEN, str(path)], stdout=out, stderr=subprocess.PIPE, timeout=60)
    assert done.returncode == 2 and b"input file is also the output" in done.stderr
    assert path.read_bytes() == lines({"state": "open"})


def read_terminal(*arguments, stdin, environment=None):
    """The same on a terminal."""
    leader, follower = pty.openpty()
    plain = {name: value for name, value in os.environ.items() if name != "NO_COLOR"}
    process = subprocess.Popen([CREMA, "match", *arguments], stdin=subprocess.PIPE, stdout=follower,
                               env=dict(plain, **(environment or {})))
    os.close(follower)
    process.stdin.write(stdin)
    process.stdin.close()
    text, deadline = b"", time.monotonic() + 20 * SLOW
    while time.monotonic() < deadline:
        try:
            part = os.read(leader, 65536)
        except OSError:
            break
        if not part:
            break
        text += part
    process.wait()
    os.close(leader)
    return text


def test_colour_on_a_terminal_only():
    given = lines({"state": "done"})
    assert b"\x1b[" not in match("--explain", OPEN, stdin=given).stdout
    assert b"\x1b[" in match("--explain", "--color=always", OPEN, stdin=given).stdout
    assert b"\x1b[" in read_terminal("--explain", OPEN, stdin=given)
    assert b"\x1b[" not in read_terminal("--explain", OPEN, stdin=given, environment={"NO_COLOR": "1"})
    assert b"\x1b[" not in read_terminal("--explain", "--color=never", OPEN, stdin=given)
    assert b"\x1b[" not in read_terminal("--explain", "--json", OPEN, stdin=given)


# ---- rules ----

RULES = {"open": {"state": ["open"]}, "few": {"n": [{"numeric": ["<", 3]}]}, "odd, name\t": {"state": ["odd"]}}


@pytest.fixture
def rules(tmp_path):
    (tmp_path / "map.json").write_text(json.dumps(RULES, indent=2))
    (tmp_path / "lines.jsonl").write_text("\n" + "".join(
        json.dumps({"name": name, "pattern": pattern}) + "\r\n" for name, pattern in RULES.items()))
    (tmp_path / "listed.json").write_text(json.dumps({"Rules": [
        {"Name": name, "EventPattern": json.dumps(pattern), "State": "ENABLED"} for name, pattern in RULES.items()] + [
            {"Name": "hourly", "ScheduleExpression": "rate(1 hour)"}]}))
    return tmp_path


EVENTS = [{"state": "open", "n": 1}, {"state": "done", "n": 9}, {"state": "odd", "n": 2}, {"state": "open", "n": 5}]


@pytest.mark.parametrize("file", ["map.json", "lines.jsonl", "listed.json"])
def test_rules(rules, file):
    done = match("--rules", file, cwd=rules, stdin=lines(*EVENTS))
    assert done.stderr == b"" and done.returncode == 0
    assert done.stdout.decode().splitlines() == [
        'open,few\t{"state": "open", "n": 1}', 'few,"odd, name\\t"\t{"state": "odd", "n": 2}',
        'open\t{"state": "open", "n": 5}']
    assert match("--rules=" + file, "-v", cwd=rules, stdin=lines(*EVENTS)).stdout == b'{"state": "done", "n": 9}\n'
    said = match("--rules", file, "--json", cwd=rules, stdin=lines(*EVENTS))
    assert [json.loads(line)["rules"] for line in said.stdout.splitlines()] == [
        ["open", "few"], ["few", "odd, name\t"], ["open"]]
    counted = match("--rules", file, "--json", "--count", cwd=rules, stdin=lines(*EVENTS))
    assert json.loads(counted.stdout) == {"file": "(standard input)", "lines": 4, "count": 3, "bad": 0,
                                          "rules": {"open": 2, "few": 2, "odd, name\t": 1}}


@pytest.mark.parametrize("text, said", [
    ("", "column 1"), ("[]", "neither"), ("{}", "holds no rule"), ('{"a":[]}', "rule 'a'"),
    ('{"a":{"x":[{"sounds-like":1}]}}', "rule 'a': Event pattern is not valid"),
    ('{"a":{"x":[1]},"a":{"x":[2]}}', "rule 'a': there is another one"),
    ('{"name":"a","pattern":{"x":[1]}}\n{"name":"a"', ":2: column "),
    ('{"name":"a","pattern":{"x":[1]}}\n{"pattern":{"x":[1]}}', "has no name"),
    ('{"name":"a","pattern":{"x":[1]}}\n{"name":"b"}', "rule 'b'"),
    ('{"name":"a","pattern":"{\\"x\\":[]}"}', "Empty arrays are not allowed")])
def test_files_of_rules_that_are_wrong(tmp_path, text, said):
    (tmp_path / "rules").write_text(text)
    done = match("--rules", "rules", cwd=tmp_path)
    assert done.returncode == 2 and done.stdout == b""
    assert "crema match: rules" in done.stderr.decode() and said in done.stderr.decode()


def test_rules_from_a_pipe(rules):
    (rules / "events.jsonl").write_bytes(lines(EVENTS[0]))
    done = subprocess.run(["bash", "-c", f"'{CREMA}' match --rules <(cat map.json) events.jsonl"], cwd=rules,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    assert (done.stdout, done.stderr) == (b'open,few\t{"state": "open", "n": 1}\n', b"")
    assert match("--rules", "-", "events.jsonl", cwd=rules, stdin=json.dumps(RULES).encode()).returncode == 0


def test_one_rule_to_a_line_may_be_one_line(tmp_path):
    (tmp_path / "rules").write_text('{"name":"a","pattern":{"x":[1]}}\n')
    assert match("--rules", "rules", cwd=tmp_path, stdin=b'{"x":1}').stdout == b'a\t{"x":1}\n'


# ---- explain ----

def test_explain():
    pattern = '{"state":["open",{"prefix":"o"}],"n":[{"exists":true}],"x":{"y":[1]}}'
    done = match("--explain", pattern, stdin=lines({"state": "done", "n": 1}, {"state": "open", "n": 1, "x": {"y": 1}}))
    assert done.returncode == 0
    text = done.stdout.decode()
    assert text.splitlines()[0] == "1: does not match, 1 of 3 places pass"
    assert len(text.splitlines()) == 5 and "2: " not in text
    rows = {tuple(line.split()[:3]) for line in text.splitlines()[1:]}
    assert ("FAIL", "state", '"open"') in rows and ("FAIL", "state", '{"prefix":"o"}') in rows
    assert ("pass", "n", '{"exists":true}') in rows and ("FAIL", "x.y", "1") in rows
    assert 'there: "done"' in text and "nothing is there" in text
    every = match("--explain=all", pattern, stdin=lines({"state": "open", "n": 1, "x": {"y": 1}}))
    assert every.stdout.decode().splitlines()[0] == "1: matches, 3 of 3 places pass"
    assert match("--explain", pattern, stdin=lines({})).returncode == 1


def test_explain_json():
    done = match("--explain=all", "--json", OPEN, stdin=lines({"state": "done"}, {"state": "open"}))
    said = [json.loads(line) for line in done.stdout.splitlines()]
    assert [(line["line"], line["matched"], line["event"]["state"]) for line in said] == [
        (1, False, "done"), (2, True, "open")]
    assert [line["explanation"]["Matched"] for line in said] == [False, True]
    (finding,) = said[0]["explanation"]["Findings"]
    assert (finding["Place"], finding["Values"], finding["Passed"]) == ("state", ['"done"'], False)


def test_explain_rules(rules):
    done = match("--rules", "map.json", "--explain", "--nearest=2", "--json", cwd=rules, stdin=lines(EVENTS[1]))
    said = json.loads(done.stdout)
    assert said["matched"] is False and len(said["nearest"]) == 2
    human = match("--rules", "map.json", "--explain", cwd=rules, stdin=lines(EVENTS[1])).stdout.decode()
    assert human.startswith("1: no rule matches; the nearest of 3 rules:\n  open: does not match, 0 of 1 places pass\n")


# ---- against a definition of its own, on thousands of lines ----

def values_at(event, path):
    found = [event]
    for name in path:
        found = [value[name] for value in found if isinstance(value, dict) and name in value]
    scalars = []
    while found:
        value = found.pop()
        if isinstance(value, list):
            found += value
        elif not isinstance(value, dict):
            scalars.append(value)
    return scalars


def same(a, b):
    return type(a) is type(b) and a == b or (type(a) in (int, float) and type(b) in (int, float) and a == b)


def wild(text, pieces):
    if not text.startswith(pieces[0]):
        return False
    at = len(pieces[0])
    for piece in pieces[1:-1]:
        at = text.find(piece, at)
        if at < 0:
            return False
        at += len(piece)
    return len(text) - at >= len(pieces[-1]) and text.endswith(pieces[-1])


def passes(test, value):
    if not isinstance(test, dict):
        return same(test, value)
    (kind, what), = test.items()
    is_text = isinstance(value, str)
    if kind == "numeric":
        compare = {"<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge, "=": operator.eq}
        return type(value) in (int, float) and all(compare[op](value, n) for op, n in zip(what[::2], what[1::2]))
    if kind == "anything-but":
        return not any(same(value, one) for one in (what if isinstance(what, list) else [what]))
    return is_text and {"prefix": value.startswith, "suffix": value.endswith,
                        "equals-ignore-case": lambda text: value.lower() == text.lower(),
                        "wildcard": lambda text: wild(value, text.split("*"))}[kind](what)


def matches(pattern, event, path=()):
    for name, below in pattern.items():
        if isinstance(below, dict):
            if not matches(below, event, path + (name,)):
                return False
            continue
        values = values_at(event, path + (name,))
        if not any(bool(values) == test["exists"] if isinstance(test, dict) and "exists" in test
                   else any(passes(test, value) for value in values) for test in below):
            return False
    return True


def some_word(chance):
    return "".join(chance.choice("abcé") for _ in range(chance.randrange(5)))


def some_value(chance):
    return chance.choice([lambda: some_word(chance), lambda: some_word(chance), lambda: chance.randrange(5),
                          lambda: chance.randrange(50) / 10, lambda: True, lambda: False, lambda: None,
                          lambda: [some_value(chance) for _ in range(chance.randrange(4))]])()


def some_test(chance):
    word = some_word(chance)
    stars = "*".join(some_word(chance) or "b" for _ in range(chance.randrange(2, 4)))
    return chance.choice([word, chance.randrange(5), None, True, {"prefix": word or "a"}, {"suffix": word or "a"},
                          {"equals-ignore-case": word.upper() or "A"}, {"wildcard": stars},
                          {"numeric": [">", chance.randrange(3), "<=", 3 + chance.randrange(3)]},
                          {"numeric": ["=", chance.randrange(5)]}, {"anything-but": [word, some_word(chance)]},
                          {"exists": chance.random() < 0.5}])


def some_event(chance):
    event = {name: some_value(chance) for name in "pqr" if chance.random() < 0.8}
    event["d"] = {name: some_value(chance) for name in "xyz" if chance.random() < 0.8}
    return event


def test_against_the_definition(tmp_path):
    chance = random.Random(20)
    events = [some_event(chance) for _ in range(3000)]
    rules = {}
    for number in range(60):
        pattern = {name: [some_test(chance) for _ in range(chance.randrange(1, 3))] for name in "pqr"
                   if chance.random() < 0.4}
        pattern["d"] = {name: [some_test(chance) for _ in range(chance.randrange(1, 3))] for name in "xyz"
                        if chance.random() < 0.4}
        if not pattern["d"]:
            pattern["d"] = {"x": [some_test(chance)]}
        rules[f"rule {number}"] = pattern
    (tmp_path / "rules.json").write_text(json.dumps(rules))
    done = match("--rules", "rules.json", "--json", cwd=tmp_path, stdin=lines(*events))
    assert done.stderr == b""
    found = {line["line"]: line["rules"] for line in map(json.loads, done.stdout.splitlines())}
    hits = 0
    for number, event in enumerate(events, 1):
        expected = [name for name, pattern in rules.items() if matches(pattern, event)]
        assert found.get(number, []) == expected, json.dumps(event)
        hits += len(expected)
    assert hits > 1000
    # One by one, the same again.
    for name in ("rule 0", "rule 1", "rule 2"):
        expected = [json.dumps(event).encode() for event in events if matches(rules[name], event)]
        assert match(json.dumps(rules[name]), stdin=lines(*events)).stdout.splitlines() == expected
