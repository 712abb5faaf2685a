"""What a run from scratch teaches its server: which modules collecting needs, in which order,
and which files were collected without an error or a warning.

Where collecting changed what imports may depend on (the environment, the folder), nothing is
taught, and such runs keep importing for themselves.
"""

from __future__ import annotations

import importlib.util
import json
import os
import sys
import warnings
from typing import Any

import pytest

from .inputs import Stamp, stamp_of

Import = tuple[str, str]
# pytest sets them itself while it collects.
OWN_VARIABLES = "PYTEST_"
LOADERS = frozenset({"SourceFileLoader", "ExtensionFileLoader", "AssertionRewritingHook"})


class ImportNotes:
    """Plug-in of a run from scratch; writes one line of JSON to a pipe and closes it.

    What tests import while they run is not noted: they may mean it to happen then.
    """

    def __init__(self, descriptor: int) -> None:
        self.descriptor = descriptor
        self.known: set[str] = set()
        self.collected: set[str] = set()
        self.found: list[Import] = []
        self.stamps: dict[str, Stamp] = {}
        self.is_silent = True
        self.state: Any = None

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionstart(self) -> None:
        self.known = set(sys.modules)
        self.state = import_state()

    def pytest_collectstart(self, collector: pytest.Collector) -> None:
        path = str(getattr(collector, "path", ""))
        self.collected.add(path)
        if isinstance(collector, pytest.File):
            self.stamps[path] = stamp_of(path)

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        self.is_silent = self.is_silent and report.passed

    def pytest_warning_recorded(self, when: str) -> None:
        self.is_silent = self.is_silent and when != "collect"

    def pytest_collection_finish(self) -> None:
        self.note()

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionfinish(self) -> None:
        self.known = set(sys.modules)

    @pytest.hookimpl(trylast=True)
    def pytest_unconfigure(self) -> None:
        self.note()
        taught = self.found if self.state == import_state() else []
        try:
            with os.fdopen(self.descriptor, "w", encoding="utf-8") as file:
                json.dump([taught, self.stamps if self.is_silent else {}], file)
        except BrokenPipeError:
            # The server was killed: there is nobody to teach, and the run is as good.
            return

    def note(self) -> None:
        for name, module in list(sys.modules.items()):
            if name not in self.known and self.is_repeatable(module):
                self.found.append((name, module.__file__))  # type: ignore[arg-type]

    def is_repeatable(self, module: object) -> bool:
        """Whether importing it by name gives the same; test files are pytest's to import."""
        path = getattr(module, "__file__", None)
        if not isinstance(path, str) or path in self.collected:
            return False
        loader = type(getattr(module, "__loader__", None)).__name__
        return loader in LOADERS and os.path.basename(path) != "conftest.py"


def read_notes(text: str | bytes) -> tuple[list[Import], dict[str, Stamp]]:
    imports, stamps = json.loads(text)
    silent = {path: tuple(s) if isinstance(s, list) else s for path, s in stamps.items()}
    return [tuple(pair) for pair in imports], silent


def import_state() -> tuple[str, dict[str, str]]:
    environment = {
        name: value for name, value in os.environ.items() if not name.startswith(OWN_VARIABLES)
    }
    return os.getcwd(), environment


def import_again(imports: list[Import]) -> int | None:
    """Import them; the number of the first that gave a warning, which a run would show."""
    with warnings.catch_warnings(record=True) as shown:
        warnings.simplefilter("always")
        for number, (name, path) in enumerate(imports):
            if not import_one(name, path):
                return number
            if shown:
                return number
    return None


def import_one(name: str, path: str) -> bool:
    """Import ``name`` if it still stands for ``path``; whether that, if tried, went well."""
    if name in sys.modules:
        return True
    try:
        found = importlib.util.find_spec(name)
        if found is not None and found.origin == path:
            importlib.import_module(name)
    except BaseException:
        # Whatever it is, the run is to meet it where it belongs.
        return False
    return True
