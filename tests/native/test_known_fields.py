"""Fields that native code knows the contents of: as interpreted, and no reference is lost."""

from __future__ import annotations

import sys

import pytest

from tests.native.observing import outcome

pytest.importorskip("dx_py.runtime_support._core")


class Pair:
    def __init__(self, x, y):
        self.x = x
        self.y = y

    def __repr__(self):
        return f"Pair({self.x!r}, {self.y!r})"


class Slots:
    __slots__ = ("x", "y")

    def __init__(self, x, y):
        self.x = x
        self.y = y

    def __repr__(self):
        return f"Slots({self.x!r}, {self.y!r})"


CASES = [(1.5, 2.5), (1, 2), (2**62, 2**62), ("a", "b"), (None, 1)]


def advance(p, q):
    before = p.x
    p.x = p.x + q.x
    p.y = p.x
    q.x = p.x
    p.x = p.x + p.y
    return before, p.x, p, q


def renew(cls, p, a):
    new = cls(p.x, a)
    new.x = new.y
    new.y = p.x
    p.x = new.x
    return new, p, cls(new.x, new.y)


@pytest.mark.parametrize("cls", [Pair, Slots])
def test_a_number_outlives_the_field_it_was_read_from(either, cls):
    compiled = either.compile(advance, (cls(300.5, 2.5), cls(1.5, 2.5)))
    for x, y in CASES:
        given, plain = (cls(x, y), cls(y, x)), (cls(x, y), cls(y, x))
        assert outcome(compiled, *given) == outcome(advance, *plain)
    same, again = cls(1.5, 2), cls(1.5, 2)
    assert outcome(compiled, same, same) == outcome(advance, again, again)


@pytest.mark.parametrize("cls", [Pair, Slots])
def test_fields_of_new_objects(either, cls):
    compiled = either.compile(renew, (cls, cls(1, 2), 3))
    for x, y in CASES:
        assert outcome(compiled, cls, cls(x, y), y) == outcome(renew, cls, cls(x, y), y)


def put_away(items, a, b):
    new = Pair(a, a)
    items[0] = new
    other = items[0]
    other.x = b
    new.x = a
    other.x = b
    return new


def test_what_an_alias_has_stored_is_released(either):
    compiled = either.compile(put_away, ([None], object(), object()))
    a, b, items = object(), object(), [None]
    before = sys.getrefcount(a), sys.getrefcount(b)
    for _ in range(10):
        assert compiled(items, a, b).x is b
    items.clear()
    assert (sys.getrefcount(a), sys.getrefcount(b)) == before


class Watcher:
    seen = None

    def __del__(self):
        Watcher.seen = sys._getframe(1).f_lineno


def replace_twice(p, a):
    p.x = a
    p.x = None
    return p


def test_what_a_field_held_is_finalized_there(native):
    compiled = native.compile(replace_twice, (Pair(1, 2), 3))
    told = []
    for function in (compiled, replace_twice):
        for make in (lambda: (Pair(Watcher(), 1), 5), lambda: (Pair(1, 2), Watcher())):
            Watcher.seen = None
            function(*make())
            told.append(Watcher.seen)
    assert told[:2] == told[2:]
    assert told[0] is not None


def forget(p, change):
    a = p.x
    change(p)
    return a, p.x, p.y


def test_python_code_may_change_a_field_meanwhile(either):
    def change(p):
        p.x, p.y = p.y, "new"

    def clear(p):
        del p.x

    compiled = either.compile(forget, (Pair(1, 2), change))
    for called in (change, clear, lambda p: vars(p).update(x=7), id):
        assert outcome(compiled, Pair(1, 2), called) == outcome(forget, Pair(1, 2), called)


def store_in_dict(p, d):
    a = p.x
    d["x"] = 5
    return a, p.x


def test_a_dict_may_be_an_instance_s(either):
    compiled = either.compile(store_in_dict, (Pair(1, 2), {"x": 1}))
    given, plain = Pair(1, 2), Pair(1, 2)
    assert outcome(compiled, given, vars(given)) == outcome(store_in_dict, plain, vars(plain))
