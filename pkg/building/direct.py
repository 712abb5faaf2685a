"""Direct references (PEP 610): a path or URL to what is there and to direct_url.json."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from dx_py.pkg.building.source_archive import unpack_source
from dx_py.pkg.building.vcs import checkout, parse_vcs, public_url
from dx_py.pkg.errors import UsageError
from dx_py.pkg.index.credentials import redact, split_credentials
from dx_py.pkg.index.fetcher import Fetcher
from dx_py.pkg.index.links import local_path
from dx_py.pkg.index.transport import Request
from dx_py.pkg.install.wheel_store import digest_of

_URL_HASHES = ("sha256", "sha384", "sha512")


@dataclass(frozen=True, slots=True)
class Located:
    """``wheel`` or ``source`` (a folder) is set; ``temporary`` is to be removed at the end."""

    direct_url: dict[str, Any]
    wheel: Path | None = None
    source: Path | None = None
    digest: str = ""


def locate(url: str, fetcher: Fetcher, scratch: Path, *, editable: bool) -> Located:
    """Fetch what ``url`` names below ``scratch``; local folders stay where they are.

    Raises UsageError for what cannot be, NetworkError and HostileArchiveError.
    """
    reference = parse_vcs(url)
    if reference is not None:
        folder = scratch / "checkout"
        commit = checkout(reference, folder)
        info = {"vcs": reference.system, "commit_id": commit}
        if reference.revision:
            info["requested_revision"] = reference.revision
        direct: dict[str, Any] = {"url": public_url(reference), "vcs_info": info}
        if reference.subdirectory:
            direct["subdirectory"] = reference.subdirectory
        return Located(direct, source=folder / reference.subdirectory, digest=commit)
    bare, _, fragment = url.partition("#")
    path = local_path(bare)
    if path is not None and path.is_dir():
        return Located(
            {"url": bare, "dir_info": {"editable": True} if editable else {}}, source=path
        )
    if editable:
        raise UsageError(f"{redact(url)!r} cannot be editable: only folders can")
    return _archive(bare, fragment, path, fetcher, scratch)


def _archive(
    bare: str, fragment: str, path: Path | None, fetcher: Fetcher, scratch: Path
) -> Located:
    options = dict(pair.partition("=")[::2] for pair in fragment.split("&"))
    if path is None:
        name = unquote(urlsplit(bare).path.rpartition("/")[2])
        path = scratch / (Path(name).name or "download")
        fetcher.get(Request(bare, target=str(path)))
    elif not path.is_file():
        raise UsageError(f"{redact(bare)!r}: there is no such file or folder")
    _check_fragment(path, options, bare)
    digest = digest_of(path, "sha256")
    info = {"hash": f"sha256={digest}", "hashes": {"sha256": digest}}
    direct: dict[str, Any] = {"url": split_credentials(bare)[0], "archive_info": info}
    if path.suffix == ".whl":
        return Located(direct, wheel=path, digest=digest)
    if options.get("subdirectory"):
        direct["subdirectory"] = options["subdirectory"]
    source = unpack_source(path, scratch / "source") / options.get("subdirectory", "")
    return Located(direct, source=source, digest=digest)


def _check_fragment(path: Path, options: dict[str, str], url: str) -> None:
    from dx_py.pkg.install.wheel_store import check_hashes

    given = {name: frozenset((options[name],)) for name in _URL_HASHES if name in options}
    check_hashes(path, given, redact(url))


def discard(folder: Path) -> None:
    shutil.rmtree(folder, ignore_errors=True)
