"""Compile functions in the tests' own process: sample, compile, load, as the tier does."""

from __future__ import annotations

import contextlib
import gc
import hashlib
import marshal
import os
import sys
import threading
from types import FunctionType

import pytest

try:
    from dx_py.runtime_support import _core
except ImportError:
    _core = None


def why_not():
    if os.environ.get("DX_PORTABLE") == "1":
        return "DX_PORTABLE=1: the native tier is off"
    if _core is None:
        return "the runtime core was not built"
    return _core.refusal()


def pytest_collection_modifyitems(items):
    reason = why_not()
    if reason is not None:
        for item in items:
            if "tests/native" in item.path.as_posix():
                item.add_marker(pytest.mark.skip(reason=reason))


def copy_of(function):
    """The same function with a code object of its own."""
    code = function.__code__.replace()
    named = function.__globals__, function.__name__, function.__defaults__
    copied = FunctionType(code, *named, function.__closure__)
    copied.__kwdefaults__ = function.__kwdefaults__
    return copied


class Native:
    """``compile`` samples the calls it is given and gives a copy with native code."""

    def __init__(self, *, stress):
        from dx_py.backend.llvm.native_function import Target

        self.core = _core
        self.stress = stress
        self.target = Target(*_core.target(), _core.layout())
        monitoring, events = sys.monitoring, sys.monitoring.events
        self.tool = monitoring.OPTIMIZER_ID
        monitoring.use_tool_id(self.tool, "dx-py tests")
        monitoring.register_callback(self.tool, events.INSTRUCTION, _core.instruction_event)
        monitoring.register_callback(self.tool, events.PY_START, _core.start_event)
        never = 1 << 30
        _core.configure(None, None, None, None, None, never, never, never, never, never, never)

    def close(self):
        _core.set_stress(1, 0)
        sys.monitoring.free_tool_id(self.tool)

    def sample(self, function, *calls):
        with self.sampling([function]):
            for arguments in calls:
                with contextlib.suppress(Exception):
                    function(*arguments)

    @contextlib.contextmanager
    def sampling(self, functions):
        """What the functions do meanwhile is sampled."""
        from dx_py.ir.profile_sites import profile_names, profile_sites
        from dx_py.runtime_support.native_program import remember

        codes, events = [function.__code__ for function in functions], sys.monitoring.events
        wanted = events.INSTRUCTION | events.PY_START
        for code in codes:
            _core.sample(code, tuple(profile_sites(code)), False)
            sys.monitoring.set_local_events(self.tool, code, wanted)
        yield
        for code in codes:
            sys.monitoring.set_local_events(self.tool, code, 0)
            _core.keep(code, marshal.dumps(profile_names(code), 0))
            remember(_core, code)
            _core.finish(code)

    def sample_all(self, functions, run):
        """Sample what ``run`` does in all of the functions."""
        from dx_py.ir.profile_sites import profile_names, profile_sites
        from dx_py.runtime_support.native_program import remember

        events = sys.monitoring.events
        codes = [function.__code__ for function in functions]
        for code in codes:
            _core.sample(code, tuple(profile_sites(code)), False)
            sys.monitoring.set_local_events(
                self.tool, code, events.INSTRUCTION | events.PY_START
            )
        run()
        for code in codes:
            sys.monitoring.set_local_events(self.tool, code, 0)
            _core.keep(code, marshal.dumps(profile_names(code), 0))
            remember(_core, code)
            _core.finish(code)

    def compile_all(self, functions):
        """Those of the functions that have native code now; the others stay interpreted."""
        from dx_py.backend.llvm.lowering import NoLoweringError
        from dx_py.ir.ssa_construction import UnsupportedError

        compiled = []
        for function in functions:
            with contextlib.suppress(UnsupportedError, NoLoweringError, LookupError):
                compiled.append(self.compile_sampled(function))
        return compiled

    def compile(self, function, *calls):
        """A native copy of the function, from what its calls with these arguments do."""
        function = copy_of(function)
        self.sample(function, *calls)
        return self.compile_sampled(function)

    def compile_sampled(self, function, loop=None):
        """The function gets native code, from samples taken before; or a loop of it that runs,
        given where that begins and the classes of what its frame holds."""
        from dx_py.backend.llvm.native_function import compile_function
        from dx_py.driver.compile_worker import read_program, used_classes, used_routines
        from dx_py.ir.environment import LoopEntry
        from dx_py.runtime_support import native_links, native_program

        described, _ = native_program.describe(_core, function)
        entry = None if loop is None else LoopEntry(*loop)
        native = compile_function(
            read_program(described), self.target, stress=self.stress, loop=entry
        )
        blob, lowered = native.blob, native.lowered
        links = native_links.Links(_core, native_program, function)
        paths, digests = used_routines(lowered.table, described)
        links.find_routines(paths, digests, lambda data: hashlib.sha256(data).digest())
        links.find_rows(lowered.table)
        links.check_classes(used_classes(lowered.table, described))
        assert _core.load_unit(
            function,
            blob.code,
            blob.entry,
            lowered.table,
            len(lowered.guards),
            *links.arguments(),
            *(() if loop is None else (loop[0], bytes(cls != "null" for cls in loop[1]))),
        )
        return function

    def exits(self, function):
        return sum(_core.unit_stats(function.__code__)["exits"])

    def entries(self, function):
        return _core.unit_stats(function.__code__)["entries"]


@pytest.fixture
def native():
    compiler = Native(stress=False)
    yield compiler
    compiler.close()


@pytest.fixture(params=[0, 1, 7, 50, "polls"], ids=lambda rate: f"stress={rate}")
def either(request):
    """Native code as it is; with each guard failing once in so many times, seeded; and with
    garbage collected and another thread running at each jump back."""
    at_polls = request.param == "polls"
    rate = 0 if at_polls else request.param
    compiler = Native(stress=rate > 0)
    _core.set_stress(20241122, rate)
    with disturbed_polls() if at_polls else contextlib.nullcontext():
        yield compiler
    compiler.close()


@contextlib.contextmanager
def disturbed_polls():
    """What may happen at a poll of native code happens at each."""
    ended = threading.Event()

    def make_garbage():
        while not ended.wait(0.0005):
            cycle = []
            cycle.append(cycle)

    # Or all of the tests' own objects would be looked at, each time.
    gc.freeze()
    thread = threading.Thread(target=make_garbage)
    thread.start()
    _core.set_poll_stress(True)
    try:
        yield
    finally:
        _core.set_poll_stress(False)
        ended.set()
        thread.join()
        gc.unfreeze()
