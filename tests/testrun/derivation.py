"""What `--collect-only --static` says, beside what pytest collects."""

from __future__ import annotations

import itertools
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

DX = Path(sys.executable).with_name("dx-py")
COLLECT = ("--collect-only", "-q", "-p", "no:cacheprovider")


@dataclass(frozen=True)
class Listing:
    """The lines of a listing: exact ids, and groups by name with their reasons."""

    ids: list[str]
    groups: dict[str, str]

    def covers(self, name: str) -> bool:
        return any(is_in(name, group) for group in self.groups)


def is_in(name: str, group: str) -> bool:
    if group == "*":
        return True
    if group.endswith("::(doctests)"):
        return name.startswith(group.removesuffix("(doctests)"))
    return (
        name == group
        or name.startswith((f"{group}::", f"{group}["))
        or (group.endswith("/") and name.startswith(group.removeprefix("./")))
    )


def derived(project, *arguments, **environment) -> Listing:
    settings = {"PYTEST_PLUGINS": "", "PYTHONPATH": "", "DX_PYTHON": sys.executable}
    command = [str(DX), "test", "--collect-only", "--static", *arguments]
    run = project.run_program(command, settings | environment)
    assert run.errors == ""
    ids, groups = [], {}
    for line in first_block(run.output):
        dynamic = re.fullmatch(r"(.*?) \[dynamic: (.*)\]", line)
        if dynamic:
            groups[dynamic[1]] = dynamic[2]
        else:
            ids.append(line)
    return Listing(ids, groups)


def collected(project, *arguments, **environment) -> list[str]:
    settings = {"PYTEST_PLUGINS": "", "PYTHONPATH": ""} | environment
    run = project.plain(*COLLECT, *arguments, **settings)
    return [line for line in first_block(run.output) if "::" in line]


def first_block(output: str) -> Iterator[str]:
    """Lines up to the first empty one."""
    return itertools.takewhile(bool, output.splitlines())


def compare(project, *arguments, **environment) -> Listing:
    """The listing, once none of its ids is wrong, out of order or silently missed."""
    expected = collected(project, *arguments, **environment)
    listing = derived(project, *arguments, **environment)
    assert [name for name in expected if name in set(listing.ids)] == listing.ids
    known = set(listing.ids)
    assert [name for name in expected if name not in known and not listing.covers(name)] == []
    return listing
