"""Which undecided package is decided next: the one with the lowest rank.

Exact pins come before anything else is chosen, since no choice is lost with them; the others
in the order of discovery, which is breadth first. When the candidates of one package are
rejected over and over because of another that was decided before it, the two change places:
the choice is then made where the reasons are, and not by reading the metadata of every
version of the other.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

#: So many rejections by the same package are a pattern (uv's number, too).
_ENOUGH = 5

_EARLY, _EXACT, _LATE, _OTHER = range(4)

Rank = tuple[int, int, str]


class Priorities:
    """Packages are ranked by ``group_of`` their identifier: extras go with their package."""

    def __init__(self, group_of: Callable[[str], str]) -> None:
        self._group_of = group_of
        self._found: dict[str, int] = {}
        self._exact: set[str] = set()
        #: By the time of the swap: what was preferred first stays before what came later.
        self._early: dict[str, int] = {}
        self._late: set[str] = set()
        self._rejections: dict[tuple[str, str], int] = {}

    def discover(self, package: str, *, is_exact: bool) -> None:
        group = self._group_of(package)
        self._found.setdefault(group, len(self._found))
        if is_exact:
            self._exact.add(group)

    def rank(self, package: str) -> Rank:
        group = self._group_of(package)
        found = self._found.get(group, len(self._found))
        if group in self._early:
            return _EARLY, self._early[group], package
        if group in self._late:
            return _LATE, found, package
        return (_EXACT if group in self._exact else _OTHER), found, package

    def reject(self, package: str, because_of: Iterable[str]) -> list[str]:
        """Count that ``package`` was rejected; what is to be decided after it from now on.

        Two packages change places once, so this comes to an end.
        """
        group = self._group_of(package)
        others = {other: self._group_of(other) for other in because_of}
        passed = [other for other, of in others.items() if self._is_enough(group, of)]
        if passed:
            self._early.setdefault(group, len(self._early))
            self._late.update(others[other] for other in passed)
        return passed

    def _is_enough(self, rejected: str, other: str) -> bool:
        if rejected == other or self._rejections.get((other, rejected), 0) >= _ENOUGH:
            return False
        count = self._rejections.get((rejected, other), 0) + 1
        self._rejections[rejected, other] = count
        return count == _ENOUGH
