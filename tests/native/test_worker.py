"""The compile worker as programs see it: they do not wait, and outlive it."""

from __future__ import annotations

import marshal
import os
import sys

import pytest

from dx_py.driver import compile_worker
from dx_py.runtime_support.posted_requests import PostedRequests
from dx_py.runtime_support.worker_client import Worker
from tests.native.test_programs import LAUNCHER, run

pytestmark = pytest.mark.skipif(
    os.environ.get("DX_PORTABLE") == "1", reason="no worker where nothing is native"
)


def planned(function):
    return "plan", marshal.dumps(function.__code__), bytes(32)


def loops(n):
    total = 0
    for i in range(n):
        total += i
    return total


async def generates(n):
    yield n


def until(worker, answers, count):
    while len(answers) < count:
        worker.poll()
        os.sched_yield()


@pytest.fixture
def worker(tmp_path, monkeypatch):
    tmp_path.chmod(0o700)
    monkeypatch.setenv("DX_CACHE_DIR", str(tmp_path / "store"))
    return PostedRequests(Worker(sys.executable).start)


def test_answers_are_handed_out_in_the_order_of_the_questions(worker):
    answers = []
    worker.post(planned(loops), answers.append)
    worker.post(planned(generates), answers.append)
    worker.post(("no such request",), answers.append)
    assert answers == []
    until(worker, answers, 3)
    assert [answer[0] for answer in answers] == ["plan", "refused", "refused"]
    assert answers[1][1] == "asynchronous generator"


def test_a_message_larger_than_the_pipe_arrives(worker):
    answers = []
    worker.post(("no such request", b"x" * 1_000_000), answers.append)
    until(worker, answers, 1)
    assert answers == [("refused", "unknown request")]


def test_when_the_worker_dies_each_question_ends_and_the_next_starts_another(worker):
    answers = []
    worker.post(("die",), answers.append)
    worker.post((memoryview(b"").nbytes, {1, 2}, "refused as well"), answers.append)
    until(worker, answers, 2)
    output, _ = worker._pipes
    output.write(b"no marshalled data")
    worker.post(planned(loops), answers.append)
    until(worker, answers, 3)
    assert answers[2] is None
    worker.post(planned(loops), answers.append)
    until(worker, answers, 4)
    assert answers[3][0] == "plan"


def test_a_forked_child_asks_nothing(worker):
    answers = []
    worker.post(planned(loops), answers.append)
    child = os.fork()
    if child == 0:
        worker.post(planned(loops), answers.append)
        worker.poll()
        os._exit(len(answers))
    assert os.waitpid(child, 0)[1] == 0
    until(worker, answers, 1)


WAITING = """
import os
import sys


def step(n):
    total = 0
    for i in range(n):
        total += i * i % 7
    return total


def is_native():
    with open("/proc/self/maps") as maps:
        rows = [line.split() for line in maps]
    return any(row[1] == "r-xp" and len(row) == 5 for row in rows)


while not is_native():
    assert step(50) == 98
assert step(50) == 98
"""


def test_code_is_installed_while_the_program_runs(tmp_path):
    """It ends only when there is native code; how much of it there is then is chance."""
    tmp_path.chmod(0o700)
    program = tmp_path / "waiting.py"
    program.write_text(WAITING, encoding="utf-8")
    _, told = run(program, str(LAUNCHER), "--python", sys.executable, DX_JIT="1")
    assert " functions compiled, 0 from the store" in told
    assert " 0 functions compiled" not in told
    _, told = run(program, str(LAUNCHER), "--python", sys.executable, DX_JIT="1")
    assert " 0 from the store" not in told


@pytest.mark.parametrize("error", [AssertionError(), KeyError("x"), RecursionError("deep\nly")])
def test_a_defect_of_the_compiler_leaves_one_function_interpreted(monkeypatch, error):
    def fail(*_arguments, **_keywords):
        raise error

    monkeypatch.setattr(compile_worker, "compile_function", fail)
    kept = marshal.dumps(({}, ()))
    description = [(marshal.dumps(loops.__code__), kept, (), ())], (), (), (), (), ()
    request = {"program": description, "target": ("x", ""), "layout": (), "eager": False}
    refusal = compile_worker.compile_unit(request)
    assert refusal.startswith(f"internal error: {type(error).__name__}: ")
    assert "\n" not in refusal


EXCHANGED = """
import os

def double(n):
    return n * 2

def broken(*_, **__):
    raise AssertionError("called")

kept = dict(vars(os))
names = "read write open close fstat lstat stat pipe posix_spawn waitpid replace getpid".split()
for name in names:
    setattr(os, name, broken)
print([double(n) for n in range(9)])
vars(os).update(kept)
"""


def test_functions_of_os_that_a_program_exchanges_are_not_called(tmp_path):
    tmp_path.chmod(0o700)
    program = tmp_path / "exchanged.py"
    program.write_text(EXCHANGED, encoding="utf-8")
    printed, told = run(program, LAUNCHER, "--python", sys.executable, DX_JIT="sync")
    assert printed == "[0, 2, 4, 6, 8, 10, 12, 14, 16]\n"
    assert "dx-py: 1 functions compiled" in told
