"""Dicts, sets and searches natively: plain keys without Python code, others as interpreted."""

from __future__ import annotations

import sys
from collections import namedtuple
from typing import ClassVar

import pytest

from tests.native.observing import outcome

pytest.importorskip("dx_py.runtime_support._core")


class Like:
    """Equal to a number, with its hash; keeps who has asked."""

    asked: ClassVar[list[str]] = []

    def __init__(self, value):
        self.value = value

    def __hash__(self):
        return hash(self.value)

    def __eq__(self, other):
        Like.asked.append(sys._getframe(1).f_code.co_name)
        return other == self.value

    def __repr__(self):
        return f"Like({self.value})"


Point = namedtuple("Point", "x y")
KEYS = [
    1,
    "a",
    2.0,
    True,
    None,
    (1, "a"),
    Point(1, (2, 3)),
    (1, [2]),
    [1],
    b"a",
    2**70,
    Like(1),
]


def use_dict(d, key):
    found = d[key], d.get(key), d.get(key, 7), key in d
    d[key] = 5
    d[key] = found
    return found, d


def use_dict_without(d, key):
    before = d.get(key), d.get(key, 7), key in d
    d[key] = 1
    return before, d[key], d


CONTENTS = ([], [1], [1, Like(2), "a"], [Like(1)], range(9), [(1, "a")])


@pytest.mark.parametrize("seen", [1, "a", (1, "a")], ids=repr)
@pytest.mark.parametrize("function", [use_dict, use_dict_without])
def test_keys_are_found_and_stored_in_dicts(either, function, seen):
    compiled = either.compile(function, ({seen: 1}, seen))
    for key in KEYS:
        for items in CONTENTS:
            given, plain = dict.fromkeys(items, 0), dict.fromkeys(items, 0)
            assert outcome(compiled, given, key) == outcome(function, plain, key)
            assert repr(given) == repr(plain)


def search(x, key):
    return key in x, key not in x


@pytest.mark.parametrize("make", [list, tuple, set, frozenset, dict.fromkeys])
def test_items_are_found_in_containers(either, make):
    compiled = either.compile(search, (make([1, 2]), 1))
    for key in KEYS:
        for items in ([], [1, 2], ["a", 2.0, None], [(1, "a")], [Like(1)], [0, Like(3), 1]):
            assert outcome(compiled, make(items), key) == outcome(search, make(items), key)


def test_who_is_asked_whether_it_is_equal_sees_who_asks(native):
    compiled = native.compile(search, ({1, 2}, 1))
    told = []
    for function in (compiled, search):
        Like.asked = []
        assert function({Like(1)}, 1) == (True, False)
        told.append(Like.asked)
    assert told == [["search", "search"]] * 2


def find_text(x, y):
    return y in x, x in y


def test_strings_are_found_in_strings(either):
    compiled = either.compile(find_text, ("abc", "b"))
    for x, y in (("abc", "abc"), ("\u20ac", "a"), ("", ""), ("a", 1), ("a", ["a"])):
        assert outcome(compiled, x, y) == outcome(find_text, x, y)


def combine(x, y):
    return x & y, x | y, x - y, x ^ y, x <= y, x < y, x >= y, x > y, x == y, x != y


@pytest.mark.parametrize("make", [set, frozenset])
def test_sets_are_combined_and_compared(either, make):
    compiled = either.compile(combine, (make([1, 2]), make([2, 3])))
    contents = [[], [1], [1, 2], ["a", None, (1, 2)], [Like(1)], range(40), [Like(2), 3]]
    for a in contents:
        for b in contents:
            assert outcome(compiled, make(a), make(b)) == outcome(combine, make(a), make(b))


def change(s, xs, key):
    s.add(key)
    xs.append(key)
    xs.remove(key)
    return len(s), xs


def test_items_are_added_and_removed(either):
    compiled = either.compile(change, (set(), [1, 2], 3))
    for key in KEYS:
        for items in ([], [1], [0, 1, 2], [Like(1), 1]):
            given, plain = (set(items), [*items]), (set(items), [*items])
            assert outcome(compiled, *given, key) == outcome(change, *plain, key)
            assert repr(given[1]) == repr(plain[1])


def remember(memo, key):
    try:
        return memo[key]
    except KeyError:
        memo[key] = key
    return None


def test_a_key_that_is_awaited_to_be_missing_costs_no_code(native):
    compiled = native.compile(remember, ({}, 1), ({1: 2}, 1))
    memo = {}
    assert [compiled(memo, key) for key in (1, 2, 1, 2)] == [None, None, 1, 2]
    assert native.exits(compiled) == 0


class Watcher:
    seen = None

    def __del__(self):
        Watcher.seen = sys._getframe(1).f_lineno


def replace_value(d, key):
    d[key] = 1
    return len(d)


def test_a_value_that_is_replaced_is_finalized_there(native):
    compiled = native.compile(replace_value, ({1: 2}, 1))
    told = []
    for function in (compiled, replace_value):
        Watcher.seen = None
        function({1: Watcher()}, 1)
        told.append(Watcher.seen)
    assert told[0] == told[1]
    assert told[0] is not None
