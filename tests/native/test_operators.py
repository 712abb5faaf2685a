"""Operators and builtins on known classes, natively: what they give, and when they stop."""

from __future__ import annotations

import math
import tracemalloc

import pytest

from tests.native.observing import outcome

pytest.importorskip("dx_py.runtime_support._core")


class Vector:
    def __init__(self, x, y):
        self.x = x
        self.y = y

    def __add__(self, other):
        if not isinstance(other, Vector):
            raise TypeError(other)
        return Vector(self.x + other.x, self.y + other.y)

    def __mul__(self, factor):
        return Vector(self.x * factor, self.y * factor)

    __rmul__ = __mul__

    def __getitem__(self, index):
        return self.x if index == 0 else self.y

    def __call__(self, a):
        return self.x * a

    def __repr__(self):
        return f"Vector({self.x!r}, {self.y!r})"


class Loud(Vector):
    def __radd__(self, other):
        return "loud"


def combine(a, b):
    return a + b * 2, 3 * a, a[0], a[1], a(5)


def numbers(x, n):
    return math.sqrt(x) + math.sin(x) + abs(n), n / 3, x > n, len([x, n]), min(x, n)


def exchange(xs, i, value):
    old = xs[i]
    xs[i] = value
    xs.append(old)
    return xs.pop(), xs, not xs


def same_object(a, b):
    return a == b, a != b, isinstance(a, Plain), isinstance(b, int)


class Meta(type):
    pass


class Made(metaclass=Meta):
    pass


def are_classes(a):
    return isinstance(a, type), isinstance(a, object), isinstance(a, Meta)


def is_of_a_local_class(a):
    return isinstance(a, Local)


def test_a_metaclass_is_derived_from_type(either):
    compiled = either.compile(are_classes, (Made,))
    for argument in (Made, int, 5, Made()):
        assert outcome(compiled, argument) == outcome(are_classes, argument)


def hidden_classes():
    class Base:
        pass

    class Unrelated:
        pass

    return Base, Unrelated


HiddenBase, Local = hidden_classes()


class Known(HiddenBase):
    pass


def test_a_class_without_a_name_is_not_taken_for_another_one(either):
    compiled = either.compile(is_of_a_local_class, (Known(),))
    for argument in (Known(), Local(), 5):
        assert outcome(compiled, argument) == outcome(is_of_a_local_class, argument)


def is_no_class(a):
    return isinstance(a, callable)


def test_an_isinstance_that_fails_fails(either):
    compiled = either.compile(is_no_class, (5,))
    assert outcome(compiled, 5) == outcome(is_no_class, 5)


def make(x):
    return Plain(x)


class Plain:
    def __init__(self, x=None):
        self.x = x

    def __repr__(self):
        return "plain"


class Other(Plain):
    def __repr__(self):
        return "other"


def check(known, function, seen, cases):
    compiled = known.compile(function, *seen)
    for arguments in cases:
        assert outcome(compiled, *arguments()) == outcome(function, *arguments())


@pytest.fixture
def known(either):
    v = Vector(1, 2)
    either.sample(Vector.__init__, (v, 1, 2), (v, 1.5, 2.5))
    either.sample(Vector.__add__, (v, v), (v, Vector(1.5, 2)))
    either.sample(Vector.__mul__, (v, 2), (v, 3))
    either.sample(Vector.__getitem__, (v, 0), (v, 1))
    either.sample(Vector.__call__, (v, 2), (v, 1))
    either.sample(Plain.__init__, (Plain(), 1), (Plain(), 2))
    return either


def test_operators_of_the_programs_classes(known):
    cases = [
        lambda: (Vector(1, 2), Vector(3, 4)),
        lambda: (Vector(1.5, 2), Vector(3, 4.5)),
        lambda: (Vector(1, 2), Loud(3, 4)),
        lambda: (Vector(1, 2), 5),
        lambda: (Vector("a", []), Vector("b", [1])),
        lambda: (5, Vector(1, 2)),
    ]
    check(known, combine, [(Vector(1, 2), Vector(3, 4))] * 2, cases)


def test_functions_of_numbers(known):
    values = [(2.5, 3), (0.0, 7), (-1.0, 3), (1e300, 2**60), (2, 3.5), ("s", 1), (math.inf, 1)]
    cases = [lambda pair=pair: pair for pair in values]
    check(known, numbers, [(2.5, 3), (1.5, 4)], cases)


def test_items_of_lists_are_exchanged(known):
    values = [(0, "x"), (-1, None), (5, 1), (True, 2.5), ("s", 1)]
    cases = [lambda pair=pair: ([1, "a", 2.5], *pair) for pair in values]
    check(known, exchange, [([1, "b"], 0, "c"), ([[], 2], 1, None)], cases)


def test_objects_without_comparison_are_equal_to_themselves(known):
    p = Plain()
    cases = [
        lambda: (p, p),
        lambda: (p, Plain()),
        lambda: (Other(), p),
        lambda: (p, None),
        lambda: (1, p),
    ]
    check(known, same_object, [(Plain(), Plain()), (p, p)], cases)


def test_a_rebound_class_is_the_one_that_is_made(known):
    compiled = known.compile(make, (1,), (2,))
    assert repr(compiled(3)) == "plain"
    original = globals()["Plain"]
    globals()["Plain"] = Other
    try:
        assert repr(compiled(3)) == "other"
    finally:
        globals()["Plain"] = original


def test_a_method_of_the_class_that_appears_later_is_noticed(known):
    compiled = known.compile(same_object, (Plain(), Plain()), (Plain(), Plain()))
    Plain.__eq__ = lambda self, other: True
    try:
        assert compiled(Plain(), Plain())[0] is True
    finally:
        del Plain.__eq__
    assert compiled(Plain(), Plain())[0] is False


def mixed(pairs):
    out = []
    for a, b in pairs:
        out.append((a + b, a - b, a * b, a < b, a == b, a / b))
    return out


NUMBERS_OF_EITHER_CLASS = [(1, 2.5), (2.5, 1), (3, 4), (1.5, 2.5), (-7, 3)]


@pytest.mark.parametrize(
    "pair",
    [(2**80, 3), (3, 2**80), (2**80, 1.5), (1.5, 2**80), (2**31, 2**31), (-(2**62), 2.0**62)],
)
def test_numbers_of_either_class(either, pair):
    compiled = either.compile(mixed, (NUMBERS_OF_EITHER_CLASS,))
    assert repr(compiled(NUMBERS_OF_EITHER_CLASS)) == repr(mixed(NUMBERS_OF_EITHER_CLASS))
    assert repr(compiled([pair] * 3)) == repr(mixed([pair] * 3))


@pytest.mark.parametrize("pair", [(1, 0), (1.5, 0), (True, 2), ("a", 2), (float("nan"), 1)])
def test_what_is_no_such_number_is_the_interpreters(either, pair):
    compiled = either.compile(mixed, (NUMBERS_OF_EITHER_CLASS,))
    assert outcome(compiled, [pair]) == outcome(mixed, [pair])


def roots(xs):
    return [(math.sqrt(x), math.fabs(x)) for x in xs]


def test_functions_of_numbers_of_either_class(either):
    compiled = either.compile(roots, ([1, 2.0],))
    assert compiled([4, 2.25, 2**70, True]) == roots([4, 2.25, 2**70, True])
    assert outcome(compiled, [-1, 1.0]) == outcome(roots, [-1, 1.0])


def sums(xs):
    t = 0.0
    for x in xs:
        t = t + x
    return t


def test_boxes_are_traced_like_the_hosts(native):
    """While memory is traced, the host makes and frees each box."""
    compiled = native.compile(sums, ([1.5, 2.5],))
    kept = [compiled([1.5, float(n)]) for n in range(200)]
    tracemalloc.start()
    traced = [compiled([2.5, float(n)]) for n in range(10)]
    assert all(tracemalloc.get_object_traceback(x) for x in traced)
    tracemalloc.stop()
    assert kept == [1.5 + n for n in range(200)]


def curves(x):
    return math.sin(x), math.cos(x), math.tan(x), math.atan(x), math.exp(x), math.log(x)


def arcs(x):
    return math.asin(x), math.acos(x)


@pytest.mark.parametrize("seen", [0.5, 1], ids=repr)
def test_functions_of_the_c_library(either, seen):
    values = [0.5, 1, 0, -0.0, 2.5, -3, 1e9, 2**62, 2**70, math.inf, math.nan, 710.0, "s", True]
    for function in (curves, arcs):
        compiled = either.compile(function, (seen,), (seen,))
        for value in values:
            assert outcome(compiled, value) == outcome(function, value)
