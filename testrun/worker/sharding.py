"""``--shard I/N``: the I-th of N parts of the collected tests, equal on every machine.

Whole files go to a part, so that fixtures are not set up on several machines; which part
depends only on the ids, so that shards need not talk to each other.
"""

from __future__ import annotations

import argparse

import pytest


class Sharding:
    """Plug-in: deselects what other shards run."""

    def __init__(self, index: int, count: int) -> None:
        self.index = index
        self.count = count

    @pytest.hookimpl(trylast=True)
    def pytest_collection_modifyitems(
        self, config: pytest.Config, items: list[pytest.Item]
    ) -> None:
        mine = set(parts(items, self.count)[self.index - 1])
        others = [item for item in items if item.nodeid.split("::", 1)[0] not in mine]
        if others:
            config.hook.pytest_deselected(items=others)
            items[:] = [item for item in items if item.nodeid.split("::", 1)[0] in mine]


def parts(items: list[pytest.Item], count: int) -> list[list[str]]:
    """Files in ``count`` parts: the largest file left goes to the part with fewest tests."""
    sizes: dict[str, int] = {}
    for item in items:
        file = item.nodeid.split("::", 1)[0]
        sizes[file] = sizes.get(file, 0) + 1
    filled: list[list[str]] = [[] for _ in range(count)]
    loads = [0] * count
    for file in sorted(sizes, key=lambda name: (-sizes[name], name)):
        target = loads.index(min(loads))
        filled[target].append(file)
        loads[target] += sizes[file]
    return filled


def shard(text: str) -> tuple[int, int]:
    index, _, count = text.partition("/")
    if index.isdigit() and count.isdigit() and 1 <= int(index) <= int(count):
        return int(index), int(count)
    raise argparse.ArgumentTypeError(f"'{text}' is no shard (I/N with I from 1 to N, as 2/5)")
