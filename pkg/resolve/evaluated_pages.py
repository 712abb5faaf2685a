"""Candidates of pages that were evaluated before, by the page's content and the rules."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

from packaging.version import Version

from dx_py.artifacts.artifact import Artifact, decode_as, encode
from dx_py.artifacts.errors import DxError
from dx_py.pkg.names import NormalizedName
from dx_py.pkg.resolve.candidate import Candidate
from dx_py.pkg.resolve.evaluation import Excluded, FileRules
from dx_py.pkg.store_paths import save

_KIND = "pkg-evaluated-page"
_SCHEMA = 2
_NO_EXTRA = NormalizedName("")

Found = tuple[list[Candidate], list[Excluded]]


class EvaluatedPages:
    """``fingerprint`` is `Catalog.fingerprint`'s and not empty."""

    def __init__(self, store: Path, rules: FileRules) -> None:
        self._store = store
        self._rules = rules

    def load(self, name: NormalizedName, fingerprint: str) -> Found | None:
        try:
            data = self._path(name, fingerprint).read_bytes()
            rows, excluded = json.loads(decode_as(data, kind=_KIND, schema=_SCHEMA))
        except (OSError, DxError, ValueError):
            return None
        candidates = [
            Candidate(name, _NO_EXTRA, Version(version), wheel, sdist, yanked=yanked)
            for version, wheel, sdist, yanked in rows
        ]
        return candidates, [Excluded(Version(version), why) for version, why in excluded]

    def keep(self, name: NormalizedName, fingerprint: str, found: Found) -> None:
        candidates, excluded = found
        rows = [[str(c.version), c.wheel_row, c.sdist_row, c.yanked] for c in candidates]
        payload = [rows, [[str(each.version), each.reason] for each in excluded]]
        data = encode(Artifact(_KIND, _SCHEMA, json.dumps(payload, separators=(",", ":"))))
        save(self._path(name, fingerprint), data, store=self._store)

    def _path(self, name: NormalizedName, fingerprint: str) -> Path:
        key = f"{name}\0{fingerprint}\0{self._rules.describe(name)}"
        digest = hashlib.sha256(key.encode()).hexdigest()
        return self._store / "evaluated" / digest[:2] / digest[2:]
