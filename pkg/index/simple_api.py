"""The simple API (PEP 503, 592, 629, 658, 691, 700, 714): a page's bytes to file entries."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import unquote, urljoin, urlsplit

from dx_py.pkg.errors import MetadataError
from dx_py.pkg.index.page import FileEntry

ACCEPT = (
    "application/vnd.pypi.simple.v1+json, "
    "application/vnd.pypi.simple.v1+html;q=0.2, text/html;q=0.1"
)
_HASHES = ("sha256", "sha512", "sha384", "sha1", "md5")


def parse_page(body: bytes, content_type: str, url: str) -> list[FileEntry]:
    """Raises MetadataError where the page is neither JSON nor HTML of a version we know."""
    kind = content_type.partition(";")[0].strip().lower()
    if kind.endswith("json"):
        return parse_json(body, url)
    if kind in ("", "text/html", "application/vnd.pypi.simple.v1+html"):
        return parse_html(body, url)
    raise MetadataError(
        f"{url} is {kind!r}, not an index page",
        hint="an index URL ends in /simple; is this one right?",
    )


def parse_json(body: bytes, url: str) -> list[FileEntry]:
    try:
        page = json.loads(body)
        _check_version(page["meta"]["api-version"], url)
        return [_from_json(entry, url) for entry in page["files"]]
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise MetadataError(f"{url} is not a page of the simple API: {error}") from None


def _from_json(entry: dict[str, Any], url: str) -> FileEntry:
    target = entry["url"]
    yanked = entry.get("yanked", False)
    return FileEntry(
        filename=_text(entry["filename"]),
        url=target if "://" in target else urljoin(url, target),
        hashes=_sorted_hashes(entry.get("hashes") or {}),
        requires_python=_text(entry.get("requires-python") or ""),
        yanked=None if yanked is False else yanked if isinstance(yanked, str) else "",
        metadata=_metadata(entry.get("core-metadata", entry.get("dist-info-metadata"))),
        size=max(0, int(entry.get("size") or 0)),
        uploaded=_text(entry.get("upload-time") or ""),
    )


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError(f"{value!r} is no text")
    return value


def _sorted_hashes(hashes: dict[str, str]) -> tuple[tuple[str, str], ...]:
    sha256 = hashes.get("sha256")
    if sha256 is not None and len(hashes) == 1:
        return (("sha256", sha256.lower()),)
    return tuple((name, hashes[name].lower()) for name in _HASHES if name in hashes)


def _metadata(value: object) -> str:
    if isinstance(value, dict):
        for name in _HASHES:
            if name in value:
                return f"{name}={value[name]}"
        return "true"
    return "true" if value is True else ""


def _check_version(version: str, url: str) -> None:
    if version.split(".")[0] != "1":
        raise MetadataError(
            f"{url} speaks version {version} of the simple API; version 1 is understood"
        )


def parse_html(body: bytes, url: str) -> list[FileEntry]:
    try:
        return _read_html(body, url)
    except (ValueError, AssertionError) as error:  # html.parser asserts, urllib raises
        raise MetadataError(f"{url} is not a page of links: {error}") from None


def _read_html(body: bytes, url: str) -> list[FileEntry]:
    from dx_py.pkg.index.html_page import tags_of

    found: list[FileEntry] = []
    base = url
    for tag, values in tags_of(body.decode("utf-8", "replace")):
        if tag == "base" and values.get("href"):
            base = urljoin(url, values["href"])
        elif tag == "meta" and values.get("name") == "pypi:repository-version":
            _check_version(values.get("content", "1.0"), url)
        elif tag == "a" and values.get("href"):
            found.append(_from_anchor(values, base))
    return found


def _from_anchor(values: dict[str, str], base: str) -> FileEntry:
    link, _, fragment = urljoin(base, values["href"]).partition("#")
    algorithm, _, digest = fragment.partition("&")[0].partition("=")
    metadata = values.get("data-core-metadata", values.get("data-dist-info-metadata", ""))
    return FileEntry(
        filename=unquote(urlsplit(link).path.rpartition("/")[2]),
        url=link,
        hashes=((algorithm, digest.lower()),) if algorithm in _HASHES else (),
        requires_python=values.get("data-requires-python", ""),
        yanked=values.get("data-yanked"),
        metadata="" if metadata == "false" else metadata,
    )
