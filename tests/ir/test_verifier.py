"""Each invariant of the verifier, broken once."""

from __future__ import annotations

import pytest

from dx_py.ir.core import InvalidIRError, Op
from dx_py.ir.parser import parse_function
from dx_py.ir.verifier import check, verify


def function(*lines):
    return parse_function("\n".join(["function f {", *lines, "}"]))


VALID = ("b0(v0: obj):", "  jump b1(v0)", "b1(v1: obj):", "  return v1")


def test_a_valid_function_has_no_problem():
    assert [*check(function(*VALID))] == []


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        ((), "no entry block"),
        (("b0(v0: obj):", "  poll @0:1(v0 | )"), "does not end in its only terminator"),
        (("b0(v0: obj):", "  return v0", "  return v0"), "does not end in its only terminator"),
        (("b0():", "  jump b0()"), "edge to the entry block"),
        (("b0():", "  jump b1()", "b1(v0: obj):", "  return v0"), "0 arguments for 1"),
        (
            (
                "b0():",
                "  v1: i64 = const.i64 value=1",
                "  jump b1(v1)",
                "b1(v0: obj):",
                "  return v0",
            ),
            "i64 for parameter v0: obj",
        ),
        (("b0(v0: obj?):", "  return v0"), "operand v0 is obj\\?"),
        (("b0(v0: obj):", "  v1: i64 = float.add v0, v0", "  return v0"), "operand v0 is obj"),
        (("b0(v0: obj):", "  v1: i1 = box.i1 v2", "  return v0"), "v2 is not defined"),
        (("b0(v0: obj):", "  v1: obj = py.get_iter v0", "  return v1"), "frame state missing"),
        (("b0(v0: obj):", "  return v0 @0:1(v0 | )"), "frame state not wanted"),
        (
            (
                "b0(v0: obj, v9: i1):",
                "  branch v9 b1() b2()",
                "b1():",
                '  v1: obj<float> = const.float value=0x0p+0 slot="x"',
                "  jump b2()",
                "b2():",
                "  return v1",
            ),
            "v1 is not defined on every path",
        ),
        (
            (
                "b0(v0: obj):",
                "  v1: i64 = const.i64 value=1",
                "  v1: i64 = const.i64 value=2",
                "  return v0",
            ),
            "v1 is defined twice",
        ),
    ],
)
def test_a_broken_invariant_is_named(lines, message):
    with pytest.raises(InvalidIRError, match=message):
        verify(function(*lines), "in a test")


def test_a_use_in_a_frame_state_must_be_defined():
    broken = function("b0(v0: obj):", "  poll @0:1(v0, v7 | )", "  return v0")
    assert any("v7 is not defined" in problem for problem in check(broken))


def test_all_problems_are_collected():
    broken = function("b0(v0: obj):", "  poll", "  poll", "  return v0")
    assert len([*check(broken)]) == 2


def test_an_unknown_opcode_is_a_problem_not_a_crash():
    broken = function(*VALID)
    broken.entry.ops.insert(0, Op("no.such", []))
    assert any("unknown opcode" in problem for problem in check(broken))
