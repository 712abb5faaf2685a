"""Whole results of ``compile``: printed again while nothing they came from changed.

An entry names the files that were read with their digests, and the moment when the first
index page that was used becomes stale. Its key holds the options, the interpreter and the
configuration.
"""

from __future__ import annotations

import hashlib
import json
import os
import time
from pathlib import Path

from dx_py.artifacts.artifact import Artifact, decode_as, encode
from dx_py.artifacts.errors import DxError
from dx_py.pkg.commands.options import Arguments
from dx_py.pkg.store_paths import save

_KIND = "pkg-compile-result"
_SCHEMA = 1
#: Beyond files and options, what a result depends on.
_VARIABLES = ("VIRTUAL_ENV", "CONDA_PREFIX", "PATH")


class ResultCache:
    """``inputs`` are the files of the command line; what they include is found in them."""

    def __init__(self, store: Path, arguments: Arguments, inputs: list[str]) -> None:
        self._store = store
        self._inputs = inputs
        self._enabled = not any(
            arguments.flag(name) for name in ("no-cache-dir", "refresh", "refresh-result")
        )
        key = json.dumps(
            [
                arguments.values, arguments.counts, arguments.positional, str(Path.cwd()),
                {name: os.environ.get(name) for name in _VARIABLES},
            ],
            sort_keys=True,
        )  # fmt: skip
        digest = hashlib.sha256(key.encode("utf-8", "surrogatepass")).hexdigest()
        self._path = store / "results" / digest[:2] / digest[2:]

    def load(self) -> str | None:
        if not self._enabled:
            return None
        try:
            files, fresh_until, text = decode_as(
                self._path.read_bytes(), kind=_KIND, schema=_SCHEMA
            )
        except (OSError, DxError, ValueError):
            return None
        if fresh_until and time.time() >= fresh_until:
            return None
        return str(text) if files == self._digests() else None

    def save(self, text: str, fresh_until: float) -> None:
        """``fresh_until`` is infinite where no index was asked."""
        if not self._enabled or fresh_until <= time.time():
            return
        until = 0 if fresh_until == float("inf") else int(fresh_until)
        entry = [self._digests(), until, text]
        save(self._path, encode(Artifact(_KIND, _SCHEMA, entry)), store=self._store)

    def _digests(self) -> list[list[str]]:
        found: dict[str, str] = {}
        waiting = list(self._inputs)
        while waiting:
            path = waiting.pop()
            if path in found:
                continue
            try:
                data = Path(path).read_bytes()
            except OSError:
                found[path] = ""
                continue
            found[path] = hashlib.sha256(data).hexdigest()
            waiting += _included(data, Path(path).parent)
        return [[path, digest] for path, digest in sorted(found.items())]


def _included(data: bytes, folder: Path) -> list[str]:
    """Files that ``-r`` and ``-c`` lines name."""
    found = []
    for line in data.decode("utf-8", "replace").splitlines():
        words = line.replace("=", " ", 1).split()
        flags = ("-r", "-c", "--requirement", "--constraint")
        if len(words) > 1 and words[0] in flags:
            found.append(str(folder / words[1]))
        elif line.startswith(("-r", "-c")) and len(words) == 1:
            found.append(str(folder / line[2:].strip()))
    return found
