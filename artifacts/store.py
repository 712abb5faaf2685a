"""The store of artifacts: digest -> bytes, and action key -> digest of its result.

    v1/objects/<2 hex>/<62 hex>   an artifact, named by its SHA-256
    v1/actions/<2 hex>/<62 hex>   b"DXK1" + CRC-32 (u32, little endian) of the rest
                                  + the action key + the digest, 32 bytes each
    v1/stat/                      the stat index
    v1/tmp/                       files being written

Any number of processes may use one store. A file appears by rename and goes by unlink, is
never changed in place, and a crash leaves at most a file in ``tmp``. Nothing is synced to
the disk: what a power cut spoils is found by its check and built again.

The modification time of a file says when it was last used, to within a quarter of a day:
that is what collection goes by, and costs a reader no more than one ``utime`` in that time.
"""

from __future__ import annotations

import errno
import os
import sys
import time
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Final

from dx_py.artifacts import collection
from dx_py.artifacts.artifact import MAGIC, Digest, body_of, digest
from dx_py.artifacts.atomic_file import write_atomically
from dx_py.artifacts.errors import DamagedArtifactError, DxError
from dx_py.artifacts.location import check_trusted

LAYOUT: Final = "v1"
ACTION_MAGIC: Final = b"DXK1"
ACTION_SIZE: Final = 72
USED_RESOLUTION: Final = 6 * 3600.0
DEFAULT_LIMIT: Final = 4 << 30

#: Told, in one line, of everything a store survived.
Report = Callable[[str], None]


def report_to_stderr(line: str) -> None:
    print(f"dx-py: {line}", file=sys.stderr)  # noqa: T201


class ArtifactStore:
    """Never raises for a store that cannot be used: it then answers "not known".

    A folder that cannot be trusted is neither read nor written. Where nothing can be
    written (read-only, full), reading goes on. Each is reported once.
    """

    def __init__(
        self,
        root: Path | str,
        *,
        limit: int = DEFAULT_LIMIT,
        report: Report = report_to_stderr,
    ) -> None:
        """``limit``, in bytes, is what putting keeps the store near."""
        self.root = Path(root).absolute()
        self.layout = self.root / LAYOUT
        self.limit = limit
        self.report = report
        self._readable = True
        self._writable = True
        try:
            check_trusted(self.layout)
        except (DxError, OSError) as error:
            self._readable = self._writable = False
            why = getattr(error, "strerror", None) or error
            report(f"store '{self.root}' is not used ({why}): computing without storing")

    @property
    def readable(self) -> bool:
        """Whether what the folder holds may be trusted."""
        return self._readable

    @property
    def writable(self) -> bool:
        """Whether what is put can be got again."""
        return self._writable

    def put(self, data: bytes) -> Digest:
        """Store an artifact's bytes; the same bytes twice are stored once."""
        if not data.startswith(MAGIC):
            raise ValueError("only artifacts are stored")
        name = digest(data)
        if self._writable and not self._is_stored(name, len(data)):
            self._write(self.object_path(name), data)
            if name.startswith("0", 2):
                self._keep_small(name)
        return name

    def get(self, name: Digest) -> bytes | None:
        """The whole artifact, or None when it is not there or was damaged."""
        path = self.object_path(name)
        data = self._read(path)
        if data is None:
            return None
        try:
            body_of(data)
        except DamagedArtifactError as error:
            self._discard(path, f"artifact {name[:12]}: {error}")
            return None
        return data

    def contains(self, name: Digest) -> bool:
        """Whether ``get`` would find a file; it may still turn out to be damaged."""
        return self._readable and self.object_path(name).exists()

    def lookup(self, action: Digest) -> Digest | None:
        """The digest of what this action gave before."""
        path = self.action_path(action)
        data = self._read(path)
        if data is None:
            return None
        result = decode_action(data, action)
        if result is None:
            self._discard(path, f"damaged entry of action {action[:12]}")
        return result

    def record(self, action: Digest, result: Digest) -> None:
        """Remember that ``action`` gives ``result``; the last record wins."""
        if self._writable:
            self._write(self.action_path(action), encode_action(action, result))

    def object_path(self, name: Digest) -> Path:
        return self.layout / "objects" / name[:2] / name[2:]

    def action_path(self, action: Digest) -> Path:
        return self.layout / "actions" / action[:2] / action[2:]

    def _keep_small(self, name: Digest) -> None:
        """Collect when the folder of ``name``, one of 256, has outgrown its share by far.

        Asked for one artifact in sixteen, so a process that stores little scans nothing.
        """
        folder = self.object_path(name).parent
        if collection.folder_bytes(folder) > 2 * self.limit // 256:
            collection.collect(self.layout, limit=self.limit)

    def _is_stored(self, name: Digest, size: int) -> bool:
        path = self.object_path(name)
        try:
            found = path.stat()
        except OSError:
            return False
        # Another size is damage that no reader has met yet.
        if found.st_size != size:
            return False
        self._mark_used(path, found.st_mtime)
        return True

    def _read(self, path: Path) -> bytes | None:
        if not self._readable:
            return None
        try:
            with path.open("rb") as file:
                self._mark_used(path, os.fstat(file.fileno()).st_mtime)
                return file.read()
        except FileNotFoundError:
            return None
        except OSError as error:
            self.report(f"cannot read '{path}' ({error.strerror}): building it again")
            return None

    def _mark_used(self, path: Path, used: float) -> None:
        if self._writable and time.time() - used > USED_RESOLUTION:
            try:
                os.utime(path)
            except OSError:
                self._writable = os.access(path.parent, os.W_OK)

    def _write(self, path: Path, data: bytes) -> None:
        try:
            write_atomically(path, data, scratch=self.layout / "tmp")
        except OSError as error:
            self._writable = False
            self.report(
                f"store '{self.root}' {_write_problem(error)}: computing without storing"
            )

    def _discard(self, path: Path, what: str) -> None:
        try:
            path.unlink(missing_ok=True)
        except OSError:
            self.report(f"{what}; not used, and it cannot be removed")
        else:
            self.report(f"{what}; thrown away, and built again when needed")


def encode_action(action: Digest, result: Digest) -> bytes:
    body = bytes.fromhex(action) + bytes.fromhex(result)
    return ACTION_MAGIC + zlib.crc32(body).to_bytes(4, "little") + body


def decode_action(data: bytes, action: Digest) -> Digest | None:
    """The result recorded for ``action``, or None when ``data`` is not a whole entry of it."""
    body = data[8:]
    whole = (
        len(data) == ACTION_SIZE
        and data[:4] == ACTION_MAGIC
        and zlib.crc32(body) == int.from_bytes(data[4:8], "little")
        and body[:32] == bytes.fromhex(action)
    )
    return Digest(body[32:].hex()) if whole else None


_WRITE_PROBLEMS = {
    errno.ENOSPC: "is on a full disk",
    errno.EDQUOT: "is on a disk whose quota is used up",
    errno.EFBIG: "cannot hold a file of this size",
    errno.EROFS: "is read-only",
    errno.EACCES: "is read-only",
    errno.EPERM: "is read-only",
}


def _write_problem(error: OSError) -> str:
    return _WRITE_PROBLEMS.get(error.errno or 0, f"cannot be written ({error.strerror})")
