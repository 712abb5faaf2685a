"""Sdists into a folder, trusting nothing in them: PEP 721's data filter, and bounds."""

from __future__ import annotations

import stat
import tarfile
import zipfile
import zlib
from pathlib import Path

from dx_py.pkg.errors import HostileArchiveError
from dx_py.pkg.install.wheel_archive import check_path

_MAX_TOTAL = 8 << 30
_MAX_FILES = 200_000


def unpack_source(archive: Path, target: Path) -> Path:
    """The source tree: the one folder in ``archive``, or ``target`` if there are more.

    Raises HostileArchiveError for whatever would write elsewhere.
    """
    target.mkdir(parents=True)
    try:
        if zipfile.is_zipfile(archive):
            _unzip(archive, target)
        else:
            _untar(archive, target)
    except (tarfile.TarError, zipfile.BadZipFile, zlib.error, EOFError, OSError) as error:
        raise HostileArchiveError(f"'{archive.name}' cannot be unpacked: {error}") from None
    entries = list(target.iterdir())
    return entries[0] if len(entries) == 1 and entries[0].is_dir() else target


def _untar(archive: Path, target: Path) -> None:
    with tarfile.open(archive) as tar:
        total = 0
        for index, member in enumerate(tar):
            total += member.size
            if index >= _MAX_FILES or total > _MAX_TOTAL:
                raise HostileArchiveError(f"'{archive.name}' has no end")
        tar.extractall(target, filter="data")


def _unzip(archive: Path, target: Path) -> None:
    with zipfile.ZipFile(archive) as source:
        members = [each for each in source.infolist() if not each.is_dir()]
        if len(members) > _MAX_FILES or sum(m.file_size for m in members) > _MAX_TOTAL:
            raise HostileArchiveError(f"'{archive.name}' has no end")
        for member in members:
            check_path(member.filename, archive.name)
            mode = member.external_attr >> 16
            if stat.S_IFMT(mode) not in (0, stat.S_IFREG):
                raise HostileArchiveError(
                    f"'{archive.name}' holds {member.filename!r}, a link or a device"
                )
            path = Path(source.extract(member, target))
            if mode & 0o111:
                path.chmod(path.stat().st_mode | 0o111)
