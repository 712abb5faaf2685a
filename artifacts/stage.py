"""Stages: named and versioned functions from artifacts to an artifact, run once."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Protocol

from dx_py.artifacts import msgpack_writer
from dx_py.artifacts.artifact import Artifact, Digest, check_schema, digest, encode
from dx_py.artifacts.errors import ArtifactError
from dx_py.artifacts.store import ArtifactStore

#: What the host's own compiler and library may change from one release to the next.
HOST = f"{sys.implementation.cache_tag}-{'.'.join(map(str, sys.version_info[:3]))}"


@dataclass(frozen=True, slots=True)
class Content:
    """Bytes named by their digest, and read only when somebody needs them."""

    digest: Digest
    read: Callable[[], bytes]

    @classmethod
    def of(cls, data: bytes) -> Content:
        return cls(digest(data), lambda: data)


class Stage(Protocol):
    """A pure step of a pipeline.

    ``run`` reads only its arguments and gives an artifact of ``kind`` and ``schema``. Raise
    ``version`` whenever the same arguments may give another result. ``targets_cpu`` says
    that the result also depends on the processor it is made for.
    """

    name: ClassVar[str]
    version: ClassVar[int]
    kind: ClassVar[str]
    schema: ClassVar[int]
    targets_cpu: ClassVar[bool]

    def run(self, inputs: Sequence[bytes], options: Mapping[str, Any]) -> Artifact | bytes:
        """The artifact, or its bytes where native code has written them already."""


class EffectStage(Protocol):
    """A step that asks or changes the world (fetch, execute, install).

    Its result is an artifact like any other, and is never answered from the action cache.
    """

    name: ClassVar[str]
    version: ClassVar[int]

    def perform(self, inputs: Sequence[bytes], options: Mapping[str, Any]) -> Artifact: ...


def action_key(
    stage: Stage, inputs: Sequence[Digest], options: Mapping[str, Any], *, target: str = ""
) -> Digest:
    """Names everything that can change what ``stage`` gives."""
    before, after = action_template(stage, len(inputs), options, target=target)
    names = [msgpack_writer.pack(name) for name in inputs]
    return digest(before + b"".join(names) + after)


def action_template(
    stage: Stage, inputs: int, options: Mapping[str, Any], *, target: str = ""
) -> tuple[bytes, bytes]:
    """What comes before and after the packed input digests in the bytes an action key hashes.

    A reader that asks for one stage many times computes each key as one SHA-256 of
    ``before + b"\\xd9\\x40" + hexadecimal digest + after``.
    """
    if stage.targets_cpu and not target:
        raise ValueError(f"stage {stage.name!r} depends on the target CPU, which was not named")
    pack = msgpack_writer.pack
    before = b"\x93" + pack("action") + pack(1) + pack([""] * inputs)[: -inputs or None]
    after = pack(
        {
            "host": HOST,
            "options": dict(options),
            "schema": stage.schema,
            "stage": stage.name,
            "target": target if stage.targets_cpu else "",
            "version": stage.version,
        }
    )
    return before, after


def run_stage(
    store: ArtifactStore,
    stage: Stage,
    inputs: Sequence[Content],
    options: Mapping[str, Any],
    *,
    target: str = "",
) -> Content:
    """What ``stage`` gives, from the store when the same action was run before.

    Inputs are read only if the stage has to run. A result that is gone or damaged when it
    is read is computed again then.
    """

    def compute() -> bytes:
        result = stage.run([content.read() for content in inputs], options)
        data = encode(result) if isinstance(result, Artifact) else result
        store.record(action, store.put(data))
        return data

    action = action_key(stage, [content.digest for content in inputs], options, target=target)
    known = store.lookup(action)
    if known is not None and store.contains(known):
        return Content(known, lambda: _known_result(store, stage, known) or compute())
    return Content.of(compute())


def _known_result(store: ArtifactStore, stage: Stage, name: Digest) -> bytes | None:
    data = store.get(name)
    if data is None:
        return None
    try:
        check_schema(data, kind=stage.kind, schema=stage.schema)
    except ArtifactError as error:
        store.report(f"stage {stage.name!r}: {error}; built again")
        return None
    return data


def perform_stage(
    store: ArtifactStore,
    stage: EffectStage,
    inputs: Sequence[Content],
    options: Mapping[str, Any],
) -> Content:
    data = encode(stage.perform([content.read() for content in inputs], options))
    store.put(data)
    return Content.of(data)
