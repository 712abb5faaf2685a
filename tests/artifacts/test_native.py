"""The native reader answers as the Python one does, on whole and on damaged bytes."""

from __future__ import annotations

import hashlib
import os
import zlib
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dx_py.artifacts.artifact import Artifact, Digest, decode, digest, encode, seal
from dx_py.artifacts.errors import DamagedArtifactError
from dx_py.artifacts.location import UntrustedFolderError, check_trusted
from dx_py.artifacts.stat_index import StatIndex
from dx_py.artifacts.store import ArtifactStore

if os.environ.get("DX_PORTABLE") == "1":
    pytest.skip("portable mode has no native code", allow_module_level=True)

from dx_py.artifacts._native import ffi, lib

LATER = 10**19
HEX = "char[65]"
DATA = encode(Artifact("sample", 300, [1, "two", (3.0,)]))


def text(buffer):
    return ffi.string(buffer).decode()


@given(st.binary(max_size=400))
def test_sha256_is_hashlibs(data):
    result = ffi.new(HEX)
    lib.dx_sha256_hex(data, len(data), result)
    assert text(result) == hashlib.sha256(data).hexdigest()


@given(st.lists(st.binary(max_size=150), max_size=6))
def test_sha256_of_pieces_is_that_of_the_whole(pieces):
    hash_, result = ffi.new("struct dx_sha256 *"), ffi.new(HEX)
    lib.dx_sha256_start(hash_)
    for piece in pieces:
        lib.dx_sha256_add(hash_, piece, len(piece))
    lib.dx_sha256_finish(hash_, result)
    assert text(result) == hashlib.sha256(b"".join(pieces)).hexdigest()


@given(st.binary(max_size=100), st.binary(max_size=100))
def test_crc32_is_zlibs(first, second):
    assert lib.dx_crc32(0, first, len(first)) == zlib.crc32(first)
    assert lib.dx_crc32(zlib.crc32(first), second, len(second)) == zlib.crc32(first + second)


@given(st.text(max_size=200), st.integers(0, 2**64 - 1))
def test_the_head_of_an_artifact_is_read(kind, schema):
    data = encode(Artifact(kind, schema, [1, 2]))
    out = ffi.new("struct dx_artifact *")
    source = ffi.from_buffer(data)
    if len(kind.encode()) > 255:
        return
    assert lib.dx_artifact_open(source, len(data), out) == lib.DX_OK
    assert ffi.buffer(out.kind, out.kind_size)[:].decode() == kind
    assert out.schema == schema
    assert ffi.buffer(out.payload, out.payload_size)[:] == b"\x92\x01\x02"


@given(st.binary(max_size=60))
def test_any_bytes_are_damaged_or_what_python_reads(body):
    data = seal(body)
    out = ffi.new("struct dx_artifact *")
    source = ffi.from_buffer(data)
    if lib.dx_artifact_open(source, len(data), out) == lib.DX_DAMAGED:
        with pytest.raises(DamagedArtifactError):
            decode(data)


@pytest.mark.parametrize("size", range(len(DATA)))
def test_every_truncation_is_found(size):
    out = ffi.new("struct dx_artifact *")
    assert lib.dx_artifact_open(DATA[:size], size, out) == lib.DX_DAMAGED


@pytest.fixture
def store(tmp_path):
    return ArtifactStore(tmp_path / "store", report=lambda line: None)


def native_lookup(store, action):
    result = ffi.new(HEX)
    status = lib.dx_store_lookup(os.fsencode(store.root), action.encode(), result)
    return status, text(result) if status == lib.DX_OK else None


def native_get(store, name):
    data, size = ffi.new("unsigned char **"), ffi.new("size_t *")
    status = lib.dx_store_get(os.fsencode(store.root), name.encode(), data, size)
    if status != lib.DX_OK:
        return status, None
    content = ffi.buffer(data[0], size[0])[:]
    lib.dx_artifact_free(data[0])
    return status, content


def test_an_action_and_its_artifact_are_found(store):
    store.record(digest(b"action"), store.put(DATA))
    assert native_lookup(store, digest(b"action")) == (lib.DX_OK, digest(DATA))
    assert native_get(store, digest(DATA)) == (lib.DX_OK, DATA)


@pytest.mark.parametrize("name", ["0" * 64, "", "../../../../etc/passwd", "Z" * 64, "0" * 65])
def test_what_is_not_there_is_missing(store, name):
    store.put(DATA)
    assert native_get(store, Digest(name)) == (lib.DX_MISSING, None)
    assert native_lookup(store, Digest(name)) == (lib.DX_MISSING, None)


def test_damage_is_found(store):
    store.record(digest(b"action"), store.put(DATA))
    for path in (store.action_path(digest(b"action")), store.object_path(digest(DATA))):
        content = bytearray(path.read_bytes())
        content[-1] ^= 1
        path.write_bytes(content)
    assert native_lookup(store, digest(b"action"))[0] == lib.DX_DAMAGED
    assert native_get(store, digest(DATA))[0] == lib.DX_DAMAGED


def test_reading_marks_an_artifact_as_used(store):
    path = store.object_path(store.put(DATA))
    os.utime(path, (1, 1))
    native_get(store, digest(DATA))
    assert path.stat().st_mtime > 10**9


def key(status):
    return ffi.new(
        "struct dx_file_key *",
        (
            status.st_dev,
            status.st_ino,
            status.st_size,
            status.st_mtime_ns,
            status.st_ctime_ns,
        ),
    )


def native_find(index, status):
    handle = lib.dx_stat_index_open(os.fsencode(index.store.root))
    if handle == ffi.NULL:
        return None
    result = ffi.new(HEX)
    found = lib.dx_stat_index_find(handle, key(status), result)
    lib.dx_stat_index_close(handle)
    return text(result) if found == lib.DX_OK else None


def test_recorded_files_are_found(store, tmp_path):
    index = StatIndex(store)
    files = [tmp_path / str(number) for number in range(300)]
    for number, file in enumerate(files):
        file.write_bytes(b"%d" % number)
    for file in files[::2]:
        index.record(file.stat(), digest(file.read_bytes()), read_at=LATER)
    for number, file in enumerate(files):
        expected = None if number % 2 else digest(b"%d" % number)
        assert index.lookup(file.stat()) == native_find(index, file.stat()) == expected


@pytest.fixture(scope="module")
def recorded(tmp_path_factory):
    """A file, and the index that knows it."""
    folder = tmp_path_factory.mktemp("index")
    index = StatIndex(ArtifactStore(folder / "store"))
    file = folder / "file"
    file.write_bytes(b"content")
    index.record(file.stat(), digest(b"content"), read_at=LATER)
    return file, index, index.path.read_bytes()


@settings(max_examples=100, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_a_damaged_table_is_read_alike(recorded, data):
    file, index, table = recorded
    start = table.index(bytes.fromhex(digest(b"content"))) - 40
    damaged = bytearray(table)
    position = data.draw(st.integers(0, 15) | st.integers(start, start + 79))
    damaged[position] ^= data.draw(st.integers(1, 255))
    index.path.write_bytes(damaged)
    known = native_find(index, file.stat())
    assert known in (None, digest(b"content"))
    if position >= 16:
        assert known == index.lookup(file.stat())


def python_trusts(path):
    try:
        check_trusted(Path(path))
    except (UntrustedFolderError, NotADirectoryError):
        return False
    return True


@pytest.mark.skipif(not hasattr(os, "getuid"), reason="owners are a POSIX notion")
def test_the_same_folders_are_trusted(tmp_path):
    (tmp_path / "mine" / "below").mkdir(parents=True)
    (tmp_path / "open" / "below").mkdir(parents=True)
    (tmp_path / "open").chmod(0o777)
    (tmp_path / "link").symlink_to(tmp_path / "open")
    (tmp_path / "good").symlink_to(tmp_path / "mine")
    (tmp_path / "file").touch()
    names = ["mine", "mine/below", "mine/none/none", "open", "open/below", "open/none"]
    names += ["link", "link/below", "link/none", "good", "good/below", "file", "file/below"]
    paths = [str(tmp_path / name) for name in names] + ["/", "/tmp", "/nonexistent/x"]
    trusted = {path: lib.dx_path_trusted(path.encode()) == lib.DX_OK for path in paths}
    assert trusted == {path: python_trusts(path) for path in paths}
    assert trusted[str(tmp_path / "mine")]
    assert not trusted[str(tmp_path / "link" / "none")]
