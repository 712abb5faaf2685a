"""Native code in want of memory: MemoryError, or the result, and nothing is broken afterwards.

The functions are those of ``test_deoptimization``. In each call one allocation fails, of the
first, the second, and so on, until a call needs none of them.
"""

from __future__ import annotations

import gc
import sys

import pytest

from tests.native import test_deoptimization as cases

core = pytest.importorskip("dx_py.runtime_support._core")
testcapi = pytest.importorskip("_testcapi")

#: Further ones are the host's, which makes an exception's traceback.
MOST = 40
#: Where the host finds no memory for a frame's object while it unwinds: interpreted, too.
HOSTS_OWN = "SystemError: error return without exception set"


def points():
    return [[1.5, 2.5], [3.5, 4.5]]


def makes_numbers(a, x):
    b = a * 3 + 5
    y = x * 2.5 - b
    return [b, a * b, y, y * x, b - 2**40], -y


#: The function, the calls that are sampled, and a call that goes another way.
CASES = {
    "an overflow": (cases.product, [(5, 3)], lambda: (70, 3)),
    "another class": (cases.total, [([1, 2, 3],)], lambda: ([1, 2, 3.5, 4],)),
    "a class with its own addition": (
        cases.total,
        [([1.5, 2.5],)],
        lambda: ([1.5, cases.Added(3), 2],),
    ),
    "an error": (cases.total, [([1, 2],)], lambda: ([1, "x"],)),
    "float arithmetic": (cases.polynomial, [(2.0, 1.0, 3.0)], lambda: (2.5, 1.0, 3.0)),
    "a division by zero": (cases.polynomial, [(2.0, 1.0, 3.0)], lambda: (0.0, 1.0, 3.0)),
    "a comparison": (cases.compare, [(1, 2), (2, 1)], lambda: (2**70, 1)),
    "a division that rounds": (cases.count, [(50, 7)], lambda: (50, -7)),
    "bits": (cases.bits, [(100,)], lambda: (50,)),
    "stores into lists": (cases.move, [(points(), 0.5)], lambda: (points(), 0.5)),
    "a tuple that cannot be stored into": (
        cases.move,
        [(points(), 0.5)],
        lambda: ([(1.5, 2.5)], 0.5),
    ),
    "defaults": (cases.with_default, [(1.0,), (1.0, 2.0)], lambda: (3.0,)),
    "boxes of numbers": (makes_numbers, [(2**40, 1.5), (2**41, 2.5)], lambda: (2**40, 1.5)),
    "an exception that is handled": (
        cases.guarded,
        [([1.0, 2.0], [1.0, 2.0])],
        lambda: ([1.0], [0.0, 2.0]),
    ),
}


def outcome_of(function, arguments, failing=None):
    """What the call says if the allocation of that number fails."""
    if failing is not None:
        testcapi.set_nomemory(failing, failing + 1)
    try:
        result = function(*arguments)
    except MemoryError:
        testcapi.remove_mem_hooks()
        return "memory"
    except Exception as error:
        testcapi.remove_mem_hooks()
        return f"{type(error).__name__}: {error}"
    finally:
        testcapi.remove_mem_hooks()
    return repr(result)


def outcomes_in_want(function, make_arguments):
    found, state = set(), core.thread_state()
    for failing in range(MOST):
        found.add(outcome_of(function, make_arguments(), failing))
        assert core.thread_state() == state
    return found


@pytest.mark.parametrize("name", CASES)
@pytest.mark.parametrize("rate", [0, 1, 7])
def test_an_allocation_that_fails_is_a_memory_error(native, name, rate):
    function, sampled, make_arguments = CASES[name]
    native.stress = rate > 0
    core.set_stress(20241122, rate)
    compiled = native.compile(function, *sampled)
    expected = outcome_of(function, make_arguments())
    allowed = {expected, "memory", HOSTS_OWN}
    found = outcomes_in_want(compiled, make_arguments)
    assert found <= allowed
    assert name != "boxes of numbers" or {expected, "memory"} <= found
    assert outcome_of(compiled, make_arguments()) == expected


def test_references_are_balanced_in_want_of_memory(native):
    compiled = native.compile(cases.total, ([1.5, 2.5],))
    item = cases.Added(3)
    xs = [1.5, item, 2.5]
    compiled(xs)
    before = sys.getrefcount(item), sys.getrefcount(xs)
    assert "memory" in outcomes_in_want(compiled, lambda: (xs,))
    gc.collect()
    assert (sys.getrefcount(item), sys.getrefcount(xs)) == before
