"""Methods that are not plain: class and static methods, those of bases and of derived lists."""

from __future__ import annotations

import pytest

from dx_py.runtime_support import native_links, native_program
from tests.native.conftest import copy_of
from tests.native.observing import outcome

core = pytest.importorskip("dx_py.runtime_support._core")


class Shape:
    def __init__(self, size):
        super().__init__()
        self.size = size

    def area(self):
        return self.size * self.size

    @classmethod
    def named(cls, size):
        return cls.__name__, size

    @staticmethod
    def doubled(size):
        return size + size


class Framed(Shape):
    def __init__(self, size, frame):
        super().__init__(size)
        self.frame = frame

    def area(self):
        return super().area() + self.frame


class Plain(Shape):
    pass


class Hiding(Shape):
    pass


class Pile(list):
    def top(self):
        return self[-1] if len(self) else None


def areas(count):
    return [Framed(n, 1).area() for n in range(count)]


def of_classes(shapes):
    return [
        (s.named(1), type(s).__name__, Shape.named(2), Shape.doubled(s.size)) for s in shapes
    ]


def static(shapes):
    return [s.doubled(3) for s in shapes]


def pile(items):
    found = Pile()
    for item in items:
        found.append(item)
        if len(found) > 2:
            found.pop()
    for item in found:
        yielded = item
    return yielded, found.top(), found[0]


ROUTINES = (Shape.__init__, Shape.area, Framed.__init__, Framed.area, Shape.doubled, Pile.top)


def compiled(compiler, function, *arguments):
    function = copy_of(function)
    with compiler.sampling([function, *ROUTINES]):
        function(*arguments)
    return compiler.compile_sampled(function)


def test_methods_of_bases_are_called(either):
    assert compiled(either, areas, 9)(30) == areas(30)


def test_the_same_function_is_found_for_several_classes(either):
    shapes = [Framed(2, 1), Plain(3), Shape(4)] * 5
    assert compiled(either, static, shapes)(shapes) == static(shapes)
    assert compiled(either, of_classes, shapes)(shapes) == of_classes(shapes)


def test_methods_of_derived_lists_are_those_of_lists(either):
    function = compiled(either, pile, "abc")
    assert function("abcdef") == pile("abcdef")
    assert outcome(function, []) == outcome(pile, [])


def test_an_instance_may_hide_a_static_method(native):
    shapes = [Hiding(1) for _ in range(5)]
    function = compiled(native, static, shapes)
    shapes[2].doubled = lambda size: -size
    assert function(shapes) == [6, 6, -3, 6, 6]


@pytest.mark.parametrize(
    ("owner", "name"), [(Shape, "area"), (Framed, "area"), (Shape, "__init__")]
)
def test_a_method_of_a_base_may_be_replaced(native, monkeypatch, owner, name):
    function = compiled(native, areas, 9)
    original = getattr(owner, name)

    def other(self, *arguments):
        self.size = self.frame = 0
        return original(self, *arguments)

    monkeypatch.setattr(owner, name, other)
    assert function(5) == areas(5)


def test_a_derived_list_may_get_a_method_of_its_own(native, monkeypatch):
    function = compiled(native, pile, "abc")
    monkeypatch.setattr(Pile, "append", lambda self, item: self.insert(0, item), raising=False)
    assert function("xyz") == pile("xyz")


class Changed(native_links.Links):
    """As if one of the classes had a method of its own in the process that loads the code."""

    def find_rows(self, rows):
        Framed.doubled = staticmethod(lambda size: 0)
        try:
            super().find_rows(rows)
        finally:
            del Framed.doubled


def test_each_of_several_classes_must_still_have_the_function(native, monkeypatch):
    shapes = [Plain(1), Framed(1, 1)] * 3
    compiled(native, static, shapes)
    monkeypatch.setattr(native_links, "Links", Changed)
    with pytest.raises(LookupError, match="another function"):
        compiled(native, static, shapes)


def calls_unknown(n):
    return areas(n)


def test_a_description_is_incomplete_while_a_callee_is_to_be_sampled(native):
    function = copy_of(calls_unknown)
    with native.sampling([function]):
        function(3)
    assert native_program.describe(core, function)[1]
    core.sample(areas.__code__, (), True)
    assert not native_program.describe(core, function)[1]
    core.finish(areas.__code__)
    assert native_program.describe(core, function)[1]


def reads_wide(shapes):
    return [s.width for s in shapes]


def test_a_description_is_incomplete_while_a_class_has_no_such_instance(native, monkeypatch):
    """As in the next process, early on."""

    def new():
        kind = type("Kind", (Shape,), {"__module__": __name__})
        monkeypatch.setitem(globals(), "Kind", kind)
        return kind

    function, shape = copy_of(reads_wide), new()(1)
    shape.width = 1
    with native.sampling([function]):
        function([shape])
    assert native_program.describe(core, function)[1]
    later = new()
    assert not native_program.describe(core, function)[1]
    later(1).width = 1
    assert native_program.describe(core, function)[1]


def bound_by_a_loop(items):
    for item in items:
        last = item
    return [last, last, last]


def test_a_variable_is_checked_once(either):
    function = either.compile(bound_by_a_loop, ("ab",))
    assert outcome(function, "xyz") == outcome(bound_by_a_loop, "xyz")
    assert outcome(function, "")[0] is outcome(bound_by_a_loop, "")[0]
