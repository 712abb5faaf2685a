"""Attributes of instances with a real dict, and names the program assigns to again."""

from __future__ import annotations

import sys

import pytest

from tests.native.observing import outcome

core = pytest.importorskip("dx_py.runtime_support._core")


class Wide:
    """Its instances get more attributes than the shared keys have room for."""

    def __init__(self, n):
        self.n = n

    def fill(self):
        self.a = self.n
        self.b = self.a + 1
        self.c = self.b + 1

    def total(self):
        return self.a + self.b + self.c + self.n


def read(things):
    t = 0
    for thing in things:
        t += thing.a + thing.b * thing.c
        t += thing.total()
    return t


def write(things, value):
    for thing in things:
        thing.a = value
        thing.c = thing.a
    return sum(vars(thing)["c"] for thing in things)


def filled(count=60):
    things = [Wide(i) for i in range(count)]
    for thing in things:
        thing.fill()
    return things


def is_in_dict(thing):
    return core.attribute(Wide, sys.intern("c")) == ("field", 0, None) and "c" in vars(thing)


def test_attributes_in_dicts_are_read(either):
    compiled = either.compile(read, (filled(),))
    things = filled()
    assert is_in_dict(things[0])
    assert compiled(things) == read(things)
    del things[30].b
    things[40].total = lambda: 7
    assert outcome(compiled, things) == outcome(read, things)
    things[30].b = 2
    assert compiled(things) == read(things)


def test_attributes_in_dicts_are_stored(either):
    compiled = either.compile(write, (filled(), 1))
    things = [*filled(), Wide(1)]
    things[-1].c = 3
    value = object()
    before = sys.getrefcount(value)
    assert compiled(things, 5) == 5 * len(things)
    with pytest.raises(TypeError):
        compiled(things, value)
    assert sys.getrefcount(value) == before + 2 * len(things)
    assert list(vars(things[-1])) == ["n", "c", "a"]


def test_an_instance_whose_dict_is_replaced(either):
    compiled = either.compile(read, (filled(),))
    things = filled()
    things[3].__dict__ = {"n": 1, "c": 2, "b": 3, "a": 4}
    things[4].__dict__ = {5: 1, "n": 1, "c": 2, "b": 3, "a": 4}
    assert compiled(things) == read(things)


limit = 10


def below(xs):
    return [x for x in xs if x < limit]


def test_code_is_made_again_without_a_name_that_changes(native):
    global limit
    told = []
    core.set_change(lambda: told.append(core.is_changing(globals(), "limit")))
    compiled = native.compile(below, ([5, 15],))
    try:
        assert compiled([5, 15]) == [5]
        limit = 20
        assert compiled([5, 15]) == [5, 15]
        assert told == [True]
        native.compile_sampled(compiled)
        for value in (0, 10, 6):
            limit = value
            assert compiled([5, 15]) == below([5, 15])
        assert native.entries(compiled) == 3
    finally:
        limit = 10
        core.set_change(None)
