"""What tools see of native code: nothing of its tool, and the frames the interpreter has."""

from __future__ import annotations

import sys

import pytest

from tests.native.observing import run_program
from tests.native.test_programs import LAUNCHER, dx_py

TOOLS = """
import sys

monitoring = sys.monitoring


def total(n):
    result = 0
    for i in range(n):
        result += i
    return result


def queries():
    tool = monitoring.OPTIMIZER_ID
    return monitoring.get_tool(tool), monitoring.get_events(tool), monitoring._all_events()


for _ in range(4):
    total(100)
print(queries(), monitoring.use_tool_id.__name__)
returned = []
monitoring.use_tool_id(2, "a tool")
monitoring.register_callback(2, monitoring.events.PY_RETURN, lambda c, _, v: returned.append(v))
monitoring.set_events(2, monitoring.events.PY_RETURN)
print(monitoring._all_events(), monitoring.get_tool(2))
total(10)
monitoring.set_events(2, 0)
monitoring.free_tool_id(2)
print(queries(), returned[-2:], total(10))
"""


def test_no_query_shows_the_tiers_tool_and_others_see_all_returns(tmp_path):
    tmp_path.chmod(0o700)
    program = tmp_path / "tools.py"
    program.write_text(TOOLS, encoding="utf-8")
    native, said = dx_py(program)
    plain, _ = dx_py(program, "0")
    assert native == plain
    assert "functions compiled" in said


def raises_with_tracing(trace):
    sys.settrace(trace)
    sys._getframe().f_back.f_trace = trace
    raise RuntimeError


def is_traced_when_it_fails(trace):
    try:
        raises_with_tracing(trace)
    except RuntimeError:
        return


def traced(function):
    events = []

    def trace(frame, event, _):
        if frame.f_code.co_name != "traced":
            events.append((frame.f_code.co_name, event, frame.f_lineno))
        return trace

    before = sys.gettrace()
    try:
        function(trace)
    finally:
        sys.settrace(before)
    return events


def test_a_tracer_set_by_a_callee_sees_no_call_of_the_frame_that_fails(either):
    compiled = either.compile(is_traced_when_it_fails, (None,), (None,))
    assert traced(compiled) == traced(is_traced_when_it_fails)


def doubled(n):
    return n * 2


def test_another_evaluation_of_frames_sees_each_call(native):
    hooks = pytest.importorskip("_testinternalcapi")
    compiled = native.compile(doubled, (1,), (2,))
    seen = []
    hooks.set_eval_frame_record(seen)
    try:
        compiled(3), compiled(4)
    finally:
        hooks.set_eval_frame_default()
    assert seen == ["doubled", "doubled"]
    assert native.entries(compiled) == 0


IMPORTS = """
import sys

def trace(frame, event, argument):
    if not frame.f_code.co_filename.startswith("<frozen importlib"):
        print(frame.f_code.co_filename, frame.f_code.co_qualname, file=sys.stderr)

import first
sys.settrace(trace)
import second
sys.settrace(None)
"""


def test_a_tracer_sees_no_function_of_ours_in_an_import(tmp_path):
    tmp_path.chmod(0o700)
    program = tmp_path / "program.py"
    program.write_text(IMPORTS, encoding="utf-8")
    for name in ("first.py", "second.py"):
        (tmp_path / name).write_text("x = 1\n", encoding="utf-8")
    command = [LAUNCHER, "--python", sys.executable]
    ours = run_program(command, tmp_path, DX_JIT="1", DX_CACHE_DIR=str(tmp_path / "store"))
    assert ours == run_program([sys.executable], tmp_path)


AUDITED = """
import sys

def doubled(n):
    return n * 2

events = []
sys.addaudithook(lambda event, _: events.append(event))
print([doubled(n) for n in range(9)], events)
"""


def test_an_audit_hook_is_told_of_nothing_that_the_tier_does(tmp_path):
    tmp_path.chmod(0o700)
    program = tmp_path / "program.py"
    program.write_text(AUDITED, encoding="utf-8")
    command = [LAUNCHER, "--python", sys.executable]
    ours = run_program(command, tmp_path, DX_JIT="sync", DX_CACHE_DIR=str(tmp_path / "store"))
    assert ours == run_program([sys.executable], tmp_path)


def test_functions_are_compiled_under_an_audit_hook_where_that_is_asked_for(tmp_path):
    tmp_path.chmod(0o700)
    program = tmp_path / "program.py"
    program.write_text(AUDITED + "import os\nprint(len(events), os.environ)", encoding="utf-8")
    command = [LAUNCHER, "--python", sys.executable]
    settings = {"DX_JIT": "sync", "DX_CACHE_DIR": str(tmp_path / "store")}
    told = str(run_program(command, tmp_path, DX_JIT_AUDITED="1", **settings))
    assert "marshal.loads" in told
    assert "DX_JIT_AUDITED" not in told
