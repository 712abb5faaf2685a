"""Is an environment still what the last ``sync`` left, for the same files and options?

The answer comes from stats alone. Anything that another tool or a person does to the
distributions of an environment changes one of them; any doubt means "no".
"""

from __future__ import annotations

import hashlib
import json
import os
from pathlib import Path
from typing import Any

from dx_py.pkg.commands.options import Arguments
from dx_py.pkg.environment import Environment
from dx_py.pkg.store_paths import save

_VERSION = 2
_STAMPED = ("METADATA", "RECORD", "direct_url.json")


class StateFile:
    """What `write` noted, `is_current` compares."""

    def __init__(self, environment: Environment, arguments: Arguments) -> None:
        self._environment = environment
        self._arguments = arguments
        # As typed: what a command adds to its own arguments later is no difference.
        self._options = [dict(arguments.values), dict(arguments.counts)]
        self._path = environment.state / "state"

    def is_current(self) -> bool:
        if self._arguments.flag("refresh") or self._arguments.flag("dry-run"):
            return False
        try:
            noted = json.loads(self._path.read_text(encoding="utf-8"))
            return bool(noted == self._describe())
        except (OSError, ValueError):
            return False

    def write(self) -> None:
        data = json.dumps(self._describe()).encode()
        save(self._path, data, store=self._environment.state)

    def _describe(self) -> list[Any]:
        arguments = self._arguments
        files = [*arguments.positional, *arguments.many("constraint")]
        return [
            _VERSION,
            self._options,
            [[path, _digest(Path(path))] for path in files],
            self._interpreter(),
            [_folder(path) for path in self._environment.searched],
        ]

    def _interpreter(self) -> list[Any]:
        python = self._environment.script_python
        real = python.resolve()
        config = self._environment.prefix / "pyvenv.cfg"
        return [
            str(python), python.lstat().st_ctime_ns, str(real), _stat(str(real)),
            _stat(str(config)),
            self._environment.interpreter.markers,
        ]  # fmt: skip


def _digest(path: Path) -> str:
    """The file with what it includes: an included file is named by its stat."""
    data = path.read_bytes()
    return hashlib.sha256(data).hexdigest() + "".join(
        str(_stat(str(path.parent / line.split()[-1])))
        for line in data.decode("utf-8", "replace").splitlines()
        if line.startswith(("-r", "-c", "--requirement", "--constraint"))
    )


def _folder(folder: Path) -> list[Any]:
    """The folder's own stamp, and those of its distributions' metadata."""
    base = str(folder)
    infos = sorted(
        entry.name
        for entry in os.scandir(base)
        if entry.name.endswith((".dist-info", ".egg-info", ".egg-link", ".pth"))
    )
    return [base, _stat(base), [[name, _info(f"{base}/{name}")] for name in infos]]


def _info(path: str) -> list[Any]:
    return [_stat(path), *(_stat(f"{path}/{name}") for name in _STAMPED)]


def _stat(path: str) -> list[int] | None:
    """None where there is nothing: that, too, is compared."""
    try:
        found = os.stat(path)  # noqa: PTH116 - hot
    except OSError:
        return None
    return [found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns]
