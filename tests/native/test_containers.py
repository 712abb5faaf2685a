"""Slices and items of builtin containers, natively: as interpreted, at every bound."""

from __future__ import annotations

import sys

import pytest

from tests.native.observing import outcome

pytest.importorskip("dx_py.runtime_support._core")


def same(compiler, function, seen, *cases):
    """``seen`` and ``cases`` make fresh arguments: the functions change them."""
    compiled = compiler.compile(function, seen())
    for case in (seen, *cases):
        given, plain = case(), case()
        assert outcome(compiled, *given) == outcome(function, *plain)
        assert repr(given) == repr(plain)


def cut(x, a, b):
    return x[a:b], x[:b], x[a:], x[:]


BOUNDS = [(0, 2), (-2, -1), (2, 1), (-9, 9), (0, 0), (3, 2**70), (-(2**70), 2), (True, 2)]


@pytest.mark.parametrize(
    "make",
    [list, tuple, lambda items: "".join(map(str, items)), bytes],
    ids=["list", "tuple", "str", "bytes"],
)
def test_slices_have_the_items_between_their_bounds(either, make):
    cases = [lambda a=a, b=b: (make((1, 2, 3, 4)), a, b) for a, b in BOUNDS]
    same(either, cut, lambda: (make((1, 2, 3)), 1, 2), *cases, lambda: (range(5), 1, 3))


def whole(x):
    return x[:]


@pytest.mark.parametrize("value", [(1, 2), "text", b"bytes"])
def test_a_slice_of_all_of_an_immutable_is_the_object_itself(native, value):
    assert native.compile(whole, (value,))(value) is value


def turn(x, k):
    return x[k::-1], x[::-1], x[::2], x[k:0:-2], x[1:k]


def test_slices_with_a_step(either):
    cases = [lambda k=k: ([1, 2, 3, 4], k) for k in (0, -1, -9, 9, 2**70, None, "k")]
    same(either, turn, lambda: ([1, 2, 3], 1), *cases, lambda: ("text", 2))


def put(x, a, b, y):
    x[a:b] = y
    x[:1] = y
    return x


def test_assignment_to_a_slice_puts_the_items_there(either):
    cases = [lambda a=a, b=b: ([1, 2, 3, 4], a, b, [7, 8]) for a, b in BOUNDS]
    same(
        either,
        put,
        lambda: ([1, 2, 3], 1, 2, [9]),
        *cases,
        lambda: ([1, 2, 3], 0, 2, ()),
        lambda: ([1, 2, 3], 0, 2, (5, 6)),
        lambda: ([1, 2, 3], 0, 2, 7),
        lambda: ((1, 2), 0, 1, [7]),
    )


def put_itself(x):
    x[1:2] = x
    return x


def test_a_list_is_put_into_itself(either):
    same(either, put_itself, lambda: ([1, 2, 3],))


class Watcher:
    """Keeps what its finalizer sees of the frame that gave it up."""

    seen = None

    def __del__(self):
        frame = sys._getframe(1)
        Watcher.seen = frame.f_code.co_name, dict(frame.f_locals)["x"], frame.f_lineno


def replace_watched(x, y):
    x[0:1] = y
    return len(x)


def delete_watched(x, i):
    del x[i]
    return len(x)


@pytest.mark.parametrize(
    ("function", "argument"), [(replace_watched, [5]), (delete_watched, 0)]
)
def test_what_a_list_gives_up_is_finalized_when_the_list_is_changed(native, function, argument):
    compiled = native.compile(function, ([1, 2], argument))
    told = []
    for tried in (compiled, function):
        Watcher.seen = None
        tried([Watcher(), 2], argument)
        told.append(Watcher.seen)
    assert told[0] == told[1]
    assert told[0] is not None


def drop(x, i):
    del x[i]
    return x


def test_deletion_of_an_item(either):
    cases = [lambda i=i: ([1, 2, 3], i) for i in (0, 2, -3, 3, -4, 2**70, None)]
    same(either, drop, lambda: ([1, 2], 1), *cases, lambda: ({1: 2}, 1))


def work(x, i, y):
    x.append(y)
    x.insert(i, y)
    last = x.pop()
    add, take = x.append, x.pop
    add(last)
    return take(i), take(), x


def test_items_of_lists_come_and_go(either):
    cases = [lambda i=i: ([1, 2, 3], i, "y") for i in (0, 1, -1, -9, 9, 2**70)]
    same(
        either,
        work,
        lambda: ([1.5, 2], 1, 7),
        *cases,
        lambda: ([], 0, 5),
        lambda: ([], 5, 5),
        lambda: (bytearray(b"ab"), 0, 5),
    )


def exhaust(x):
    y = x[0]
    z = x.pop(0)
    if z > 1000:
        x.clear()
    z = None
    return [y, y + 1], x


def test_a_number_outlives_the_list_it_was_popped_from(either):
    same(either, exhaust, lambda: ([int("5000"), 2],), lambda: ([int("6000")],))


def grow(n):
    x = []
    for i in range(n):
        x.append(i)
    y = [i * 2 for i in range(n)]
    return x, y, sys.getsizeof(x), sys.getsizeof(y)


def test_lists_grow_by_the_same_steps(native):
    compiled = native.compile(grow, (3,))
    for n in (0, 1, 4, 5, 9, 100, 1000):
        assert compiled(n) == grow(n)


def change_while_sorted(x, y):
    def key(item):
        y.append(len(x))
        return item

    x.sort(key=key)
    return x, y


def test_a_list_that_is_being_sorted_looks_empty(either):
    same(either, change_while_sorted, lambda: ([3, 1, 2], []))


def test_references_are_balanced(native):
    compiled = native.compile(work, ([1, 2], 0, object()))
    item, items = object(), []
    before = sys.getrefcount(item)
    for _ in range(10):
        compiled(items, 0, item)
        items.clear()
    assert sys.getrefcount(item) == before


def join(x, y, n):
    z = x + y
    z += y
    x += y
    return z, x * n, x, y * 0


@pytest.mark.parametrize("make", [list, tuple, bytes], ids=lambda cls: cls.__name__)
def test_sequences_are_joined_and_repeated(either, make):
    cases = [lambda n=n: (make((1, 2)), make((3,)), n) for n in (0, -1, 3, True)]
    same(either, join, lambda: (make((1,)), make((2,)), 2), *cases, lambda: ([1], (2,), 2))


def test_a_repetition_without_memory_raises(native):
    compiled = native.compile(join, ([1], [2], 2))
    assert outcome(compiled, [1], [2], 2**62) == outcome(join, [1], [2], 2**62)


def turn_round(a):
    return ~a, -a, ~a & 5, 0 - -a


def test_numbers_are_inverted_and_negated(either):
    cases = [lambda a=a: (a,) for a in (0, -1, 2**62, -(2**63), 2**63 - 1, 2**70, True, 1.5)]
    same(either, turn_round, lambda: (7,), *cases[:-2], lambda: (1.5,))
