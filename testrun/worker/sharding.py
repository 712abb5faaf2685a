"""``--shard I/N``: the I-th of N parts of the collected tests, equal on every machine.

Whole files go to a part, so that fixtures are not set up on several machines; which part
depends only on the ids, so that shards need not talk to each other. Where there is a plan (the
build graph of ``--engine=ninja`` makes one, once), the parts are the plan's.

    test-plan   [[ids of part 1], [ids of part 2], ...]
"""

from __future__ import annotations

import argparse
import os
from collections.abc import Sequence

import pytest

from .artifact_file import replace_file, seal, unseal
from .run_file import COLLECTION, SCHEMA, read_run

PLAN = "test-plan"


class Sharding:
    """Plug-in: deselects what other shards run."""

    def __init__(self, shard: tuple[int, int], plan: str) -> None:
        self.index, self.count = shard
        self.plan = plan

    @pytest.hookimpl(trylast=True)
    def pytest_collection_modifyitems(
        self, config: pytest.Config, items: list[pytest.Item]
    ) -> None:
        mine = set(self.parts([item.nodeid for item in items])[self.index - 1])
        others = [item for item in items if item.nodeid not in mine]
        if others:
            config.hook.pytest_deselected(items=others)
            items[:] = [item for item in items if item.nodeid in mine]

    def parts(self, ids: list[str]) -> list[list[str]]:
        if not self.plan:
            return parts(ids, self.count)
        planned: list[list[str]] = read_run(self.plan, PLAN)
        unplanned = sorted(set(ids).difference(*planned))
        if unplanned:
            raise pytest.UsageError(f"'{unplanned[0]}' is in no part of '{self.plan}'")
        return planned


def parts(ids: Sequence[str], count: int) -> list[list[str]]:
    """Ids in ``count`` parts: the largest file left goes to the part with fewest tests."""
    files: dict[str, list[str]] = {}
    for name in ids:
        files.setdefault(name.split("::", 1)[0], []).append(name)
    filled: list[list[str]] = [[] for _ in range(count)]
    for file in sorted(files, key=lambda name: (-len(files[name]), name)):
        min(filled, key=len).extend(files[file])
    return filled


def write_plan(collection: str, count: str, plan: str) -> int:
    """The plan of a collection; of none, where collecting failed, which the runs will say."""
    ids: list[str] = []
    if os.path.exists(collection):
        with open(collection, "rb") as file:
            ids = unseal(file.read(), COLLECTION, SCHEMA)
    replace_file(plan, seal(PLAN, SCHEMA, parts(ids, int(count))))
    return 0


def shard(text: str) -> tuple[int, int]:
    index, _, count = text.partition("/")
    if index.isdigit() and count.isdigit() and 1 <= int(index) <= int(count):
        return int(index), int(count)
    raise argparse.ArgumentTypeError(f"'{text}' is no shard (I/N with I from 1 to N, as 2/5)")
