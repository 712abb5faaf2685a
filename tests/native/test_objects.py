"""Attributes, methods and instances natively, whatever the program does to its classes."""

from __future__ import annotations

import gc
import sys
import weakref

import pytest

from tests.native.conftest import copy_of
from tests.native.observing import outcome

core = pytest.importorskip("dx_py.runtime_support._core")


class Point:
    scale = 2

    def __init__(self, x, y):
        self.x = x
        self.y = y

    def total(self):
        return self.x + self.y

    def scaled(self, factor=3):
        return self.total() * factor

    @property
    def first(self):
        return self.x


class Further(Point):
    def total(self):
        return self.x - self.y


class Slotted:
    __slots__ = ("x", "y")

    def __init__(self, x, y):
        self.x = x
        self.y = y

    def total(self):
        return self.x * self.y


class Node:
    def __init__(self, value, following=None):
        self.value = value
        self.following = following


def same(function, reference, make):
    assert outcome(function, *make()) == outcome(reference, *make())


def get(p):
    return p.x


def put(p, v):
    p.x = v
    return p.x


def add_up(points):
    t = 0
    for p in points:
        t = t + p.x * p.scale + p.y
    return t


def call_all(points):
    t = 0
    for p in points:
        t = t + p.total()
    return t


def call_scaled(points):
    t = 0
    for p in points:
        t = t + p.scaled() + p.scaled(2) + p.scaled(factor=4) + p.first
    return t


def make(n):
    found = []
    for i in range(n):
        found.append(Point(i, y=2 * i).total())
    return found


def chain(n):
    head = None
    for i in range(n):
        head = Node(i, head)
    t = 0
    while head is not None:
        t += head.value
        head = head.following
    return t


def helper(a, b=10):
    if a > 5:
        raise ValueError(a)
    return a * b


def use_helper(n):
    t = 0
    for i in range(n):
        t += helper(i) + helper(i, 2) + helper(b=3, a=i)
    return t


@pytest.fixture
def known(either):
    """What the functions call was sampled before, as it is in a program."""
    points = [Point(1, 2), Point(3, 4)] * 3
    for p in (*points, Further(5, 6)):
        p.scaled()
    methods = [Point.__init__, Point.total, Point.scaled, Further.total, Slotted.total]
    methods += [Slotted.__init__, Node.__init__, Point.first.fget, helper]
    calls = {
        Point.__init__: [(Point(0, 0), 1, 2)] * 3,
        Slotted.__init__: [(Slotted(0, 0), 1, 2)] * 3,
        Node.__init__: [(Node(0), 1, None), (Node(0), 1, Node(1))],
        Slotted.total: [(Slotted(1, 2),)] * 3,
        Further.total: [(Further(1, 2),)] * 3,
        helper: [(1, 2), (3, 4)],
    }
    for method in methods:
        either.sample(method, *calls.get(method, [(Point(1, 2),)] * 3))
    return either


POINTS = {
    "points": lambda: ([Point(1, 2), Point(3, 4)],),
    "floats": lambda: ([Point(1.5, 2), Point(3, 4.0)],),
    "further": lambda: ([Point(1, 2), Further(3, 4), Point(5, 6)],),
    "slotted": lambda: ([Point(1, 2), Slotted(3, 4)],),
    "empty": lambda: ([],),
    "other": lambda: ([Point(1, 2), "s"],),
    "deleted": lambda: ([Point(1, 2), without_x()],),
    "dict": lambda: ([Point(1, 2), with_dict()],),
    "shadowing": lambda: ([Point(1, 2), shadowing()],),
    "huge": lambda: ([Point(2**62, 2**62), Point(2**70, 1)],),
}


def without_x():
    p = Point(1, 2)
    del p.x
    return p


def with_dict():
    p = Point(5, 6)
    p.__dict__["z"] = 1
    return p


def shadowing():
    p = Point(5, 6)
    p.total = lambda: 100
    return p


@pytest.mark.parametrize("case", POINTS)
@pytest.mark.parametrize("function", [add_up, call_all, call_scaled])
def test_points_of_any_kind(known, function, case):
    compiled = known.compile(function, ([Point(1, 2), Point(3, 4)],), ([Point(1, 2)],))
    same(compiled, function, POINTS[case])


@pytest.mark.parametrize("case", POINTS)
@pytest.mark.parametrize("function", [call_all, add_up])
def test_a_site_that_has_seen_several_classes(known, function, case):
    seen = [Point(1, 2), Further(3, 4), Slotted(5, 6)] * 2
    if function is add_up:
        seen = seen[:2]
    compiled = known.compile(function, (seen,), (seen,))
    same(compiled, function, POINTS[case])


@pytest.mark.parametrize("value", [1, 2.5, "s", None, 2**70])
@pytest.mark.parametrize("cls", [Point, Slotted, Further])
def test_stores(known, cls, value):
    compiled = known.compile(put, (cls(1, 2), 3), (cls(1, 2), 3.5))
    same(compiled, put, lambda: (cls(1, 2), value))
    same(compiled, put, lambda: (without_x(), value))
    same(compiled, put, lambda: (with_dict(), value))


def test_objects_are_made_and_die(known):
    compiled = known.compile(make, (5,), (6,))
    same(compiled, make, lambda: (40,))
    compiled = known.compile(chain, (5,), (6,))
    same(compiled, chain, lambda: (40,))


def test_attributes_of_a_made_object_are_in_the_order_of_stores(known):
    compiled = known.compile(make_one, (1, 2), (3, 4))
    assert list(vars(compiled(5, 6))) == ["x", "y"]


def make_one(a, b):
    return Point(a, b)


def test_functions_with_defaults_and_keywords_are_inlined(known):
    compiled = known.compile(use_helper, (4,), (5,))
    same(compiled, use_helper, lambda: (5,))
    same(compiled, use_helper, lambda: (8,))


def test_what_is_stored_is_counted_right(known):
    compiled = known.compile(put, (Point(1, 2), object()), (Point(1, 2), object()))
    p, values = Point(1, 2), [object() for _ in range(3)]
    before = [sys.getrefcount(v) for v in values]
    for _ in range(10):
        for v in values:
            compiled(p, v)
    del v
    p.x = None
    assert [sys.getrefcount(v) for v in values] == before


def test_the_finalizer_of_what_was_replaced_runs(known):
    class Noticed:
        def __del__(self):
            seen.append(sys._getframe(1).f_code.co_name)

    seen = []
    compiled = known.compile(put, (Point(1, 2), 3), (Point(1, 2), 4))
    p = Point(Noticed(), 2)
    compiled(p, 5)
    assert seen == ["put"]


def test_a_changed_method_is_called(known):
    compiled = known.compile(call_all, ([Point(1, 2)],), ([Point(3, 4)],))
    old = Point.total
    try:
        Point.total = lambda self: 1000
        same(compiled, call_all, POINTS["points"])
    finally:
        Point.total = old
    same(compiled, call_all, POINTS["points"])


def test_a_changed_default_is_used(known):
    compiled = known.compile(use_helper, (4,), (5,))
    old = helper.__defaults__
    try:
        helper.__defaults__ = (77,)
        same(compiled, use_helper, lambda: (5,))
    finally:
        helper.__defaults__ = old


def test_a_changed_code_object_is_used(known):
    compiled = known.compile(use_helper, (4,), (5,))
    old = helper.__code__
    try:
        helper.__code__ = (lambda a, b=10: a - b).__code__
        same(compiled, use_helper, lambda: (5,))
    finally:
        helper.__code__ = old


def test_a_class_given_to_a_live_object_is_noticed(known):
    def change(points):
        for p in points:
            p.__class__ = Further

    compiled = known.compile(twice, (Point(1, 2), list), (Point(1, 2), list))
    same(compiled, twice, lambda: (Point(5, 2), lambda p: change([p])))


def twice(p, between):
    a = p.total()
    between(p)
    return a, p.total()


def between_list(p):
    return p


def test_a_class_can_go_when_native_code_is_loaded(known):
    known.compile(call_all, ([Point(1, 2)],), ([Point(3, 4)],))

    class Local:
        pass

    compiled = known.compile(get, (Point(1, 2),), (Point(1, 2),))
    p = Local()
    p.x = 5
    assert compiled(p) == 5
    reference = weakref.ref(Local)
    del p, Local
    gc.collect()
    assert reference() is None


def frames(p):
    return p.scaled(Peeking())


class Peeking:
    def __rmul__(self, other):
        frame, found = sys._getframe(1), []
        while frame.f_code.co_filename == __file__ and len(found) < 4:
            found.append(
                (frame.f_code.co_name, frame.f_lineno, sorted(map(str, frame.f_locals)))
            )
            frame = frame.f_back
        return str(found[:2])


def test_an_inlined_frame_is_there_for_who_looks(known):
    compiled = known.compile(frames, (Point(1, 2),), (Point(1, 2),))
    assert compiled(Point(1, 2)) == frames(Point(1, 2))


def keep_frame(p):
    return p.scaled(Keeping())


class Keeping:
    def __rmul__(self, other):
        kept.append(sys._getframe(1))
        return other


kept: list[object] = []


def test_an_inlined_frame_that_is_kept_lives_on(known):
    compiled = known.compile(keep_frame, (Point(1, 2),), (Point(1, 2),))
    kept.clear()
    assert compiled(Point(1, 2)) == keep_frame(Point(1, 2)) == 3
    assert [f.f_code.co_name for f in kept[-2:]] == ["scaled", "scaled"]
    assert [f.f_back.f_code.co_name for f in kept[-2:]] == ["keep_frame", "keep_frame"]
    kept.clear()


LOOKED = []


class Looking:
    """Its finaliser notes the locals of the function it goes in."""

    def __del__(self):
        LOOKED.append(sorted(sys._getframe(1).f_locals))


def look(k):
    LOOKED.append(k)
    return Looking()


def let_go(k):
    t = look(k)
    del t
    return k


def lets_go(n):
    for i in range(n):
        let_go(i * 1000 % 1009)
    return n


def test_a_finaliser_sees_a_number_that_goes_next(native):
    function = copy_of(lets_go)
    native.sample_all([function, let_go], lambda: function(3))
    native.compile_sampled(function)
    LOOKED.clear()
    assert function(3) == 3
    assert LOOKED == [0, ["k"], 1000, ["k"], 991, ["k"]]
