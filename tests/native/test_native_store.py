"""What native code in the store is taken for: whole, of this host, or nothing at all."""

from __future__ import annotations

import hashlib
import marshal
import os
import random
import sys
from pathlib import Path

import pytest

from dx_py.artifacts.artifact import Artifact, Digest, encode
from dx_py.artifacts.store import ArtifactStore
from dx_py.runtime_support import native_units
from dx_py.runtime_support.native_units import KIND, SCHEMA, decode_unit, encode_unit, unit_key
from dx_py.runtime_support.store_files import StoreFiles

#: Offsets tried in each file; ``make faults-native`` tries them all.
SAMPLE = int(os.environ.get("DX_FAULT_BYTES", "200"))
UNIT = (bytes(4096), 0, ("unit", "type:int"), (("guard.type", 0, 3),), ((),), (b"",), ())
KEY = hashlib.sha256(b"a key").digest()


def sha256(data):
    return hashlib.sha256(data).digest()


@pytest.fixture
def filled(tmp_path):
    tmp_path.chmod(0o700)
    store = ArtifactStore(tmp_path)
    digest = store.put(encode(Artifact(KIND, SCHEMA, encode_unit((UNIT, b"samples")))))
    store.record(Digest(KEY.hex()), digest)
    return StoreFiles(str(store.layout))


def load(files):
    """As the tier does."""
    digest = files.lookup(KEY)
    body = files.get(digest) if digest else None
    return decode_unit(body) if body else None


def test_a_whole_unit_is_found(filled):
    assert load(filled) == (UNIT, b"samples")


@pytest.mark.parametrize("kind", ["objects", "actions"])
def test_a_unit_damaged_in_any_byte_is_refused(filled, kind, capfd):
    path = next(p for p in files_of(filled, kind))
    whole = path.read_bytes()
    count = min(SAMPLE, len(whole))
    for offset in sorted(random.Random(7).sample(range(len(whole)), count)):
        for bit in (1, 128):
            damaged = bytearray(whole)
            damaged[offset] ^= bit
            path.write_bytes(damaged)
            assert load(filled) is None, (offset, bit)
    path.write_bytes(whole)
    assert load(filled) == (UNIT, b"samples")


@pytest.mark.parametrize("kind", ["objects", "actions"])
def test_a_unit_cut_short_is_refused(filled, kind):
    path = next(p for p in files_of(filled, kind))
    whole = path.read_bytes()
    for size in (0, 1, 4, 7, 8, 9, 40, len(whole) - 1):
        path.write_bytes(whole[:size])
        assert load(filled) is None, size


def files_of(files, kind):
    return (p for p in Path(files._layout, kind).rglob("*") if p.is_file())


def key(code, **changes):
    target = changes.pop("target", ("x86_64", "x86-64-v3"))
    with pytest.MonkeyPatch.context() as patch:
        for name, value in changes.items():
            patch.setattr(*(sys, name) if name == "version" else (native_units, name), value)
        return unit_key(code, target, sha256)


def test_each_version_host_and_processor_has_units_of_its_own():
    code = compile("x + 1", "f.py", "eval")
    keys = [
        key(code),
        key(code, VERSION=native_units.VERSION + 1),
        key(code, version=sys.version.replace("3.12", "3.12.99")),
        key(code, target=("x86_64", "x86-64")),
        key(code, target=("aarch64", "generic")),
        key(compile("x + 2", "f.py", "eval")),
    ]
    assert len(set(keys)) == len(keys)
    assert key(code) == keys[0]


def test_a_unit_of_another_schema_is_refused(filled, monkeypatch):
    path = next(files_of(filled, "objects"))
    body = StoreFiles.get(filled, bytes.fromhex(path.parent.name + path.name))
    monkeypatch.setattr(native_units, "SCHEMA", SCHEMA + 1)
    assert decode_unit(body) is None


def test_a_reason_is_kept_in_place_of_a_unit():
    payload = encode_unit(("generator", b""))
    assert marshal.loads(payload) == ("generator", b"")
