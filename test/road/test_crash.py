"""SIGKILL at random under mixed load, again and again on one folder. After each start:

1. every acknowledged event, log event, item and execution is there, once;
2. what was not acknowledged is there whole or not at all, never twice;
3. no effect inside the server happened twice: one event a workflow step, one log event an event;
4. every waiting execution goes on when its token comes.

CREMA_CRASH_CYCLES (20): how often. CREMA_CRASH_SEED: repeats the same choices.
"""
import os
import random
import subprocess
import threading
import time

import conftest
from conftest import SLOW
from ledger import GONE, Ledger, set_up, statuses, step, verify
from wire import Refused, Wire

CYCLES = int(os.environ.get("CREMA_CRASH_CYCLES", "20"))
SEED = int(os.environ.get("CREMA_CRASH_SEED", str(random.randrange(1 << 30))))


def worker(port, ledger, stopping, name, seed):
    choose = random.Random(seed)
    try:
        wire = Wire(port)
    except GONE:
        return
    number = 0
    while not stopping.is_set():
        number += 1
        one = f"{name}-{number}"
        kind = choose.choice(["event", "event", "log", "execution", "add", "answer"])
        try:
            step(wire, ledger, kind, one)
        except GONE:
            return
        except Refused as refused:
            raise AssertionError(f"{kind} {one}: {refused}") from refused


def test_nothing_acknowledged_is_lost_and_nothing_happens_twice(new_server):
    print(f"seed {SEED}")
    choose = random.Random(SEED)
    one = new_server("--logs-pack-age-ms", "20")  # packings are met, too
    wire = Wire(one.port, timeout=60 * SLOW)
    set_up(wire)
    ledger = Ledger()
    for cycle in range(CYCLES):
        stopping, failures = threading.Event(), []

        def guarded(*arguments):
            try:
                worker(*arguments)
            except AssertionError as failure:
                failures.append(failure)

        threads = [threading.Thread(target=guarded, args=(one.port, ledger, stopping, f"c{cycle}w{i}", choose.random()))
                   for i in range(6)]
        for thread in threads:
            thread.start()
        time.sleep(choose.uniform(0.05, 0.6) * SLOW)
        one.kill()
        stopping.set()
        for thread in threads:
            thread.join(timeout=60)
        assert not failures, failures[0]
        one.start()
        wire = Wire(one.port, timeout=60 * SLOW)
        running, tokens = verify(wire, ledger)
    assert ledger.acknowledged["event"] and ledger.acknowledged["execution"] and ledger.answered, "the load did nothing"
    for name, status in running.items():
        if status == "RUNNING":
            wire("states", "SendTaskSuccess", taskToken=tokens[name], output="{}")
            ledger.answered.add(name)
            ledger.answered_unknown.discard(name)
    verify(wire, ledger)
    assert set(statuses(wire).values()) == {"SUCCEEDED"}
    wire.close()
    assert one.stop() == 0
    checked = subprocess.run([conftest.CREMA, "check", one.data], stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                             text=True)
    assert checked.returncode == 0, checked.stdout
