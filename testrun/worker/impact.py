"""``--changed``: only files whose tests have not passed as they and all they import are now.

``--changed-first``: all files, beginning with those.

    key of a test file   SHA-256 of the file, what it imports of the project, directly or not,
                         the conftest files above it, the configuration and the interpreter
    remembered           the key with which all tests of the file last passed

Imports are read from source, those inside functions included; where a module is loaded, its own
file is what counts. Data files and imports by computed names are not seen.
"""

from __future__ import annotations

import ast
import hashlib
import json
import os
import sys
from collections.abc import Iterator, Sequence
from typing import Any

import pytest

from .artifact_file import keep_in_cache
from .index import cache_root, is_installed

SCHEMA = 1


class Impact:
    """Plug-in of the controller: deselects, or puts behind, what did not change; remembers what
    passed."""

    def __init__(self, config: pytest.Config) -> None:
        root = os.fspath(config.rootpath)
        name = hashlib.sha256(os.fsencode(root)).hexdigest()
        self.path = os.path.join(cache_root(), "v1", "impact", name[:2], name[2:])
        self.passed, self.imports = read(self.path)
        self.root = root
        self.common = common_digest(config)
        self.keys: dict[str, str] = {}
        self.partial: set[str] = set()
        self.left: dict[str, set[str]] = {}

    @pytest.hookimpl(trylast=True)
    def pytest_collection_modifyitems(
        self, config: pytest.Config, items: list[pytest.Item]
    ) -> None:
        for item in items:
            self.left.setdefault(file_of(item), set()).add(item.nodeid)
        closures = Closures(self.root, self.imports)
        self.keys = {file: self.key(file, closures) for file in self.left}
        changed = {file for file, key in self.keys.items() if self.passed.get(file) != key}
        others = [item for item in items if file_of(item) not in changed]
        items[:] = [item for item in items if file_of(item) in changed]
        if not config.option.dx_changed:
            items += others
        elif others:
            config.hook.pytest_deselected(items=others)

    def pytest_deselected(self, items: Sequence[pytest.Item]) -> None:
        self.partial.update(map(file_of, items))

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        file = report.nodeid.split("::", 1)[0]
        if report.failed:
            self.partial.add(file)
        elif report.when == "teardown":
            self.left.get(file, set()).discard(report.nodeid)

    def pytest_unconfigure(self) -> None:
        for file, left in self.left.items():
            if not left and file not in self.partial:
                self.passed[file] = self.keys[file]
        write(self.path, {"schema": SCHEMA, "passed": self.passed, "imports": self.imports})

    def key(self, file: str, closures: Closures) -> str:
        parts = [self.common]
        for path in sorted(closures.of(os.path.join(self.root, file))):
            parts += [os.path.relpath(path, self.root), closures.digest(path)]
        return hashlib.sha256("\0".join(parts).encode("utf-8", "surrogateescape")).hexdigest()


def file_of(item: pytest.Item) -> str:
    return item.nodeid.split("::", 1)[0]


def common_digest(config: pytest.Config) -> str:
    """Of what every test depends on."""
    ini = os.fspath(config.inipath) if config.inipath else ""
    return "\0".join([sys.version, pytest.__version__, content_digest(ini) if ini else ""])


def content_digest(path: str) -> str:
    try:
        with open(path, "rb") as file:
            return hashlib.sha256(file.read()).hexdigest()
    except OSError:
        return ""


class Closures:
    """Files of the project that a file imports; ``imports`` keeps names by content.

    Made when the collection has loaded what it loads.
    """

    def __init__(self, root: str, imports: dict[str, list[str]]) -> None:
        self.root = root
        self.imports = imports
        self.files = dict(loaded_modules(root))
        self.names = {path: name for name, path in self.files.items()}
        self.folders = [root, *(path for path in sys.path if path.startswith(root + os.sep))]
        self.digests: dict[str, str] = {}

    def digest(self, path: str) -> str:
        if path not in self.digests:
            self.digests[path] = content_digest(path)
        return self.digests[path]

    def of(self, path: str) -> set[str]:
        found = {path}
        waiting = [path, *self.conftests(path)]
        while waiting:
            current = waiting.pop()
            for imported in self.imported_by(current):
                if imported not in found:
                    found.add(imported)
                    waiting.append(imported)
            found.add(current)
        return found

    def conftests(self, path: str) -> Iterator[str]:
        folder = os.path.dirname(path)
        while folder.startswith(self.root):
            yield os.path.join(folder, "conftest.py")
            if folder == self.root:
                return
            folder = os.path.dirname(folder)

    def imported_by(self, path: str) -> Iterator[str]:
        digest = self.digest(path)
        if digest and digest not in self.imports:
            self.imports[digest] = sorted(set(imported_names(path)))
        package = self.package_of(path)
        for name in self.imports.get(digest, ()):
            yield from self.modules(absolute_name(name, package))

    def package_of(self, path: str) -> str:
        name = self.names.get(path, "")
        return name if path.endswith("__init__.py") else name.rpartition(".")[0]

    def modules(self, name: str) -> Iterator[str]:
        """The module's file, and those of the packages around it."""
        parts = name.split(".")
        for count in range(1, len(parts) + 1):
            name = ".".join(parts[:count])
            if name not in self.files:
                self.files[name] = self.located(parts[:count])
                self.names.setdefault(self.files[name], name)
            if self.files[name]:
                yield self.files[name]

    def located(self, parts: list[str]) -> str:
        """The file of a module that is not loaded yet; empty where there is none."""
        for folder in self.folders:
            base = os.path.join(folder, *parts)
            for path in (os.path.join(base, "__init__.py"), base + ".py"):
                if os.path.isfile(path):
                    return path
        return ""


def loaded_modules(root: str) -> Iterator[tuple[str, str]]:
    for name, module in list(sys.modules.items()):
        path = getattr(module, "__file__", None)
        if isinstance(path, str) and path.startswith(root + os.sep) and not is_installed(path):
            yield name, path


def absolute_name(name: str, package: str) -> str:
    """``..a.b`` seen from ``package``."""
    level = len(name) - len(name.lstrip("."))
    if not level:
        return name
    base = package.split(".")[: len(package.split(".")) - level + 1]
    return ".".join([*base, *filter(None, name.lstrip(".").split("."))])


def imported_names(path: str) -> Iterator[str]:
    """Names with their leading dots; of ``from a import b`` both ``a`` and ``a.b``."""
    try:
        with open(path, "rb") as file:
            tree = ast.parse(file.read())
    except (OSError, SyntaxError, ValueError):
        return
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            module = "." * node.level + (node.module or "")
            yield module
            joint = "" if module.endswith(".") else "."
            yield from (f"{module}{joint}{alias.name}" for alias in node.names)


def read(path: str) -> tuple[dict[str, str], dict[str, list[str]]]:
    """Nothing where the file is damaged or of another schema: then everything is changed."""
    try:
        with open(path, encoding="utf-8") as file:
            content: Any = json.load(file)
        if content["schema"] == SCHEMA:
            return strings(content["passed"]), lists(content["imports"])
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        pass
    return {}, {}


def strings(content: Any) -> dict[str, str]:  # noqa: ANN401
    return {str(name): str(value) for name, value in content.items()}


def lists(content: Any) -> dict[str, list[str]]:  # noqa: ANN401
    return {str(name): [str(part) for part in parts] for name, parts in content.items()}


def write(path: str, content: object) -> None:
    try:
        keep_in_cache(path, json.dumps(content, sort_keys=True).encode("utf-8"))
    except OSError:
        # Without it the next run takes everything for changed.
        return
