"""Candidates of pages that were evaluated before, by the page's content and the rules.

Kept as lines of JSON, one for all that was excluded and then one for each candidate, so that
a version that is known can be found without reading the others.
"""

from __future__ import annotations

import hashlib
import json
import re
from pathlib import Path
from typing import Any

from packaging.version import Version

from dx_py.artifacts.artifact import Artifact, decode_as, encode
from dx_py.artifacts.errors import DxError
from dx_py.pkg.names import NormalizedName
from dx_py.pkg.resolve.candidate import Candidate
from dx_py.pkg.resolve.evaluation import Excluded, FileRules
from dx_py.pkg.store_paths import save, spread

_KIND = "pkg-evaluated-page"
_SCHEMA = 3
_NO_EXTRA = NormalizedName("")
_LOCAL = re.compile(r'\n\["[^"+]*\+')

Found = tuple[list[Candidate], list[Excluded]]


class EvaluatedPages:
    """``fingerprint`` is `Catalog.fingerprint`'s and not empty."""

    def __init__(self, store: Path, rules: FileRules) -> None:
        self._store = store
        self._folder = f"{store}/evaluated"
        self._rules = rules
        self._described: dict[tuple[bool, bool], str] = {}

    def load(self, name: NormalizedName, fingerprint: str, only: str = "") -> Found | None:
        """With ``only`` what equals that version, if it stands there just so; else all."""
        try:
            data = self._path(name, fingerprint).read_bytes()
            text: str = decode_as(data, kind=_KIND, schema=_SCHEMA)
            found = _line_of(text, only) if only else ""
            if found:
                return _candidates(name, f"[{found}]"), []
            first, _, rest = text.partition("\n")
            excluded = [Excluded(Version(version), why) for version, why in json.loads(first)]
            return _candidates(name, f"[{rest.replace('\n', ',')}]"), excluded
        except (OSError, DxError, ValueError):
            return None

    def keep(self, name: NormalizedName, fingerprint: str, found: Found) -> None:
        candidates, excluded = found
        rows: list[Any] = [[[str(each.version), each.reason] for each in excluded]]
        rows += [[str(c.version), c.wheel_row, c.sdist_row, c.yanked] for c in candidates]
        text = "\n".join(json.dumps(row, separators=(",", ":")) for row in rows)
        data = encode(Artifact(_KIND, _SCHEMA, text))
        save(self._path(name, fingerprint), data, store=self._store)

    def _path(self, name: NormalizedName, fingerprint: str) -> Path:
        kinds = (self._rules.wheels_allowed(name), self._rules.sdists_allowed(name))
        if kinds not in self._described:  # among hundreds of tags
            self._described[kinds] = self._rules.describe(name)
        key = f"{name}\0{fingerprint}\0{self._described[kinds]}"
        digest = hashlib.sha256(key.encode()).hexdigest()
        return spread(self._folder, digest)


def _candidates(name: NormalizedName, text: str) -> list[Candidate]:
    return [
        Candidate(name, _NO_EXTRA, Version(version), wheel, sdist, yanked=yanked)
        for version, wheel, sdist, yanked in json.loads(text)
    ]


def _line_of(text: str, only: str) -> str:
    """The line of a version, where no local one, which would equal it, too, is on the page."""
    start = text.find(f'\n["{only}"') + 1
    return text[start:].partition("\n")[0] if start and not _LOCAL.search(text) else ""
