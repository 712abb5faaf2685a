"""Sets of environments, as canonical decision diagrams over what markers speak of.

    python_version >= '3.10' and sys_platform == 'linux'

becomes a node on the Python version with the cut 3.10, whose upper child is a node on
``sys_platform`` with the value ``linux``. Nodes are made once for what they say, so two
conditions hold for the same environments exactly if they are the same object.

Invariants: variables grow from a node to its children; a node has no two neighbouring
children (no value and the rest) that are the same; `ALWAYS` and `NEVER` are the only leaves.
"""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass
from functools import lru_cache, reduce
from typing import Any, Final

from packaging.version import Version

#: A place between Python versions: just before one, or (True) just after it.
Cut = tuple[Version, bool]


@dataclass(frozen=True, slots=True, order=True)
class Variable:
    """``rank`` orders the kinds: the Python version has 0 and cuts, all others values.

    A variable with ``negated`` is a comparison that is not looked into: ``name`` is its text,
    ``negated`` the text of its contrary, and its only value is ``""``, for "holds".
    """

    rank: int
    name: str
    negated: str = ""


PYTHON: Final = Variable(0, "python_full_version")


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Condition:
    """Child ``i`` is for ``keys[i]``, the last one for all other values.

    For the Python version ``keys`` are cuts, and child ``i`` is for what lies below
    ``keys[i]`` and not below the one before it.
    """

    variable: Variable
    keys: tuple[Any, ...]
    children: tuple[Condition, ...]

    def __and__(self, other: Condition) -> Condition:
        return _both(self, other)

    def __or__(self, other: Condition) -> Condition:
        return ~(~self & ~other)

    def __invert__(self) -> Condition:
        return _negation(self)

    def __sub__(self, other: Condition) -> Condition:
        return self & ~other

    def child(self, key: object) -> Condition:
        """What is left to hold once the variable has this value, or lies above this cut."""
        if self.variable.rank == PYTHON.rank:
            return self.children[bisect_right(self.keys, key)]
        return self.children[self.keys.index(key) if key in self.keys else -1]

    def __repr__(self) -> str:
        from dx_py.pkg.resolve.condition_text import condition_text

        return f"<Condition {condition_text(self) or 'always'}>"


_LEAF = Variable(1 << 30, "")
ALWAYS: Final = Condition(_LEAF, (), ())
NEVER: Final = Condition(_LEAF, (), ())
_LOWEST: Cut = (Version("0.dev0"), False)
_nodes: dict[tuple[Any, ...], Condition] = {}


def any_of(conditions: list[Condition]) -> Condition:
    return reduce(Condition.__or__, conditions, NEVER)


def equals(variable: Variable, value: str) -> Condition:
    return _node(variable, (value,), (ALWAYS, NEVER))


def from_cut(cut: Cut) -> Condition:
    """Python versions from this place on."""
    return _node(PYTHON, (cut,), (NEVER, ALWAYS))


def python_cuts(condition: Condition) -> tuple[Cut | None, Cut | None]:
    """Between which places all Python versions of the condition lie; None is unbounded."""
    if condition.variable != PYTHON:
        return None, None
    used = [index for index, child in enumerate(condition.children) if child is not NEVER]
    first, last = used[0], used[-1]
    lower = condition.keys[first - 1] if first else None
    upper = condition.keys[last] if last < len(condition.keys) else None
    return lower, upper


def pythons_of(condition: Condition) -> Condition:
    """The Python versions that some environment of the condition has, and no more."""
    if condition.variable != PYTHON:
        return condition if condition is NEVER else ALWAYS
    children = [child if child is NEVER else ALWAYS for child in condition.children]
    return _node(PYTHON, condition.keys, tuple(children))


def _node(
    variable: Variable, keys: tuple[Any, ...], children: tuple[Condition, ...]
) -> Condition:
    """The one node that says this, without what makes no difference."""
    if variable.rank == PYTHON.rank:
        kept = [i for i in range(len(keys)) if children[i] is not children[i + 1]]
    else:
        kept = [i for i in range(len(keys)) if children[i] is not children[-1]]
    if not kept:
        return children[-1]
    if len(kept) < len(keys):
        keys = tuple(keys[i] for i in kept)
        children = (*(children[i] for i in kept), children[-1])
    found = _nodes.get((variable, keys, children))
    if found is None:
        found = _nodes[variable, keys, children] = Condition(variable, keys, children)
    return found


@lru_cache(maxsize=1 << 16)
def _both(left: Condition, right: Condition) -> Condition:
    if left is right or right is ALWAYS:
        return left
    if left is ALWAYS:
        return right
    if left is NEVER or right is NEVER:
        return NEVER
    variable = min(left.variable, right.variable)
    keys = tuple(sorted({*_keys(left, variable), *_keys(right, variable)}))
    children = [
        _child(left, variable, place) & _child(right, variable, place)
        for place in _places(variable, keys)
    ]
    return _node(variable, keys, tuple(children))


def _keys(condition: Condition, variable: Variable) -> tuple[Any, ...]:
    return condition.keys if condition.variable == variable else ()


def _places(variable: Variable, keys: tuple[Any, ...]) -> tuple[Any, ...]:
    """One value for each child: below the first cut and on each cut, or each value and None."""
    return (_LOWEST, *keys) if variable.rank == PYTHON.rank else (*keys, None)


def _child(condition: Condition, variable: Variable, place: object) -> Condition:
    return condition.child(place) if condition.variable == variable else condition


@lru_cache(maxsize=1 << 16)
def _negation(condition: Condition) -> Condition:
    if condition is ALWAYS:
        return NEVER
    if condition is NEVER:
        return ALWAYS
    children = tuple(map(_negation, condition.children))
    return _node(condition.variable, condition.keys, children)
