"""An artifact: a kind, a schema number and a payload, with one sequence of bytes for each.

    b"DXA1" + CRC-32 of the rest (u32, little endian) + msgpack of [kind, schema, payload]

The msgpack is canonical (``msgpack_writer``), so equal artifacts have equal bytes and the
SHA-256 of all the bytes is the artifact's name.
"""

from __future__ import annotations

import hashlib
import zlib
from dataclasses import dataclass
from typing import Any, Final, NewType

import msgpack

from dx_py.artifacts import msgpack_reader, msgpack_writer
from dx_py.artifacts.errors import DamagedArtifactError, NewerArtifactError, WrongKindError

#: SHA-256 in lower-case hexadecimal.
Digest = NewType("Digest", str)

MAGIC: Final = b"DXA1"
HEADER_SIZE: Final = 8


@dataclass(frozen=True, slots=True)
class Artifact:
    """``payload`` holds None, bool, int, float, complex, str, bytes, list, tuple, dict,
    frozenset and Ellipsis, of exactly these types, and comes back as what it was.

    Lists are cheap (plain msgpack); tuples, frozensets and the rest are extension types.
    """

    kind: str
    schema: int
    payload: Any


def encode(artifact: Artifact) -> bytes:
    """Raises TypeError for a payload that no artifact can hold."""
    return seal(msgpack_writer.pack([artifact.kind, artifact.schema, artifact.payload]))


def seal(body: bytes) -> bytes:
    """The artifact whose msgpack is ``body``, which a stage may have written itself."""
    return MAGIC + zlib.crc32(body).to_bytes(4, "little") + body


def body_of(data: bytes) -> memoryview:
    """The msgpack of an artifact; raises DamagedArtifactError unless its check holds."""
    if data[:4] != MAGIC or len(data) <= HEADER_SIZE:
        raise DamagedArtifactError("not an artifact: it does not begin with 'DXA1'")
    body = memoryview(data)[HEADER_SIZE:]
    if zlib.crc32(body) != int.from_bytes(data[4:HEADER_SIZE], "little"):
        raise DamagedArtifactError("damaged artifact: its checksum does not hold")
    return body


def decode(data: bytes) -> Artifact:
    """Raises DamagedArtifactError for bytes that are not a whole artifact."""
    body = body_of(data)
    try:
        content = _unpack(body)
    except (ValueError, TypeError) as error:
        raise DamagedArtifactError(f"damaged artifact: {error}") from None
    match content:
        case [str(kind), int(schema), payload]:
            return Artifact(kind, schema, payload)
    raise DamagedArtifactError("damaged artifact: not a kind, a schema and a payload")


def decode_as(data: bytes, *, kind: str, schema: int) -> Any:  # noqa: ANN401
    """The payload of an artifact of this kind and schema; raises ArtifactError otherwise."""
    artifact = decode(data)
    if artifact.kind != kind:
        raise WrongKindError(f"artifact of kind {artifact.kind!r}: {kind!r} is needed here")
    if artifact.schema > schema:
        raise NewerArtifactError(
            f"{kind!r} artifact of schema {artifact.schema}: this DX-Py reads schema {schema}; "
            f"install one that reads schema {artifact.schema}, or build the artifact again"
        )
    if artifact.schema != schema:
        raise WrongKindError(
            f"{kind!r} artifact of schema {artifact.schema}: schema {schema} is needed; "
            "build the artifact again"
        )
    return artifact.payload


def check_schema(data: bytes, *, kind: str, schema: int) -> None:
    """Raises ArtifactError unless the head of a whole artifact names this kind and schema.

    The payload is not read.
    """
    expected = msgpack_writer.pack([kind, schema, None])[:-1]
    if data[HEADER_SIZE : HEADER_SIZE + len(expected)] != expected:
        decode_as(data, kind=kind, schema=schema)


def digest(data: bytes) -> Digest:
    return Digest(hashlib.sha256(data).hexdigest())


def _unpack(body: memoryview) -> object:
    try:
        return msgpack.unpackb(
            body,
            strict_map_key=False,
            ext_hook=msgpack_reader.extension_value,
        )
    except msgpack.StackError:
        return msgpack_reader.unpack(bytes(body))
