"""Collected items -> batches: runs of item numbers that one worker executes together.

Items that share a fixture wider than a function stay together, so that it is set up once; by
default so do the items of a file, because tests of one file often rely on each other's order.
A file that would keep one worker busy while the others are out of work is cut where no such
fixture is shared.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable
from typing import Any

import pytest

# Batches a worker gets on average: more even out lengths, fewer cost less switching.
BATCHES_PER_WORKER = 4
SHARED_SCOPES = frozenset({"class", "module", "package"})


class Schedule:
    """Batches yet to run, handed out from the front; a fixed one has them all reserved."""

    def __init__(self, batches: Iterable[list[int]], fixed_for: int = 0) -> None:
        """``fixed_for``: of how many workers each gets its batches now, whatever they take."""
        self.batches = deque(batches)
        self.reserved: dict[int, list[int]] = {}
        self.fixed = bool(fixed_for)
        if self.fixed:
            self.reserve_all(fixed_for)

    def reserve_all(self, workers: int) -> None:
        """The largest batch left goes to the worker with fewest tests."""
        shares: list[list[int]] = [[] for _ in range(workers)]
        for batch in sorted(self.batches, key=lambda batch: (-len(batch), batch)):
            min(shares, key=len).extend(batch)
        self.batches.clear()
        for worker, share in enumerate(shares):
            self.add_reserved(worker, share)

    def take(self, horizon: int, worker: int) -> list[int] | None:
        """The next batch for a worker, without items at or past ``horizon``."""
        batches = deque([self.reserved.pop(worker, [])])
        while batches or self.batches:
            next_batch = (batches or self.batches).popleft()
            batch = [index for index in next_batch if index < horizon]
            if batch:
                return batch
        return None

    def has_work(self, worker: int) -> bool:
        return bool(self.batches or self.reserved.get(worker))

    def reserve(self, worker: int, wanted: Callable[[int], bool]) -> None:
        """Keep what is wanted of the batches yet to run for one worker."""
        batches = list(self.batches)
        self.add_reserved(worker, [n for batch in batches for n in batch if wanted(n)])
        rest = ([n for n in batch if not wanted(n)] for batch in batches)
        self.batches = deque(batch for batch in rest if batch)

    def add_reserved(self, worker: int, indexes: list[int]) -> None:
        if indexes:
            self.reserved[worker] = sorted({*self.reserved.get(worker, []), *indexes})

    def give_back(self, indexes: list[int], worker: int) -> None:
        """Items of a worker that died before it came to them are next."""
        if self.fixed:
            self.add_reserved(worker, indexes)
        elif indexes:
            self.batches.appendleft(indexes)


def make_batches(
    items: list[pytest.Item],
    *,
    workers: int,
    dist: str,
    seconds: Callable[[pytest.Item], float],
) -> list[list[int]]:
    """Batches in collection order, save that those longer than a worker's share go first."""
    if workers == 1:
        return [list(range(len(items)))] if items else []
    weights = [seconds(item) for item in items]
    limit = sum(weights) / (workers * BATCHES_PER_WORKER)
    if dist in ("load", "worksteal"):
        return join_small(group_by(items, own_group), weights, limit)
    if dist in ("loadfile", "loadscope", "loadgroup"):
        return long_first(group_by(items, GROUPS[dist]), weights, limit)
    groups = group_by(items, file_group)
    pieces = [piece for group in groups for piece in cut(items, group, weights, limit)]
    return long_first(join_small(pieces, weights, limit), weights, limit)


def first_with(batches: list[list[int]], urgent: set[int]) -> list[list[int]]:
    """Batches that hold an urgent item go before the others."""
    return sorted(batches, key=urgent.isdisjoint)


def total(batch: list[int], weights: list[float]) -> float:
    return sum(weights[index] for index in batch)


def long_first(batches: list[list[int]], weights: list[float], limit: float) -> list[list[int]]:
    """A batch above its share, begun last, would keep one worker busy alone at the end."""
    return sorted(batches, key=lambda batch: -max(0.0, total(batch, weights) - 2 * limit))


def group_by(items: list[pytest.Item], key: Callable[[pytest.Item], str]) -> list[list[int]]:
    groups: dict[str, list[int]] = {}
    for index, item in enumerate(items):
        groups.setdefault(key(item), []).append(index)
    return list(groups.values())


def xdist_group(item: pytest.Item) -> str | None:
    mark = item.get_closest_marker("xdist_group")
    if mark is None:
        return None
    return "@" + str(mark.args[0] if mark.args else mark.kwargs.get("name", "default"))


def file_group(item: pytest.Item) -> str:
    return xdist_group(item) or item.nodeid.split("::", 1)[0]


def scope_group(item: pytest.Item) -> str:
    return item.nodeid.rsplit("::", 1)[0]


def own_group(item: pytest.Item) -> str:
    return xdist_group(item) or item.nodeid


GROUPS: dict[str, Callable[[pytest.Item], str]] = {
    "loadfile": file_group,
    "loadscope": scope_group,
    "loadgroup": own_group,
}


def join_small(groups: list[list[int]], weights: list[float], limit: float) -> list[list[int]]:
    """Neighbouring groups together, up to ``limit`` seconds a batch."""
    batches: list[list[int]] = []
    filled = limit
    for group in groups:
        weight = total(group, weights)
        if batches and filled + weight <= limit:
            batches[-1].extend(group)
            filled += weight
        else:
            batches.append(list(group))
            filled = weight
    return batches


def cut(
    items: list[pytest.Item], group: list[int], weights: list[float], limit: float
) -> list[list[int]]:
    """``group`` in pieces of about ``limit`` seconds; what shares a fixture stays together."""
    if total(group, weights) <= 2 * limit or xdist_group(items[group[0]]):
        return [group]
    pieces: list[list[int]] = [[group[0]]]
    filled = weights[group[0]]
    for previous, index in pairs(group):
        if filled >= limit and not share_fixture(items[previous], items[index]):
            pieces.append([])
            filled = 0.0
        pieces[-1].append(index)
        filled += weights[index]
    return pieces


def pairs(indexes: list[int]) -> Iterable[tuple[int, int]]:
    return zip(indexes, indexes[1:])


def share_fixture(left: pytest.Item, right: pytest.Item) -> bool:
    return bool(shared_definitions(left) & shared_definitions(right))


def shared_definitions(item: pytest.Item) -> set[int]:
    """Identities of the fixture definitions of class, module or package scope that it uses."""
    information: Any = getattr(item, "_fixtureinfo", None)
    if information is None:
        # Doctests and custom items: nothing known, so their collector is what they share.
        return {id(item.parent)}
    return {
        id(definition)
        for definitions in information.name2fixturedefs.values()
        for definition in definitions
        if definition.scope in SHARED_SCOPES
    }
