"""The comparison of trees that long suites use misses nothing that a dump would show."""

from __future__ import annotations

import ast

import pytest

from tests.frontend.host_oracle import cases
from tests.frontend.same_tree import same_tree


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("1", "True"),
        ("1", "1.0"),
        ("0.0", "-0.0"),
        ("0j", "0.0"),
        ("'a'", "b'a'"),
        ("'a'", "u'a'"),
        ("x = 1", "del x"),
        ("f(a)", "f(a, a)"),
        ("a", " a".lstrip() + "\n\nb"),
        ("(a)", "a"),
        ("a\n", "\na\n"),
    ],
)
def test_different_trees_are_told_apart(one, other):
    trees = ast.parse(one), ast.parse(other)
    assert ast.dump(trees[0], include_attributes=True) != ast.dump(
        trees[1], include_attributes=True
    )
    assert not same_tree(*trees)


@pytest.mark.filterwarnings("ignore")
def test_equal_trees_are_equal():
    for source in cases("syntax.txt"):
        try:
            pair = ast.parse(source), ast.parse(source)
        except (SyntaxError, ValueError):
            continue
        assert same_tree(*pair), source


def test_positions_count_only_if_asked_for():
    assert same_tree(ast.parse("(a)"), ast.parse("a"), positions=False)
