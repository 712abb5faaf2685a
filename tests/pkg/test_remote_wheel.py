"""Metadata read from parts of a wheel is what `zipfile` reads from the whole."""

from __future__ import annotations

import io
import random
import zipfile

import pytest

from dx_py.pkg.errors import MetadataError
from dx_py.pkg.index.remote_wheel import fetch_metadata, read_from_wheel
from dx_py.pkg.index.transport import Response

NAME = "app-1.0.dist-info/METADATA"
CONTENT = b"Metadata-Version: 2.1\nName: app\nVersion: 1.0\n" + b"text\n" * 300
NOISE = random.Random(1).randbytes(40_000)


def wheel(
    *, first=False, extra=b"", comment=b"", others=3, method=zipfile.ZIP_DEFLATED, more=()
):
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w", method) as archive:
        member = zipfile.ZipInfo(NAME)
        member.extra, member.compress_type = extra, method
        if first:
            archive.writestr(member, CONTENT)
        for number in range(others):
            archive.writestr(f"app/{'m' * 60}{number}.py", NOISE[: 40_000 // others])
        for name in more:
            archive.writestr(name, b"other")
        if not first:
            archive.writestr(member, CONTENT)
        archive.comment = comment
    return data.getvalue()


SHAPES = {
    "last": wheel(),
    "first": wheel(first=True),
    "stored": wheel(method=zipfile.ZIP_STORED, first=True),
    "long extra field": wheel(extra=b"\xff\xff\xd0\x07" + bytes(2000), first=True),
    "comment": wheel(comment=b"about"),
    "directory longer than the first part": wheel(others=400),
    "metadata of two": wheel(more=["app/vendored/lib-1.0.dist-info/METADATA"]),
    "before it something else": b"#!/bin/sh\n" + wheel(),
}


def with_long_local_extra_field():
    """As aligning tools leave it: the directory does not tell of it."""
    plain = bytearray(wheel(others=1))
    start = plain.rindex(b"PK\3\4")
    place = start + 30 + len(NAME)
    plain[start + 28 : start + 30] = (3000).to_bytes(2, "little")
    plain[place:place] = b"\xff\xff\xb4\x0b" + bytes(2996)
    end = plain.rindex(b"PK\5\6")
    offset = int.from_bytes(plain[end + 16 : end + 20], "little") + 3000
    plain[end + 16 : end + 20] = offset.to_bytes(4, "little")
    return bytes(plain)


def fetch(data, size=0):
    """The metadata, and how many requests it took."""
    steps = fetch_metadata("https://host/app-1.0-py3-none-any.whl", "app", size)
    request, count = next(steps), 1
    while True:
        first, _, last = dict(request.headers)["Range"].removeprefix("bytes=").partition("-")
        start = int(first) if first else max(0, len(data) - int(last))
        end = int(last) + 1 if first else len(data)
        headers = {"content-range": f"bytes {start}-{end - 1}/{len(data)}"}
        try:
            request = steps.send(Response(request.url, 206, headers, data[start:end]))
        except StopIteration as done:
            return done.value, count
        count += 1


@pytest.mark.parametrize("shape", SHAPES)
def test_every_shape_of_archive_gives_its_metadata(shape):
    assert fetch(SHAPES[shape])[0] == CONTENT


def test_a_local_header_longer_than_expected_is_left_to_zipfile():
    data = with_long_local_extra_field()
    assert read_from_wheel(io.BytesIO(data), "app", "x") == CONTENT
    assert fetch(data)[0] == CONTENT


def test_what_is_far_from_the_end_costs_one_request_for_each_part():
    assert fetch(wheel(others=400, first=True))[1] == 3


def test_a_damaged_entry_is_no_metadata():
    data = bytearray(wheel(method=zipfile.ZIP_STORED))
    data[data.rindex(b"text\n")] ^= 1
    with pytest.raises(MetadataError, match="is no wheel"):
        fetch(bytes(data))


@pytest.mark.parametrize("seed", range(40))
def test_a_changed_directory_is_read_as_zipfile_reads_it_or_refused(seed):
    chance = random.Random(seed)
    data = bytearray(wheel(others=2))
    directory = data.index(b"PK\1\2")
    for _ in range(chance.randint(1, 3)):
        data[chance.randrange(directory, len(data))] = chance.randrange(256)
    try:
        expected = read_from_wheel(io.BytesIO(bytes(data)), "app", "x")
    except MetadataError:
        return
    try:
        found = fetch(bytes(data))[0]
    except MetadataError:
        return
    assert found == expected
