"""Displays, stars, slices, closures, context managers natively, also where they raise."""

from __future__ import annotations

import sys

import pytest

from tests.native.conftest import copy_of
from tests.native.observing import outcome

pytest.importorskip("dx_py.runtime_support._core")

calls = 0


def same(native, function, *calls):
    compiled = native.compile(function, *calls)
    for arguments in calls:
        assert outcome(compiled, *arguments) == outcome(function, *arguments)
    return compiled


def count_up(n):
    global calls
    for _ in range(n):
        calls += 1
    return calls


def displays(a, b):
    kept = {a, b}, {"x": a, "y": b}, {a: b, **{"z": 1}}, [*a, *b], {*a, *b}  # noqa: PIE800
    return kept, (*a, b), {x: 2 * x for x in a}, {2 * x for x in b}


def texts(a, b):
    return f"{a} {b!r:>6} {a!s:{b}} {a!a}"


def slices(xs, value):
    head, *middle, tail = xs
    xs[1:3] = value
    del xs[0]
    return head, middle, tail, xs, xs[::2], xs[-2:]


def keywords(**given):
    return given


def spread(args, given):
    return keywords(*args, **given, last=1)


def stars(a, b=2, *rest, c, d=4, **others):
    return a, b, rest, c, d, others


def adder(n):
    def add(x):
        nonlocal n
        n += x
        return n

    return add


def recursive(n):
    def down(k):
        return k + down(k - 1) if k else 0

    return down(n), [(lambda x=i: x + n)() for i in range(3)]


class Manager:
    def __init__(self, log, *, quiet=False):
        self.log, self.quiet = log, quiet

    def __enter__(self):
        self.log.append(sys._getframe(1).f_code.co_name)
        return 3

    def __exit__(self, kind, error, trace):
        self.log.append(kind)
        return self.quiet


def managed(manager, n):
    with manager as three:
        return three // n


class Base:
    def name(self, *more):
        return ("base", *more)

    letters = 4


class Derived(Base):
    def name(self, *more):
        return (*super().name(1, *more), super().letters)


def test_a_global_that_the_function_changes(either):
    compiled = either.compile(count_up, (3,))
    before = calls
    assert compiled(100) == before + 100 == calls


def test_displays(either):
    same(either, displays, ((1, 2), (3, 4)), ("ab", "cd"), (3, 4), ((1,), [[]]))


def test_texts(either):
    same(either, texts, (1.5, "10"), ("é", "\n"), ([1], {}), (3, "x"))


def test_slices(either):
    compiled = either.compile(slices, ([1, 2, 3, 4], [9]))
    for xs, value in (([1, 2, 3, 4, 5], "ab"), ([1, 2], []), ([1], 3), ((1, 2, 3), [1])):
        made = [(type(xs)(xs), value) for _ in range(2)]
        assert outcome(compiled, *made[0]) == outcome(slices, *made[1])


def test_calls_with_stars(either):
    mapping = {"a": 1}
    same(either, spread, ((), mapping), ((1,), {}), ((), {"last": 2}), ((), 5), ((), {1: 2}))


@pytest.mark.parametrize(
    ("args", "given"),
    [
        ((1,), {"c": 3}),
        ((1, 2, 3, 4), {"c": 5, "d": 6, "e": 7}),
        ((), {"a": 1, "c": 2, "b": 3}),
        ((1,), {}),
        ((), {"c": 1}),
        ((1,), {"a": 2, "c": 3}),
        ((1, 2, 3), {"c": [], "rest": 4}),
    ],
)
def test_parameters_with_stars(either, args, given):
    function = copy_of(stars)
    with either.sampling([function]):
        function(1, c=3)
    either.compile_sampled(function)
    called, expected = (
        outcome(lambda callee=callee: callee(*args, **given)) for callee in (function, stars)
    )
    assert called == expected
    # A call that binds no parameters is the interpreter's to refuse.
    assert either.entries(function) == (expected[0] is tuple)


def test_what_stars_gather_is_let_go(native):
    class Box:
        pass

    def gather(*boxes, **named):
        return len(boxes) + len(named)

    compiled = native.compile(gather, (Box(),))
    box = Box()
    before = sys.getrefcount(box)
    assert [compiled(box, box) for _ in range(3)] == [2, 2, 2]
    assert sys.getrefcount(box) == before


def test_variables_shared_with_closures(either):
    add = adder(3)
    with either.sampling([add]):
        add(1)
    either.compile_sampled(add)
    assert [add(2), add(10), adder(100)(1)] == [6, 16, 101]
    with pytest.raises(TypeError):
        add("x")
    assert add(1) == 17
    same(either, recursive, (4,), (0,))


def test_a_cell_without_a_value_is_an_error(either):
    def early(fill):
        if fill:
            later = 1

        def inner():
            return later

        return later + inner()

    same(either, early, (True,), (False,))


def test_context_managers(either):
    compiled = either.compile(managed, (Manager([]), 1))
    for n in (1, 0):
        for quiet in (False, True):
            logs = [], []
            results = [
                outcome(function, Manager(log, quiet=quiet), n)
                for function, log in zip((compiled, managed), logs, strict=True)
            ]
            assert results[0] == results[1]
            assert logs[0] == logs[1]
    assert outcome(compiled, 3, 1) == outcome(managed, 3, 1)


def test_methods_of_the_next_class(either):
    method = Derived.__dict__["name"]
    with either.sampling([method]):
        Derived().name(2)
    either.compile_sampled(method)
    assert Derived().name() == ("base", 1, 4)
    Base.name, kept = (lambda self, *more: more), Base.name
    try:
        assert Derived().name(5) == (1, 5, 4)
    finally:
        Base.name = kept
