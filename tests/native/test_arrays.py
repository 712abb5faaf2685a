"""Arrays of the standard library natively: each kind of item, its limits, indexes beyond."""

from __future__ import annotations

import sys
from array import array
from types import ModuleType, SimpleNamespace

import pytest

from dx_py.runtime_support import native_program
from dx_py.runtime_support.native_links import Links
from tests.native.observing import outcome

core = pytest.importorskip("dx_py.runtime_support._core")

VALUES = {code: 1 << 8 * array(code).itemsize for code in "bBhHiIlqLQ"}


def shift(xs, index, value):
    xs[index] = value
    t = xs[0]
    for i in range(len(xs)):
        t += xs[i]
    return t, xs[-1]


@pytest.mark.parametrize("code", "dfbBhHiIlqLQ")
def test_items(either, code):
    compiled = either.compile(shift, (array(code, [1, 2, 3]), 1, 4 if code > "f" else 4.0))
    top = VALUES.get(code, 1 << 70)
    for index in (0, 2, -3, 3, -4):
        for value in (1, 0.5, top - 1, top // 2 - 1, top // 2, top, -top // 2, -1, "x", 1e300):
            made = [array(code, [1, 2, 3]) for _ in range(2)]
            expected = outcome(shift, made[0], index, value)
            assert outcome(compiled, made[1], index, value) == expected
            assert made[0] == made[1]


def test_another_kind_of_array_and_a_list(either):
    compiled = either.compile(shift, (array("d", [1, 2, 3]), 1, 4.0))
    for xs in (array("i", [1, 2]), array("f", [1, 2]), [1, 2], array("d"), array("u", "ab")):
        made = [xs[:], xs[:]]
        assert outcome(compiled, made[0], 0, 1) == outcome(shift, made[1], 0, 1)


def test_an_array_of_a_class_of_the_program(either):
    class Doubled(array):
        def __getitem__(self, index):
            return 2 * super().__getitem__(index)

    compiled = either.compile(shift, (array("d", [1, 2, 3]), 1, 4.0))
    made = [Doubled("d", [1, 2]) for _ in range(2)]
    assert outcome(compiled, made[0], 0, 1.0) == outcome(shift, made[1], 0, 1.0)


def test_a_module_of_the_program_that_is_called_array_is_left_alone(monkeypatch):
    made = []
    module = ModuleType("array")
    module.array = type("array.array", (), {"__init__": lambda *given: made.append(given)})
    monkeypatch.setitem(sys.modules, "array", module)
    links = Links(core, native_program, SimpleNamespace)
    with pytest.raises(LookupError, match="no array of the standard library"):
        links.find_rows(("type:array.d",))
    assert made == []
    assert not core.know_array(module.array.__new__(module.array))
