"""The stat index: (device, inode, size, mtime, ctime) of a file -> SHA-256 of its bytes.

It answers "is this file's digest still known" without reading the file. One file,
``v1/stat/index``, is a hash table that lives on disk:

    header   16 bytes   b"DXS1", log2 of the number of buckets (u32), 8 zero bytes
    bucket  320 bytes   4 records of 80 bytes each
    record              device, inode, size (u64), mtime_ns, ctime_ns (i64), SHA-256 (32 bytes),
                        check (u32), 4 zero bytes; all little endian; an empty one is all zeros

The bucket of a file is ``hash_of(device, inode)`` modulo the number of buckets. The check is
the first 72 bytes, read as one little-endian number, modulo 4294967291: a line of Python that
imports nothing computes it at the speed of C. A record is written in place by one
``pwrite``; any number of processes may write at once, because a torn record fails its check
and is empty to every reader. A full bucket replaces one of its records: this is a cache.
The file is replaced by one twice its size when buckets overflow, never shortened.

A record is trusted because it is only made when it is safe, git's racy rule: a file that
changed within the clock's granularity of being read is not recorded, for it could change
again and look the same.
"""

from __future__ import annotations

import os
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Final

from dx_py.artifacts.artifact import Digest, digest
from dx_py.artifacts.atomic_file import write_atomically
from dx_py.artifacts.store import ArtifactStore

MAGIC: Final = b"DXS1"
HEADER_SIZE: Final = 16
RECORD_SIZE: Final = 80
KEY_SIZE: Final = 40
CHECKED_SIZE: Final = 72
WAYS: Final = 4
BUCKET_SIZE: Final = WAYS * RECORD_SIZE
MODULUS: Final = 4294967291
FIRST_BITS: Final = 8
#: 2**18 buckets are a million files and 84 MB.
LAST_BITS: Final = 18
#: The coarse clock of file systems ticks every 1 to 10 ms; 2 s where stamps are whole seconds.
TICK_NS: Final = 20_000_000
SECOND_TICK_NS: Final = 2_010_000_000


@dataclass(frozen=True, slots=True)
class StatIndex:
    """The index of one store; one that cannot be used knows nothing and records nothing."""

    store: ArtifactStore

    @property
    def path(self) -> Path:
        return self.store.layout / "stat" / "index"

    def lookup(self, status: os.stat_result) -> Digest | None:
        """The digest of the file that has this status, if it is known."""
        if not self.store.readable:
            return None
        try:
            with self.path.open("rb", buffering=0) as file:
                bucket = _read_bucket(file, status)
        except OSError:
            return None
        return _find(bucket, key_of(status))

    def record(self, status: os.stat_result, name: Digest, *, read_at: int) -> bool:
        """Remember the digest of a file that had ``status`` before and after it was read.

        ``read_at`` is ``time.time_ns()`` from before the reading. False if not recorded.
        """
        if not self.store.writable or not is_settled(status, read_at):
            return False
        key = key_of(status)
        record = seal_record(key + bytes.fromhex(name))
        try:
            self._write(status, key, record)
        except OSError:
            return False
        return True

    def digest_of(self, path: Path) -> tuple[Digest, bytes | None]:
        """The digest of a file's bytes, with the bytes if they had to be read.

        Raises OSError for a file that cannot be read.
        """
        known = self.lookup(path.stat())
        if known is not None:
            return known, None
        read_at = time.time_ns()
        with path.open("rb") as file:
            before = os.fstat(file.fileno())
            data = file.read()
            after = os.fstat(file.fileno())
        name = digest(data)
        if key_of(before) == key_of(after):
            self.record(after, name, read_at=read_at)
        return name, data

    def _write(self, status: os.stat_result, key: bytes, record: bytes) -> None:
        for _ in range(LAST_BITS):
            if not self.path.exists():
                self._create(FIRST_BITS, b"")
            if self._insert(status, key, record):
                return
            self._grow()

    def _insert(self, status: os.stat_result, key: bytes, record: bytes) -> bool:
        """False if the bucket is full and the table may still grow."""
        with self.path.open("r+b", buffering=0) as file:
            bits = _read_bits(file)
            if bits is None:
                self.path.unlink()
                return False
            offset = _bucket_offset(status.st_dev, status.st_ino, bits)
            file.seek(offset)
            way = _choose_way(file.read(BUCKET_SIZE), key)
            if way is None:
                if bits < LAST_BITS:
                    return False
                way = record[CHECKED_SIZE] % WAYS
            file.seek(offset + way * RECORD_SIZE)
            file.write(record)
            return True

    def _grow(self) -> None:
        if not self.path.exists():
            return
        old = self.path.read_bytes()
        bits = int.from_bytes(old[4:8], "little") + 1
        self._create(min(bits, LAST_BITS), old)

    def _create(self, bits: int, old: bytes) -> None:
        table = bytearray(HEADER_SIZE + (BUCKET_SIZE << bits))
        table[:8] = MAGIC + bits.to_bytes(4, "little")
        for start in range(HEADER_SIZE, len(old), RECORD_SIZE):
            record = old[start : start + RECORD_SIZE]
            if is_whole(record):
                _place(table, record, bits)
        write_atomically(self.path, bytes(table), scratch=self.store.layout / "tmp")


def hash_of(device: int, inode: int) -> int:
    """A 64-bit multiplicative hash (Knuth, The Art of Computer Programming, 6.4)."""
    mixed = (inode ^ device << 32 ^ device >> 32) * 0x9E3779B97F4A7C15
    return (mixed & 0xFFFFFFFFFFFFFFFF) >> 32


def key_of(status: os.stat_result) -> bytes:
    fields = (
        status.st_dev,
        status.st_ino,
        status.st_size,
        status.st_mtime_ns,
        status.st_ctime_ns,
    )
    return b"".join((field & 0xFFFFFFFFFFFFFFFF).to_bytes(8, "little") for field in fields)


def seal_record(checked: bytes) -> bytes:
    return checked + _check(checked).to_bytes(4, "little") + bytes(4)


def is_whole(record: bytes) -> bool:
    """Whether a record is there and not torn; an empty one is not there."""
    checked, check = record[:CHECKED_SIZE], record[CHECKED_SIZE : CHECKED_SIZE + 4]
    return (
        len(record) == RECORD_SIZE
        and _check(checked).to_bytes(4, "little") == check
        and any(checked)
    )


def is_settled(status: os.stat_result, read_at: int) -> bool:
    """Whether any change after ``read_at`` would change the file's status."""
    stamps = [status.st_mtime_ns]
    if sys.platform != "win32":
        stamps.append(status.st_ctime_ns)
    whole_seconds = all(stamp % 1_000_000_000 == 0 for stamp in stamps)
    tick = SECOND_TICK_NS if whole_seconds else TICK_NS
    return all(stamp + tick < read_at for stamp in stamps)


def _check(checked: bytes) -> int:
    return int.from_bytes(checked, "little") % MODULUS


def _read_bits(file: BinaryIO) -> int | None:
    header = file.read(HEADER_SIZE)
    bits = int.from_bytes(header[4:8], "little")
    whole = (
        header[:4] == MAGIC
        and bits <= LAST_BITS
        and os.fstat(file.fileno()).st_size == HEADER_SIZE + (BUCKET_SIZE << bits)
    )
    return bits if whole else None


def _read_bucket(file: BinaryIO, status: os.stat_result) -> bytes:
    bits = _read_bits(file)
    if bits is None:
        return b""
    file.seek(_bucket_offset(status.st_dev, status.st_ino, bits))
    return file.read(BUCKET_SIZE)


def _bucket_offset(device: int, inode: int, bits: int) -> int:
    return HEADER_SIZE + BUCKET_SIZE * (hash_of(device, inode) & ((1 << bits) - 1))


def _records(bucket: bytes) -> list[bytes]:
    return [bucket[at : at + RECORD_SIZE] for at in range(0, len(bucket), RECORD_SIZE)]


def _find(bucket: bytes, key: bytes) -> Digest | None:
    for record in _records(bucket):
        if record.startswith(key) and is_whole(record):
            return Digest(record[KEY_SIZE:CHECKED_SIZE].hex())
    return None


def _choose_way(bucket: bytes, key: bytes) -> int | None:
    """The record of the same file if there is one, else the first that is empty or torn."""
    records = _records(bucket)
    for way, record in enumerate(records):
        if record[:16] == key[:16]:
            return way
    for way, record in enumerate(records):
        if not is_whole(record):
            return way
    return None


def _place(table: bytearray, record: bytes, bits: int) -> None:
    device = int.from_bytes(record[:8], "little")
    inode = int.from_bytes(record[8:16], "little")
    offset = _bucket_offset(device, inode, bits)
    for way in range(WAYS):
        start = offset + way * RECORD_SIZE
        if not any(table[start : start + RECORD_SIZE]):
            table[start : start + RECORD_SIZE] = record
            return
