"""Whether native code pays is measured; what is measured of long calls is told once."""

from __future__ import annotations

import time

import pytest

core = pytest.importorskip("dx_py.runtime_support._core")

NEVER = 1 << 30


@pytest.fixture
def told():
    """What the core says of functions it has measured."""
    seen = []
    hooks = None, None, None, None, lambda function, what: seen.append((function, what))
    core.configure(*hooks, *[NEVER] * 6)
    core.set_trials(True)
    yield seen
    core.set_trials(False)
    core.configure(*[None] * 5, *[NEVER] * 6)


def wait(seconds):
    time.sleep(seconds)
    return seconds


def test_four_long_calls_decide(native, told):
    compiled = native.compile(wait, (0.0,))
    for _ in range(6):
        assert compiled(0.001) == 0.001
    (_, first), (_, second) = told
    assert first is ...
    assert second in (None, True)
    # Two of the calls that decided, and those after it if it pays.
    assert native.entries(compiled) == (2 if second is None else 4)


def test_what_is_known_to_pay_is_not_measured(native, told):
    compiled = native.compile(wait, (0.0,))
    core.end_trial(compiled.__code__)
    for _ in range(5):
        compiled(0.001)
    assert told == []
    assert native.entries(compiled) == 5
