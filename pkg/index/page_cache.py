"""Parsed index pages and metadata on disk, each with what HTTP says about its freshness.

An entry is an artifact, so a damaged one is noticed and fetched again.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dx_py.artifacts.artifact import Artifact, decode, encode
from dx_py.artifacts.errors import DxError
from dx_py.pkg.index.page_content import PageContent
from dx_py.pkg.store_paths import save, spread

_KIND = "pkg-cached-answer"
_SCHEMA = 4


@dataclass(frozen=True, slots=True)
class CachedAnswer:
    """``payload`` is what was made of the answer; times are seconds since the epoch."""

    payload: Any
    etag: str
    last_modified: str
    stored: int
    max_age: int

    def is_fresh(self, now: float) -> bool:
        return 0 <= now - self.stored < self.max_age

    def conditions(self) -> tuple[tuple[str, str], ...]:
        """Headers that let the server answer 304."""
        headers = []
        if self.etag:
            headers.append(("If-None-Match", self.etag))
        if self.last_modified:
            headers.append(("If-Modified-Since", self.last_modified))
        return tuple(headers)


class PageCache:
    """A folder of answers by key; any number of processes may use it at once."""

    def __init__(self, store: Path, *, max_age: int | None = None) -> None:
        self._store = store
        self._max_age = max_age

    def load(self, key: str) -> CachedAnswer | None:
        try:
            artifact = decode(self._path(key).read_bytes())
        except (OSError, DxError):
            return None
        if artifact.kind != _KIND or artifact.schema != _SCHEMA:
            return None
        stored_key, payload, etag, last_modified, stored, max_age = artifact.payload
        if stored_key != key:
            return None
        return CachedAnswer(payload, etag, last_modified, stored, max_age)

    def save(self, key: str, payload: Any, headers: dict[str, str]) -> None:  # noqa: ANN401
        """Keep ``payload``, made of an answer with ``headers``, unless they forbid it."""
        control = parse_cache_control(headers.get("cache-control", ""))
        if "no-store" in control:
            return
        entry = [
            key,
            payload,
            headers.get("etag", ""),
            headers.get("last-modified", ""),
            int(time.time()),
            self.lifetime(headers),
        ]
        save(self._path(key), encode(Artifact(_KIND, _SCHEMA, entry)), store=self._store)

    def forget(self, key: str) -> None:
        self._path(key).unlink(missing_ok=True)

    def content(self, digest: str) -> PageContent | None:
        """A page's content by the digest that an answer names."""
        path = self._content_path(digest)
        return PageContent(digest, path.read_bytes) if path.is_file() else None

    def save_content(self, digest: str, data: bytes) -> None:
        save(self._content_path(digest), data, store=self._store)

    def _content_path(self, digest: str) -> Path:
        return spread(f"{self._store}/pages", digest)

    def lifetime(self, headers: dict[str, str]) -> int:
        """For how many seconds an answer with these headers is fresh."""
        control = parse_cache_control(headers.get("cache-control", ""))
        if self._max_age is not None:
            return self._max_age
        if "no-cache" in control:
            return 0
        value = control.get("max-age", "")
        return int(value) if value.isdigit() else 0

    def _path(self, key: str) -> Path:
        import hashlib

        name = hashlib.sha256(key.encode("utf-8", "surrogatepass")).hexdigest()
        return spread(f"{self._store}/answers", name)


def parse_cache_control(value: str) -> dict[str, str]:
    """``max-age=600, public`` gives ``{"max-age": "600", "public": ""}``."""
    words = (word.strip().partition("=") for word in value.lower().split(","))
    return {name: argument.strip('"') for name, _, argument in words if name}
