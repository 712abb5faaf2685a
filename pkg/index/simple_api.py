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
    if is_json(content_type):
        return parse_json(body, url)
    kind = _kind(content_type)
    if kind in ("", "text/html", "application/vnd.pypi.simple.v1+html"):
        return parse_html(body, url)
    raise MetadataError(
        f"{url} is {kind!r}, not an index page",
        hint="an index URL ends in /simple; is this one right?",
    )


def is_json(content_type: str) -> bool:
    return _kind(content_type).endswith("json")


def _kind(content_type: str) -> str:
    return content_type.partition(";")[0].strip().lower()


def json_of(entries: list[FileEntry]) -> bytes:
    """What `parse_json` reads as these entries."""
    page = {"meta": {"api-version": "1.0"}, "files": [_to_json(entry) for entry in entries]}
    return json.dumps(page, separators=(",", ":")).encode()


def _to_json(entry: FileEntry) -> dict[str, Any]:
    algorithm, equals, digest = entry.metadata.partition("=")
    return {
        "filename": entry.filename,
        "url": entry.url,
        "hashes": dict(entry.hashes),
        "requires-python": entry.requires_python,
        "yanked": False if entry.yanked is None else entry.yanked or True,
        "core-metadata": {algorithm: digest} if equals else bool(entry.metadata),
        "size": entry.size,
        "upload-time": entry.uploaded,
    }


def parse_json(body: bytes, url: str) -> list[FileEntry]:
    try:
        page = json.loads(body)
        _check_version(page["meta"]["api-version"], url)
        return [_from_json(entry, url) for entry in page["files"]]
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise MetadataError(f"{url} is not a page of the simple API: {error}") from None


def _from_json(entry: dict[str, Any], url: str) -> FileEntry:
    """Pages have thousands of files, which nearly all say the same in the same form."""
    get = entry.get
    filename, target, size = entry["filename"], entry["url"], get("size") or 0
    requires_python, uploaded = get("requires-python") or "", get("upload-time") or ""
    yanked = get("yanked", False)
    metadata = get("core-metadata", get("dist-info-metadata"))
    if not type(filename) is type(requires_python) is type(uploaded) is str:
        raise TypeError(f"{[filename, requires_python, uploaded]} should be texts")
    return FileEntry(
        filename,
        target if "://" in target else urljoin(url, target),
        _sorted_hashes(get("hashes") or {}),
        requires_python,
        None if yanked is False else yanked if isinstance(yanked, str) else "",
        _metadata(metadata) if metadata else "",
        size if type(size) is int and size >= 0 else max(0, int(size)),
        uploaded,
    )


def _sorted_hashes(hashes: dict[str, str]) -> tuple[tuple[str, str], ...]:
    if len(hashes) == 1 and "sha256" in hashes:
        return (("sha256", hashes["sha256"].lower()),)
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
