"""Wheels that mean harm: refused with a reason, nothing written outside, nothing installed."""

from __future__ import annotations

import csv
import io
import stat
import struct
import zipfile
from pathlib import Path

import pytest

INFO = "bad-1.0.dist-info"
WHEEL = "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n"


class Archive:
    """A wheel called ``bad`` that can be made wrong in any way."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "bad-1.0-py3-none-any.whl"
        self.members: list[tuple[zipfile.ZipInfo, bytes]] = []
        self.rows: list[tuple[str, str, str]] = []
        self.add(f"{INFO}/METADATA", b"Metadata-Version: 2.1\nName: bad\nVersion: 1.0\n\n")
        self.add(f"{INFO}/WHEEL", WHEEL.encode())

    def add(
        self, name: str, data: bytes = b"x", *, mode: int = 0, row: str | None = ""
    ) -> None:
        info = zipfile.ZipInfo(name)
        info.compress_type = zipfile.ZIP_DEFLATED
        info.external_attr = mode << 16
        self.members.append((info, data))
        if row is not None:
            self.rows.append((name, row, ""))

    def write(self, *, record: bool = True) -> None:
        text = io.StringIO()
        csv.writer(text).writerows([*self.rows, (f"{INFO}/RECORD", "", "")])
        if record:
            self.add(f"{INFO}/RECORD", text.getvalue().encode(), row=None)
        with zipfile.ZipFile(self.path, "w") as archive:
            for info, data in self.members:
                archive.writestr(info, data)


def absolute(archive):
    archive.add("/tmp/dx-py-escaped")


def parent(archive):
    archive.add("../../escaped")


def parent_inside(archive):
    archive.add("pkg/../../../escaped")


def backslash_parent(archive):
    archive.add("..\\..\\escaped")


def drive(archive):
    archive.add("C:/escaped")


def link(archive):
    archive.add("bad/link", b"/etc/passwd", mode=stat.S_IFLNK | 0o777)


def device(archive):
    archive.add("bad/device", b"", mode=stat.S_IFCHR | 0o600)


def case_collision(archive):
    archive.add("bad/a.py")
    archive.add("bad/A.py")


def unicode_collision(archive):
    archive.add("bad/\u00e9.py")
    archive.add("bad/e\u0301.py")


def file_and_folder(archive):
    archive.add("bad")
    archive.add("bad/a.py")


def wrong_hash(archive):
    archive.add("bad.py", row="sha256=AAAA")


def weak_hash(archive):
    archive.add("bad.py", row="md5=AAAA")


def not_in_record(archive):
    archive.add("bad.py", row=None)


def only_in_record(archive):
    archive.rows.append(("absent.py", "", ""))


def two_infos(archive):
    archive.add("other-1.0.dist-info/METADATA")


def bomb(archive):
    archive.add("bad/zeros", b"\0" * (80 << 20))


def script_that_escapes(archive):
    archive.add(f"{INFO}/entry_points.txt", b"[console_scripts]\n../../x = bad:main\n")


def script_that_injects(archive):
    archive.add(f"{INFO}/entry_points.txt", b"[console_scripts]\nx = bad:main; import os\n")


def data_scheme_unknown(archive):
    archive.add("bad-1.0.data/elsewhere/x")


def future_format(archive):
    archive.members[1] = (archive.members[1][0], b"Wheel-Version: 2.0\n")


@pytest.mark.parametrize(
    "spoil",
    [
        absolute, parent, parent_inside, backslash_parent, drive, link, device, case_collision,
        unicode_collision, file_and_folder, wrong_hash, weak_hash, not_in_record,
        only_in_record, two_infos, bomb, script_that_escapes, script_that_injects,
        data_scheme_unknown, future_format,
    ],
)  # fmt: skip
def test_a_hostile_wheel_is_refused_and_changes_nothing(spoil, env, links, tmp_path):
    archive = Archive(links)
    spoil(archive)
    archive.write()
    before = env.tree()
    outside = sorted(path for path in tmp_path.rglob("*") if ".dx-py" not in path.parts)
    answer = env.install("bad")
    assert answer.status == 1
    assert answer.err.startswith("ERROR: ")
    assert "Traceback" not in answer.err
    assert env.tree() == before
    assert not Path("/tmp/dx-py-escaped").exists()
    after = sorted(path for path in tmp_path.rglob("*") if ".dx-py" not in path.parts)
    assert after == outside


def test_a_duplicate_member_is_refused(env, links):
    archive = Archive(links)
    archive.add("bad.py", b"one")
    archive.add("bad.py", b"two", row=None)
    with pytest.warns(UserWarning, match="Duplicate"):
        archive.write()
    assert "may be one file" in env.install("bad").err


def test_a_wheel_without_record_is_refused(env, links):
    archive = Archive(links)
    archive.write(record=False)
    assert "has no RECORD" in env.install("bad").err


def test_a_truncated_wheel_is_refused(env, links):
    archive = Archive(links)
    archive.write()
    archive.path.write_bytes(archive.path.read_bytes()[:-30])
    answer = env.install("bad")
    assert answer.status == 1
    assert "no wheel" in answer.err


def test_a_member_longer_than_it_says_is_refused(env, links):
    archive = Archive(links)
    archive.add("bad.py", b"x" * 5000)
    archive.write()
    data = archive.path.read_bytes()
    honest, lie = struct.pack("<L", 5000), struct.pack("<L", 50)
    assert honest in data
    archive.path.write_bytes(data.replace(honest, lie))
    assert env.install("bad").status == 1
    assert env.freeze() == []
