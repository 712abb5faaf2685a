"""Whether compiling something warned, seen from the host's own list of warning filters."""

from __future__ import annotations

import sys


class WarningProbe:
    """A context in which the compiler's warnings are noticed, and silenced if asked.

    It stands first in the list of filters, as the pattern for a message: the host calls
    ``match`` with each message. No other state changes (the registries of what was already
    shown go by a version of the filters, which stays), and where nothing warns, no Python
    code runs.
    """

    def __init__(self, *, silence: bool) -> None:
        self._silence = silence
        self._filters: list[object] = []
        self._entry = ("ignore", self, Warning, None, 0)
        self.seen = False

    def match(self, message: str) -> bool:
        self.seen = True
        return self._silence

    def __enter__(self) -> WarningProbe:
        module = sys.modules.get("warnings") or sys.modules["_warnings"]
        self._filters = module.filters
        self._filters.insert(0, self._entry)
        return self

    def __exit__(self, *exception: object) -> None:
        if self._entry in self._filters:
            self._filters.remove(self._entry)
