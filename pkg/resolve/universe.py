"""The candidates of each package as one list, so that requirements become bit masks over it.

A provider with ``mask_of`` (see `pubgrub`) gives the whole list at once. Of any other one
only answers to requirements are known: the list is what these have in common order, and it
can grow, upon which resolution starts again with the longer one.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from resolvelib import AbstractProvider


class UniverseGrewError(Exception):
    """More candidates are known than when the resolver first asked: start again."""


class Universes:
    """Candidates and masks of one provider."""

    def __init__(self, provider: AbstractProvider) -> None:  # type: ignore[type-arg]
        self._provider = provider
        self._mask_of = getattr(provider, "mask_of", None)
        self._candidates: dict[str, list[Any]] = {}
        self._masks: dict[tuple[str, int], int] = {}
        self._kept: list[Any] = []

    def refresh(self) -> None:
        """Forget what may be different after a `UniverseGrewError`."""
        self._masks.clear()
        if self._mask_of is not None:
            self._candidates.clear()

    def candidates(self, package: str) -> list[Any]:
        """Every candidate that is known of a package, best first."""
        known = self._candidates.get(package)
        if known is None:
            known = [] if self._mask_of is None else self._find(package, [])
            self._candidates[package] = known
        return known

    def mask(self, package: str, requirement: Any) -> int:  # noqa: ANN401
        """The candidates of ``package`` that satisfy ``requirement``."""
        key = (package, id(requirement))
        known = self._masks.get(key)
        if known is None:
            if self._mask_of is not None:
                known = int(self._mask_of(requirement, self.candidates(package)))
            else:
                known = self._mask_of_answer(package, self._find(package, [requirement]))
            self._masks[key] = known
            self._kept.append(requirement)  # an id is only good while its object lives
        return known

    def _find(self, package: str, requirements: list[Any]) -> list[Any]:
        found = self._provider.find_matches(
            package, _Iterators({package: requirements}), _Iterators({package: []})
        )
        return list(found() if callable(found) else found)

    def _mask_of_answer(self, package: str, answer: list[Any]) -> int:
        before = self._candidates.get(package)
        if before is None:
            self._candidates[package] = answer
            return (1 << len(answer)) - 1
        merged = merge_ordered(before, answer)
        if len(merged) != len(before):
            self._candidates[package] = merged
            raise UniverseGrewError(package)
        return sum(1 << index for index, each in enumerate(before) if each in answer)


class _Iterators(dict[str, Any]):
    """A new iterator at each access: providers look more than once."""

    def __getitem__(self, key: str) -> Iterator[Any]:
        return iter(super().get(key, ()))


def merge_ordered(first: list[Any], second: list[Any]) -> list[Any]:
    """The items of both, in an order that keeps each list's own where they agree."""
    merged = list(first)
    place = 0
    for item in second:
        if item in merged:
            place = merged.index(item) + 1
        else:
            merged.insert(place, item)
            place += 1
    return merged
