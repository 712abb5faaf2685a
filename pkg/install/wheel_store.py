"""Wheels unpacked once: ``wheels/<2 hex>/<62 hex>/`` with the tree and its plan.

Named by the SHA-256 of the wheel file. An entry appears by rename when it is complete.
"""

from __future__ import annotations

import hashlib
import os
import shutil
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from dx_py.artifacts.location import make_private
from dx_py.pkg.errors import HashMismatchError
from dx_py.pkg.install.plan import Plan
from dx_py.pkg.install.plan_format import decode_plan, encode_plan, is_whole_plan
from dx_py.pkg.store_paths import spread

_CHUNK = 1 << 20


@dataclass(frozen=True, slots=True)
class StoredWheel:
    """An unpacked wheel: ``tree`` is what plans link from. C reads the plan by itself."""

    digest: str
    tree: Path
    plan_data: bytes

    @property
    def plan(self) -> Plan:
        return decode_plan(self.plan_data)


class WheelStore:
    """Any number of processes may use one store."""

    def __init__(self, store: Path) -> None:
        self._store = store
        self._wheels = store / "wheels"

    def find(self, digest: str) -> StoredWheel | None:
        folder = self._folder(digest)
        try:
            data = (folder / "plan").read_bytes()
        except OSError:
            return None
        return StoredWheel(digest, folder / "tree", data) if is_whole_plan(data) else None

    def add(self, wheel: Path, project: str, digest: str = "") -> StoredWheel:
        """Unpack ``wheel``, whose SHA-256 is ``digest`` if that is known already."""
        name = digest or sha256_of(wheel)
        known = self.find(name)
        if known is not None:
            return known
        from dx_py.pkg.install.make_plan import make_plan
        from dx_py.pkg.install.wheel_archive import unpack

        scratch = self.scratch()
        try:
            info = unpack(wheel, scratch / "tree", project)
            (scratch / "plan").write_bytes(encode_plan(make_plan(scratch / "tree", info)))
            self._publish(scratch, self._folder(name))
        finally:
            shutil.rmtree(scratch, ignore_errors=True)
        stored = self.find(name)
        assert stored is not None, "an entry that was just written is there"
        return stored

    def scratch(self) -> Path:
        """A new private folder on the store's file system."""
        folder = self._store / "tmp" / os.urandom(8).hex()
        make_private(folder)
        return folder

    def keep_partial(self, digest: str, path: Path) -> None:
        """Keep the beginning of a download for who asks for the same file next."""
        kept = self._partial(digest)
        make_private(kept.parent)
        with suppress(OSError):
            if path.stat().st_size:
                path.replace(kept)

    def take_partial(self, digest: str, path: Path) -> bool:
        """Move a kept beginning to ``path``; only one process gets it."""
        try:
            self._partial(digest).rename(path)
        except OSError:
            return False
        return True

    def _partial(self, digest: str) -> Path:
        return self._store / "partial" / digest

    def _publish(self, scratch: Path, folder: Path) -> None:
        make_private(folder.parent)
        try:
            scratch.rename(folder)
        except OSError:
            if self.find(folder.parent.name + folder.name) is not None:
                return  # another process was first
            shutil.rmtree(folder, ignore_errors=True)  # damaged: it has no readable plan
            scratch.rename(folder)

    def _folder(self, digest: str) -> Path:
        return spread(f"{self._wheels}", digest)


def sha256_of(path: Path) -> str:
    return digest_of(path, "sha256")


def digest_of(path: Path, algorithm: str) -> str:
    hasher = hashlib.new(algorithm, usedforsecurity=False)
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            hasher.update(chunk)
    return hasher.hexdigest()


def check_hashes(path: Path, allowed: dict[str, frozenset[str]], origin: str) -> None:
    """Raises HashMismatchError unless the file has one of the allowed digests."""
    if not allowed:
        return
    found = {algorithm: digest_of(path, algorithm) for algorithm in sorted(allowed)}
    if any(found[algorithm] in allowed[algorithm] for algorithm in found):
        return
    algorithm = sorted(allowed)[0]
    wanted = " or ".join(sorted(allowed[algorithm]))
    raise HashMismatchError(
        f"{origin} has {algorithm} {found[algorithm]}, not {wanted}",
        hint="the file was changed after its hash was written down; do not install it before "
        "you know why",
    )
