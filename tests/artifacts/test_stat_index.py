"""The stat index knows a file's digest exactly as long as the file cannot have changed."""

from __future__ import annotations

import os
import subprocess
import sys
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dx_py.artifacts import stat_index
from dx_py.artifacts.artifact import digest
from dx_py.artifacts.stat_index import StatIndex, is_settled, is_whole, key_of, seal_record
from dx_py.artifacts.store import ArtifactStore

LATER = 10**12


@pytest.fixture
def index(tmp_path):
    return StatIndex(ArtifactStore(tmp_path / "store", report=lambda line: None))


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "file"
    path.write_bytes(b"content")
    return path


def status(number, *, device=1, size=1, mtime=1, ctime=1):
    """A status as ``os.stat`` gives it; the integer fields come last, by name."""
    return os.stat_result(
        (0o100644, number, device, 1, 0, 0, size, 0, 0, 0),
        {"st_mtime_ns": mtime, "st_ctime_ns": ctime, "st_atime_ns": 0},
    )


def now():
    return time.time_ns() + LATER


def test_a_recorded_digest_is_found(index, file):
    assert index.record(file.stat(), digest(b"content"), read_at=now())
    assert index.lookup(file.stat()) == digest(b"content")


def test_an_unknown_file_is_none(index, file):
    assert index.lookup(file.stat()) is None


def test_a_changed_file_is_unknown(index, file):
    index.record(file.stat(), digest(b"content"), read_at=now())
    time.sleep(0.02)
    file.write_bytes(b"CONTENT")
    assert index.lookup(file.stat()) is None


def test_a_changed_file_replaces_its_record(index, file):
    index.record(file.stat(), digest(b"content"), read_at=now())
    file.write_bytes(b"longer content")
    index.record(file.stat(), digest(b"longer content"), read_at=now())
    assert index.lookup(file.stat()) == digest(b"longer content")


def test_a_file_that_just_changed_is_not_recorded(index, file):
    assert not index.record(file.stat(), digest(b"content"), read_at=time.time_ns())


def test_a_file_system_of_whole_seconds_waits_for_two():
    second = 10**9
    old = status(1, mtime=5 * second, ctime=5 * second)
    assert not is_settled(old, 6 * second)
    assert is_settled(old, 8 * second)


@pytest.mark.skipif(sys.platform == "win32", reason="the change time is a POSIX notion")
def test_setting_the_clock_of_a_file_back_does_not_hide_a_change():
    assert not is_settled(status(1, mtime=1, ctime=LATER), LATER + 1)


def test_the_digest_of_a_file_is_read_once(index, file):
    os.utime(file, ns=(1, 1))
    time.sleep(0.03)
    assert index.digest_of(file) == (digest(b"content"), b"content")
    assert index.digest_of(file) == (digest(b"content"), None)


def test_many_files_are_found_after_the_table_grew(index):
    for number in range(2000):
        assert index.record(status(number), digest(b"%d" % number), read_at=LATER + LATER)
    found = [index.lookup(status(number)) for number in range(2000)]
    assert found == [digest(b"%d" % number) for number in range(2000)]
    assert index.path.stat().st_size > stat_index.BUCKET_SIZE << stat_index.FIRST_BITS


def test_a_full_table_forgets_and_goes_on(index, monkeypatch):
    monkeypatch.setattr(stat_index, "LAST_BITS", stat_index.FIRST_BITS)
    for number in range(3000):
        assert index.record(status(number), digest(b"%d" % number), read_at=LATER + LATER)
    found = [index.lookup(status(number)) for number in range(3000)]
    assert found[-1] == digest(b"2999")
    assert {name for name in found if name} <= {digest(b"%d" % n) for n in range(3000)}


@given(st.binary(min_size=72, max_size=72).filter(any), st.integers(0, 8 * 76 - 1))
def test_a_torn_record_is_not_whole(content, position):
    record = bytearray(seal_record(content))
    assert is_whole(bytes(record))
    record[position // 8] ^= 1 << position % 8
    assert not is_whole(bytes(record))


@pytest.mark.parametrize("damage", [b"", b"DXS1", b"DXS1" + bytes(12), b"x" * 100_000])
def test_a_damaged_table_is_made_again(index, file, damage):
    index.record(file.stat(), digest(b"content"), read_at=now())
    index.path.write_bytes(damage)
    assert index.lookup(file.stat()) is None
    assert index.record(file.stat(), digest(b"content"), read_at=now())
    assert index.lookup(file.stat()) == digest(b"content")


def test_every_flipped_bit_of_a_record_is_unknown_or_right(index, file):
    index.record(file.stat(), digest(b"content"), read_at=now())
    table = index.path.read_bytes()
    start = table.index(key_of(file.stat()))
    for position in range(start, start + stat_index.RECORD_SIZE - 4):
        damaged = bytearray(table)
        damaged[position] ^= 0x10
        index.path.write_bytes(damaged)
        assert index.lookup(file.stat()) is None


WRITER = """
import sys
from dx_py.artifacts.artifact import digest
from dx_py.artifacts.stat_index import StatIndex
from dx_py.artifacts.store import ArtifactStore
sys.path.insert(0, sys.argv[3])
from test_stat_index import LATER, status
index = StatIndex(ArtifactStore(sys.argv[1]))
for number in range(int(sys.argv[2]), int(sys.argv[2]) + 400):
    index.record(status(number), digest(b"%d" % number), read_at=LATER * 2)
"""


def test_processes_that_write_at_once_never_give_a_wrong_digest(index):
    here = os.path.dirname(__file__)  # noqa: PTH120
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", WRITER, str(index.store.root), str(start), here]
        )
        for start in (0, 200, 400, 600)
    ]
    assert [process.wait() for process in processes] == [0, 0, 0, 0]
    found = {number: index.lookup(status(number)) for number in range(1000)}
    assert all(found[number] in (None, digest(b"%d" % number)) for number in found)
    assert sum(name is not None for name in found.values()) > 100
