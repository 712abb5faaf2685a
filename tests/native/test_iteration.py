"""Loops over builtin containers, natively: as interpreted, also where they change or end."""

from __future__ import annotations

import sys

import pytest

from tests.native.observing import outcome

pytest.importorskip("dx_py.runtime_support._core")


def walk(x):
    seen = []
    for item in x:
        seen.append(item)
        if len(seen) > 9:
            break
    return seen


CONTAINERS = [
    (1, "b", 3.5),
    {"a": 1, 2: "c"},
    {"a": 1}.keys(),
    {"a": 1, "b": 2}.values(),
    {"a": 1, "b": 2}.items(),
    {3},
    frozenset({4}),
    b"bytes",
    bytearray(b"array"),
    "text",
    "täxt \u20ac",
    range(3),
]


@pytest.mark.parametrize("x", CONTAINERS, ids=lambda x: type(x).__name__)
def test_the_items_come_in_order(either, x):
    compiled = either.compile(walk, (x,))
    for other in (x, type(x)(()) if type(x) in (tuple, set, dict) else x, [1], "ab", 5):
        assert outcome(compiled, other) == outcome(walk, other)


def pairs(d, x, y):
    seen = []
    for key, value in d.items():
        seen.append((key, value))
    for i, item in enumerate(x):
        seen.append(i)
        seen.append(item)
    for a, b in zip(x, y, strict=False):
        seen.append((a, b))
    return seen


@pytest.mark.parametrize(
    ("d", "x", "y"),
    [
        ({}, [], []),
        ({"a": 1, 2: 3.5}, [1, 2], (3, 4)),
        ({"a": 1}, [1, 2, 3], [4]),
        ({"a": 1}, (1,), [4, 5, 6]),
        ({"a": 1}, "text", range(3)),
        ({"a": 1}, {1: 2}, {3: 4}),
    ],
)
def test_pairs_are_unpacked_without_a_tuple(either, d, x, y):
    compiled = either.compile(pairs, ({"a": 1, "b": 2}, [1, 2], [3, 4]), (d, x, y))
    for given in ((d, x, y), ({"k": None}, ["z"], [0])):
        assert outcome(compiled, *given) == outcome(pairs, *given)


def grow(d):
    seen = 0
    for key, value in d.items():
        d[key + "x"] = value
        seen += value
    return seen


def replace_keys(d):
    seen = []
    for key, value in d.items():
        seen.append(key)
        del d[key]
        d[key + "x"] = value
    return seen


@pytest.mark.parametrize("function", [grow, replace_keys])
def test_a_dict_that_changes_meanwhile_raises(either, function):
    compiled = either.compile(function, ({},), ({"a": 1},))
    assert outcome(compiled, {"a": 1, "b": 2}) == outcome(function, {"a": 1, "b": 2})


def take_two(iterator):
    for key, value in iterator:
        return key, value
    return None


def test_an_iterator_goes_on_where_a_loop_has_left_it(either):
    compiled = either.compile(take_two, (enumerate("abc"),), ({"a": 1}.items(),))
    for make in (lambda: enumerate("abc"), lambda: iter({"a": 1, "b": 2}.items())):
        given, plain = make(), make()
        assert compiled(given) == take_two(plain)
        assert list(given) == list(plain)


def end(d, iterator):
    for key, value in iterator:
        d[key] = value
    return next(iterator, "ended")


def test_an_iterator_that_has_ended_stays_so(either):
    compiled = either.compile(end, ({}, iter({"a": 1}.items())))
    for function in (compiled, end):
        d = {"a": 1, "b": 2}
        iterator = iter(d.items())
        assert function({}, iterator) == "ended"
        del d["a"]
        d["c"] = 3
        assert list(iterator) == []


class Watcher:
    seen = None

    def __del__(self):
        Watcher.seen = sys._getframe(1).f_lineno


def drop_last(make):
    n = 0
    for _x in make():
        n += 1
    _x = None
    return n, _x


@pytest.mark.parametrize("kind", [tuple, set, lambda items: dict.fromkeys(items, 1)])
def test_what_only_the_loop_held_is_finalized_at_its_end(native, kind):
    compiled = native.compile(drop_last, (lambda: kind([1, 2]),))
    told = []
    for function in (compiled, drop_last):
        Watcher.seen = None
        function(lambda: kind([Watcher()]))
        told.append(Watcher.seen)
    assert told[0] == told[1]
    assert told[0] is not None


def items_of(x, i):
    return x[i], x[-1], x[0]


@pytest.mark.parametrize("x", [b"abc", bytearray(b"abc"), "abc", "\u20ac\xe4"], ids=repr)
def test_items_of_bytes_and_characters_of_strings(either, x):
    compiled = either.compile(items_of, (x, 1))
    for i in (0, 1, -2, 3, -4, 2**70, True):
        assert outcome(compiled, x, i) == outcome(items_of, x, i)
    assert outcome(compiled, x[:0], 0) == outcome(items_of, x[:0], 0)


def numbered(x, start):
    return [(i, item) for i, item in enumerate(x, start)]


def test_numbers_beyond_machine_numbers(either):
    compiled = either.compile(numbered, ([1, 2], 0))
    for start in (0, sys.maxsize - 1, 2**70):
        assert outcome(compiled, [1, 2, 3], start) == outcome(numbered, [1, 2, 3], start)


EMPTY = "[list(), tuple(), dict(), set()]"
make_empty = eval(f"lambda: {EMPTY}")


def make_containers(x):
    return list(x), tuple(x), str(5), int(2.5), float(3), " ".join(["a"])


def test_builtin_classes_make_their_objects(either):
    compiled = either.compile(make_containers, ([1, 2],))
    for x in ([1, 2], (3,), range(2), "ab", 5):
        assert outcome(compiled, x) == outcome(make_containers, x)


def test_builtin_classes_make_empty_objects(either):
    assert outcome(either.compile(make_empty, ())) == outcome(make_empty)
