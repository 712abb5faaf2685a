"""Profiles that ``dx-py run --profile-out`` wrote, as the compiler reads them."""

from __future__ import annotations

import marshal
from dataclasses import dataclass
from pathlib import Path
from types import CodeType
from typing import Any

from dx_py.artifacts.artifact import decode_as
from dx_py.artifacts.errors import DamagedArtifactError, DxError
from dx_py.runtime_support.native_profile import KIND, SCHEMA


@dataclass(frozen=True, slots=True)
class Counters:
    """Of one function in one run; ``failed``: (opcode, routine, pc, times) of guards."""

    entries: int
    raises: int
    code_size: int
    failed: tuple[tuple[str, int, int, int], ...]


@dataclass(frozen=True, slots=True)
class Profiled:
    """``description``: for ``compile_worker.read_program``; None where nothing was sampled.

    ``key``: the action under which the program that was profiled looks for native code.
    """

    key: bytes
    name: str
    filename: str
    line: int
    description: Any
    refusal: str
    counters: Counters | None


@dataclass(frozen=True, slots=True)
class Profile:
    """``target`` and ``layout`` are those of the interpreter that was profiled."""

    version: str
    target: tuple[str, str]
    layout: dict[str, int]
    functions: tuple[Profiled, ...]

    def of_code(self, code: CodeType) -> Profiled | None:
        """What is known of exactly this code, wherever its file lies."""
        for function in self.functions:
            if function.name == code.co_qualname and function.line == code.co_firstlineno:
                described = code_of(function)
                if described is None:
                    if function.filename == code.co_filename:
                        return function
                # Equality does not look at file names.
                elif described == code:
                    return function
        return None


def code_of(function: Profiled) -> CodeType | None:
    if function.description is None:
        return None
    code: CodeType = marshal.loads(function.description[0][0][0])
    return code


def read_profile(path: Path) -> Profile:
    """Raises DxError for a file that is no profile."""
    try:
        data = path.read_bytes()
    except OSError as error:
        raise DxError(f"cannot read '{path}': {error.strerror}") from None
    return parse_profile(data)


def parse_profile(data: bytes) -> Profile:
    payload = decode_as(data, kind=KIND, schema=SCHEMA)
    try:
        blobs, (version, target, layout), rows = marshal.loads(payload)
        functions = tuple(_profiled(row, blobs) for row in rows)
    except (ValueError, TypeError, EOFError, LookupError) as error:
        raise DamagedArtifactError(f"damaged profile: {error}") from None
    return Profile(version, target, dict(layout), functions)


def _profiled(row: tuple[Any, ...], blobs: tuple[bytes, ...]) -> Profiled:
    key, name, filename, line, description, refusal, counters = row
    if description is not None:
        routines, *tables = description
        shared = tuple(
            (blobs[code], blobs[samples], *rest) for code, samples, *rest in routines
        )
        description = (shared, *tables)
    counted = None if counters is None else Counters(*counters)
    return Profiled(key, name, filename, line, description, refusal, counted)


def profile_text(data: bytes) -> str:
    """One line a function: what became of it."""
    profile = parse_profile(data)
    head = f"CPython {profile.version.splitlines()[0]}, {' '.join(profile.target)}"
    return "\n".join([head, *map(_line, profile.functions)])


def _line(function: Profiled) -> str:
    place = f"{function.filename}:{function.line} {function.name}"
    if function.counters is None:
        return f"{place}: {function.refusal or 'no native code yet'}"
    counters = function.counters
    exits = sum(times for *_, times in counters.failed)
    return (
        f"{place}: {counters.code_size:,} bytes, entered {counters.entries:,} times, "
        f"{counters.raises:,} exceptions, {exits:,} exits"
    )
