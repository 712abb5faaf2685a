"""The codec: what goes in comes back, equal values give equal bytes, damage is found."""

from __future__ import annotations

import math
import struct

import msgpack
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dx_py.artifacts import msgpack_reader, msgpack_writer
from dx_py.artifacts.artifact import Artifact, decode, decode_as, encode
from dx_py.artifacts.errors import (
    ArtifactError,
    DamagedArtifactError,
    NewerArtifactError,
    WrongKindError,
)

ATOMS = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.integers(min_value=-(2**70), max_value=2**70)
    | st.floats()
    | st.complex_numbers()
    | st.text(st.characters())
    | st.binary()
    | st.just(...)
)
VALUES = st.recursive(
    ATOMS,
    lambda inner: (
        st.lists(inner)
        | st.lists(inner).map(tuple)
        | st.dictionaries(st.text() | st.integers(), inner)
        | st.frozensets(ATOMS)
    ),
    max_leaves=20,
)


def exact(value):
    """Distinguishes what ``==`` does not: types, -0.0, NaN payloads, order of nothing."""
    match value:
        case float():
            return float, struct.pack("d", value)
        case complex():
            return complex, struct.pack("dd", value.real, value.imag)
        case list() | tuple():
            return type(value), [exact(item) for item in value]
        case dict():
            return dict, sorted((repr(key), exact(item)) for key, item in value.items())
        case frozenset():
            return frozenset, sorted(repr(exact(item)) for item in value)
    return type(value), value


@given(VALUES)
def test_a_payload_comes_back_as_what_it_was(value):
    artifact = decode(encode(Artifact("sample", 3, value)))
    assert (artifact.kind, artifact.schema) == ("sample", 3)
    assert exact(artifact.payload) == exact(value)


@given(VALUES)
def test_both_readers_agree(value):
    packed = msgpack_writer.pack(value)
    by_msgpack = msgpack.unpackb(
        packed, strict_map_key=False, ext_hook=msgpack_reader.extension_value
    )
    assert exact(msgpack_reader.unpack(packed)) == exact(by_msgpack)


@given(st.recursive(st.none() | st.integers(-(2**63), 2**64 - 1) | st.floats() | st.text()
                    | st.binary(), st.lists, max_leaves=30))  # fmt: skip
def test_plain_values_are_packed_as_msgpack_does(value):
    assert msgpack_writer.pack(value) == msgpack.packb(value)


@pytest.mark.parametrize("size", [0, 15, 16, 31, 32, 255, 256, 65535, 65536])
def test_every_length_form_comes_back(size):
    for value in ("a" * size, b"a" * size, [None] * size, dict.fromkeys(range(size))):
        packed = msgpack_writer.pack(value)
        assert packed == msgpack.packb(value)
        assert msgpack_reader.unpack(packed) == value


@given(st.dictionaries(st.text() | st.integers(), st.integers()), st.randoms())
def test_the_order_of_a_dictionary_changes_nothing(entries, random):
    shuffled = list(entries.items())
    random.shuffle(shuffled)
    assert msgpack_writer.pack(dict(shuffled)) == msgpack_writer.pack(entries)


@pytest.mark.parametrize("bits", [0x7FF8000000000001, 0xFFF8000000000ABC, 0x8000000000000000])
def test_float_bits_are_kept(bits):
    (value,) = struct.unpack(">d", bits.to_bytes(8))
    came_back = decode(encode(Artifact("sample", 1, value))).payload
    assert struct.pack(">d", came_back) == bits.to_bytes(8)


def test_true_and_one_stay_apart():
    assert exact(decode(encode(Artifact("s", 1, [True, 1, 1.0]))).payload) == exact(
        [True, 1, 1.0]
    )


class Flags(int):
    pass


@pytest.mark.parametrize("value", [{1}, bytearray(), object(), Flags(3), math])
def test_a_value_without_a_form_is_refused(value):
    with pytest.raises(TypeError, match="an artifact cannot hold"):
        encode(Artifact("sample", 1, [value]))


def test_a_deeper_payload_than_msgpack_reads_is_read():
    depth = 100_000
    assert msgpack_reader.unpack(b"\x91" * depth + b"\xc0") is not None


@given(st.binary())
def test_any_bytes_are_a_value_or_a_value_error(data):
    for bytes_ in (data, b"\x93" + data):
        try:
            msgpack_reader.unpack(bytes_)
        except ValueError:
            continue


SAMPLE = encode(Artifact("sample", 1, {"name": "x" * 40, "items": [1, (2, 3), None]}))


@pytest.mark.parametrize("size", range(len(SAMPLE)))
def test_every_truncation_is_found(size):
    with pytest.raises(DamagedArtifactError):
        decode(SAMPLE[:size])


@given(st.integers(0, 8 * len(SAMPLE) - 1))
def test_every_flipped_bit_is_found(position):
    damaged = bytearray(SAMPLE)
    damaged[position // 8] ^= 1 << position % 8
    with pytest.raises(DamagedArtifactError):
        decode(bytes(damaged))


def test_a_newer_schema_names_the_one_needed():
    data = encode(Artifact("ast", 7, None))
    with pytest.raises(
        NewerArtifactError, match="reads schema 2; install one that reads schema 7"
    ):
        decode_as(data, kind="ast", schema=2)


def test_another_kind_or_an_older_schema_is_refused():
    data = encode(Artifact("ast", 1, None))
    with pytest.raises(WrongKindError, match="kind 'ast': 'code' is needed"):
        decode_as(data, kind="code", schema=1)
    with pytest.raises(ArtifactError, match="schema 2 is needed"):
        decode_as(data, kind="ast", schema=2)
