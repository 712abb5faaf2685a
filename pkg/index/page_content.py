"""The files of a page as a cache keeps them: PEP 691's JSON, as it came or made of HTML.

What is read again is one text for `json`, which is written in C; and a page as it came needs
nothing to be written anew: those of popular projects have tens of thousands of files.
"""

from __future__ import annotations

from collections.abc import Callable

from dx_py.artifacts.artifact import Artifact, decode_as, digest, encode
from dx_py.pkg.index.page import FileEntry
from dx_py.pkg.index.simple_api import is_json, json_of, parse_json, parse_page

_KIND = "pkg-page"
_SCHEMA = 3


class PageContent:
    """All files of a page, read out of their bytes only when they are asked for.

    ``digest`` is of these bytes, with the URL that links in them are relative to.
    """

    def __init__(
        self, digest: str, load: Callable[[], bytes], entries: list[FileEntry] | None = None
    ) -> None:
        """``load`` is for content whose entries are not known."""
        self.digest = digest
        self._load = load
        self._entries = entries

    @staticmethod
    def from_answer(body: bytes, content_type: str, url: str) -> tuple[PageContent, bytes]:
        """The content, and the bytes that a cache keeps. Raises MetadataError."""
        entries = parse_page(body, content_type, url)
        kept = body if is_json(content_type) else json_of(entries)
        data = encode(Artifact(_KIND, _SCHEMA, [url, kept]))
        return PageContent(digest(data), lambda: b"", entries), data

    @property
    def entries(self) -> list[FileEntry]:
        """Raises ArtifactError for bytes that are damaged, or of another DX-Py."""
        if self._entries is None:
            url, kept = decode_as(self._load(), kind=_KIND, schema=_SCHEMA)
            self._entries = parse_json(kept, url)
        return self._entries
