"""The compile worker dies at any moment: the program does the same, and the store stays whole.

``DX_FAULT_RUNS=N`` kills N workers (``make faults-native``); ``make test`` a few.
"""

from __future__ import annotations

import json
import os
import random
import sys
import sysconfig
from pathlib import Path

import pytest

from dx_py.artifacts.artifact import decode
from tests.native.observing import run_program

LAUNCHER = Path(sysconfig.get_path("scripts")) / "dx-py"
RUNS = int(os.environ.get("DX_FAULT_RUNS", "4"))

#: A worker that ends itself in the midst of its ``count``-th step, of which stores are one.
WORKER = """\
#!/bin/sh
exec {python} -I -c 'import os, sys
from dx_py.artifacts.store import ArtifactStore
from dx_py.driver import compile_worker
left = [{count}]
def counted(function):
    def call(*arguments, **keywords):
        left[0] -= 1
        if left[0] == 0:
            os.kill(os.getpid(), 9)
        result = function(*arguments, **keywords)
        left[0] -= 1
        if left[0] == 0:
            os.kill(os.getpid(), 9)
        return result
    return call
compile_worker._answer = counted(compile_worker._answer)
compile_worker.compile_function = counted(compile_worker.compile_function)
ArtifactStore.put = counted(ArtifactStore.put)
ArtifactStore.record = counted(ArtifactStore.record)
exec(sys.argv[1])' "$3"
"""
PROGRAM = """
def work(n):
    t = 0.0
    for i in range(n):
        t += i * 0.5
    return t

def other(a, b):
    return a * b - a

for i in range(8):
    print(work(i), other(i, 2), other(i, 0.5))
"""


@pytest.mark.parametrize("seed", range(RUNS))
def test_a_killed_worker_changes_nothing(tmp_path, seed):
    tmp_path.chmod(0o700)
    (tmp_path / "program.py").write_text(PROGRAM, encoding="utf-8")
    worker = tmp_path / "worker"
    count = random.Random(seed).randint(1, 24)
    worker.write_text(WORKER.format(python=sys.executable, count=count), encoding="utf-8")
    worker.chmod(0o700)
    expected = run_program([sys.executable], tmp_path)
    store = tmp_path / "store"
    settings = {"DX_JIT": "sync", "DX_CACHE_DIR": str(store)}
    ours = [LAUNCHER, "--python", sys.executable, "run", f"--stats-json={tmp_path / 'told'}"]
    assert run_program(ours, tmp_path, **settings, DX_WORKER_PYTHON=str(worker)) == expected
    for path in (store / "v1" / "objects").glob("*/*"):
        decode(path.read_bytes())
    assert run_program(ours, tmp_path, **settings) == expected
    told = json.loads((tmp_path / "told").read_text(encoding="utf-8"))["native"]
    assert {f["name"] for f in told["functions"] if f["native"]} >= {"work", "other"}
