"""A wheel file into a folder of the store, trusting nothing in it.

Every path must stay below the target, no two may be the same file on a file system that
ignores case, links are refused, sizes are bounded by what the archive declares and by what
a disk should be asked to hold, and RECORD's hashes must be those of the files.
"""

from __future__ import annotations

import base64
import csv
import hashlib
import os
import stat
import unicodedata
import zipfile
import zlib
from pathlib import Path, PurePosixPath

from dx_py.pkg.errors import HashMismatchError, HostileArchiveError
from dx_py.pkg.names import normalize

_CHUNK = 1 << 20
_MAX_FILES = 200_000
_MAX_TOTAL = 16 << 30
#: Deflate reaches 1032; a large file that passes this is made of nothing.
_MAX_RATIO = 500
_MAX_SMALL = 1 << 26
_UNSIGNED = ("RECORD", "RECORD.jws", "RECORD.p7s")


def unpack(wheel: Path, target: Path, project: str) -> str:
    """Write the files of ``wheel`` below ``target``; returns the name of its dist-info.

    ``target`` must not exist. Raises HostileArchiveError or HashMismatchError; what was
    written until then is the caller's to throw away.
    """
    try:
        with zipfile.ZipFile(wheel) as archive:
            members = _checked_members(archive, wheel.name)
            info = _dist_info(members, project, wheel.name)
            record = _read_record(archive, info, wheel.name)
            target.mkdir()
            made: set[str] = set()
            for member in members:
                _extract(archive, member, target, record, wheel.name, made)
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError) as error:
        raise HostileArchiveError(f"'{wheel.name}' is no wheel: {error}") from None
    missing = sorted(set(record) - {member.filename for member in members})
    if missing:
        raise HashMismatchError(
            f"'{wheel.name}': its RECORD names {missing[0]!r}, which it does not hold"
        )
    return info


def check_path(name: str, origin: str) -> None:
    """Raises HostileArchiveError unless ``name`` stays below the folder it is written to."""
    parts = name.replace("\\", "/").split("/")
    bad = (
        name.startswith(("/", "\\"))
        or ".." in parts
        or (len(name) > 1 and name[1] == ":")
        or "\0" in name
        or not name
        or any(part in ("", ".") for part in parts)
    )
    if bad:
        raise HostileArchiveError(f"'{origin}' holds the path {name!r}, which leads outside it")


def _checked_members(archive: zipfile.ZipFile, origin: str) -> list[zipfile.ZipInfo]:
    members = [each for each in archive.infolist() if not each.is_dir()]
    if len(members) > _MAX_FILES:
        raise HostileArchiveError(f"'{origin}' holds {len(members)} files")
    seen: dict[str, str] = {}
    total = 0
    for member in members:
        check_path(member.filename, origin)
        _check_kind(member, origin)
        total += member.file_size
        folded = unicodedata.normalize("NFC", member.filename).casefold()
        other = seen.setdefault(folded, member.filename)
        if other is not member.filename:
            raise HostileArchiveError(
                f"'{origin}' holds {other!r} and {member.filename!r}, which may be one file"
            )
    if total > _MAX_TOTAL:
        raise HostileArchiveError(f"'{origin}' would unpack to {total} bytes")
    for name in seen.values():
        _check_not_folder(name, seen, origin)
    return members


def _check_not_folder(name: str, seen: dict[str, str], origin: str) -> None:
    for parent in PurePosixPath(name).parents:
        folded = unicodedata.normalize("NFC", str(parent)).casefold()
        if folded in seen:
            raise HostileArchiveError(f"'{origin}' holds {str(parent)!r} as file and folder")


def _check_kind(member: zipfile.ZipInfo, origin: str) -> None:
    mode = member.external_attr >> 16
    if mode and stat.S_IFMT(mode) not in (0, stat.S_IFREG):
        raise HostileArchiveError(
            f"'{origin}' holds {member.filename!r}, which is a link or a device"
        )
    compressed = max(member.compress_size, 1)
    if member.file_size > _MAX_SMALL and member.file_size / compressed > _MAX_RATIO:
        raise HostileArchiveError(f"'{origin}': {member.filename!r} is a zip bomb")


def _dist_info(members: list[zipfile.ZipInfo], project: str, origin: str) -> str:
    found = {
        folder
        for member in members
        if (folder := member.filename.partition("/")[0]).endswith(".dist-info")
    }
    mine = [
        folder
        for folder in sorted(found)
        if normalize(folder.removesuffix(".dist-info").rpartition("-")[0]) == project
    ]
    if len(mine) != 1 or len(found) != 1:
        raise HostileArchiveError(
            f"'{origin}' must hold one .dist-info folder, of {project!r}; it holds "
            f"{', '.join(sorted(found)) or 'none'}"
        )
    return mine[0]


def _read_record(archive: zipfile.ZipFile, info: str, origin: str) -> dict[str, str]:
    """Path to ``algorithm=digest``, or to the empty string where RECORD gives no hash."""
    try:
        data = archive.read(f"{info}/RECORD")
    except KeyError:
        raise HostileArchiveError(f"'{origin}' has no RECORD") from None
    rows = csv.reader(data.decode("utf-8", "surrogateescape").splitlines())
    try:
        return {row[0]: row[1] for row in rows if row and row[0] and not row[0].endswith("/")}
    except (IndexError, csv.Error):
        raise HostileArchiveError(f"the RECORD of '{origin}' cannot be read") from None


def _extract(
    archive: zipfile.ZipFile,
    member: zipfile.ZipInfo,
    target: Path,
    record: dict[str, str],
    origin: str,
    made: set[str],
) -> None:
    name = member.filename
    path = os.path.join(target, name)  # noqa: PTH118 - hot: one call a file
    folder = os.path.dirname(path)  # noqa: PTH120
    if folder not in made:
        os.makedirs(folder, exist_ok=True)  # noqa: PTH103
        made.add(folder)
    expected = _expected_hash(name, record, origin)
    hasher = hashlib.new(expected[0]) if expected else None
    written = 0
    with archive.open(member) as source, open(path, "xb") as sink:  # noqa: PTH123
        while chunk := source.read(_CHUNK):
            written += len(chunk)
            if written > member.file_size:
                raise HostileArchiveError(f"'{origin}': {name!r} is longer than it says")
            sink.write(chunk)
            if hasher is not None:
                hasher.update(chunk)
    if (member.external_attr >> 16) & 0o111:
        os.chmod(path, 0o777 & ~_umask())  # noqa: PTH101
    if expected and hasher is not None and _urlsafe(hasher.digest()) != expected[1]:
        raise HashMismatchError(f"'{origin}': {name!r} is not what its RECORD says")


def _expected_hash(name: str, record: dict[str, str], origin: str) -> tuple[str, str] | None:
    if name not in record:
        if name.rpartition("/")[2] in _UNSIGNED:
            return None
        raise HashMismatchError(f"'{origin}' holds {name!r}, which its RECORD does not name")
    algorithm, _, value = record[name].partition("=")
    if not value:
        return None
    if algorithm not in ("sha256", "sha384", "sha512"):
        raise HashMismatchError(
            f"the RECORD of '{origin}' uses the hash {algorithm!r}; sha256 or better is needed"
        )
    return algorithm, value.rstrip("=")


def _urlsafe(digest: bytes) -> str:
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()


_UMASK: list[int] = []


def _umask() -> int:
    if not _UMASK:
        current = os.umask(0o022)
        os.umask(current)
        _UMASK.append(current)
    return _UMASK[0]
