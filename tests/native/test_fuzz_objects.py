"""Random programs with objects: natively and interpreted nobody sees a difference.

Compared are results, exceptions with their places, what callees see of their callers' frames,
warnings, finalizers and reference counts, with guards that fail once in so many times, and
with the collector running as often as it can. ``DX_FUZZ=N`` runs N programs.
"""

from __future__ import annotations

import gc
import os

import pytest

from tests.native.fuzz_objects import Program

core = pytest.importorskip("dx_py.runtime_support._core")

PROGRAMS = int(os.environ.get("DX_FUZZ", "6"))
FIRST = int(os.environ.get("DX_FUZZ_FIRST", "0"))
RATES = (0, 1, 2, 5, 23)


@pytest.fixture
def stressed():
    from tests.native.conftest import Native

    compiler = Native(stress=True)
    yield compiler
    compiler.close()


def differences(program, expected, rate):
    core.set_stress(20241122 + rate, rate)
    for case, wanted in enumerate(expected):
        before = core.thread_state()
        got = program.outcome(case)
        if got != wanted or core.thread_state() != before:
            return f"case {case}, one guard in {rate} fails:\n{got}\n{wanted}\n{program.source}"
    return ""


@pytest.mark.parametrize("seed", range(FIRST, FIRST + PROGRAMS))
def test_a_random_program_is_seen_to_do_the_same(stressed, seed):
    program = Program(seed)
    expected = [program.outcome(case) for case in range(Program.CASES)]
    stressed.sample_all(program.routines(), lambda: [program.outcome(c) for c in (0, 1)] * 2)
    compiled = stressed.compile_all(program.routines())
    thresholds = gc.get_threshold()
    try:
        for rate in RATES if compiled else ():
            assert not differences(program, expected, rate)
        gc.set_threshold(1, 1, 1)
        assert not differences(program, expected, 7)
    finally:
        gc.set_threshold(*thresholds)
        core.set_stress(1, 0)
        program.close()
