"""A run of ids need not make what they do not name: neighbouring files, other tests of a file.

pytest makes all items of a file and then picks those that are named. Leaving the others out
gives the same, if making them raises no error and no warning. That is known of a file that
an earlier run collected without either, when all that its collection read is as it was then.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

import pytest

from .inputs import Stamp, is_as_it_was


class NamedOnly:
    """Plug-in of a run that was forked from a template and names nothing but ids."""

    def __init__(self, ids: list[str], silent: Mapping[str, Stamp]) -> None:
        """``ids`` are absolute; ``silent``: files that were collected without a word."""
        #: Of each file, the first parts of the ids in it.
        self.wanted: dict[str, set[str]] = {}
        for name in ids:
            path, _, inner = name.partition("::")
            self.wanted.setdefault(path, set()).add(inner.partition("::")[0].partition("[")[0])
        self.known = {path for path in self.wanted if is_as_it_was(path, silent.get(path))}

    @pytest.hookimpl(tryfirst=True)
    def pytest_ignore_collect(self) -> bool:
        """pytest asks about what is beside the way to a named file, and about nothing else."""
        return True

    @pytest.hookimpl(tryfirst=True)
    def pytest_pycollect_makeitem(self, collector: Any, name: str) -> list[Any] | None:  # noqa: ANN401
        path = os.fspath(collector.path)
        if path not in self.known or not isinstance(collector, pytest.Module):
            return None
        return None if name in self.wanted[path] else []


def named_only(config: pytest.Config, silent: Mapping[str, Stamp]) -> NamedOnly | None:
    if config.option.pyargs or not all("::" in word for word in config.args):
        return None
    folder = os.fspath(config.invocation_params.dir)
    return NamedOnly(
        [os.path.normpath(os.path.join(folder, word)) for word in config.args], silent
    )
