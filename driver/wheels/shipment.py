"""What a wheel ships of its modules' code: a `shipped` artifact for each module and level.

The files are named from the root of the wheel, as its modules are, and the installer lists
them in RECORD with their digests. Their form is ``dx_py.runtime_support.shipped_artifact``'s.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from dx_py.artifacts.artifact import Artifact, body_of, encode
from dx_py.artifacts.configuration import open_default
from dx_py.artifacts.errors import DxError
from dx_py.driver.dxc.compilation import CODEGEN, Compiled, Compiler
from dx_py.driver.dxc.modules import Module
from dx_py.runtime_support import shipped_artifact

LEVELS: Final = (0, 1, 2, 3)


@dataclass(frozen=True, slots=True)
class ShippedFile:
    """``module``: the name of the module that it belongs to; both from the wheel's root."""

    module: str
    name: str
    data: bytes


@dataclass(frozen=True, slots=True)
class Skipped:
    """A module that is shipped as source alone, and why."""

    module: str
    why: str


def ship(
    modules: Mapping[str, Path], distribution: str, levels: Iterable[int]
) -> Iterator[ShippedFile | Skipped]:
    """The files for ``modules``, name -> source, in order of their names.

    ``distribution`` is the name of the wheel's folder ``*.dist-info``.
    """
    store = open_default()
    compilers = [(level, Compiler(store, optimize=level)) for level in levels]
    for name in sorted(modules):
        for level, compiler in compilers:
            compiled = compiler.compile(Module(modules[name], name))
            if compiled.error is not None:
                yield Skipped(name, f"{type(compiled.error).__name__}: {compiled.error}")
                break
            yield _shipped_file(compiled, distribution, level)


def levels_from(value: Any) -> tuple[int, ...]:  # noqa: ANN401 - what a user wrote
    """Levels as a project's settings give them: ``[0, 2]`` or ``"0, 2"``."""
    if isinstance(value, str):
        value = value.replace(",", " ").split()
    words = [str(word) for word in value] if isinstance(value, list) else []
    if not words or any(word not in map(str, LEVELS) for word in words):
        known = ", ".join(map(str, LEVELS))
        raise DxError(f"levels are given as a list of {known}, not as {value!r}")
    return tuple(sorted({int(word) for word in words}))


def _shipped_file(compiled: Compiled, distribution: str, level: int) -> ShippedFile:
    assert compiled.code is not None
    module = compiled.module.name
    payload = {
        "code": bytes(body_of(compiled.code.read())),
        "codegen": CODEGEN.version,
        "distribution": distribution,
        "host": shipped_artifact.host(),
        "level": level,
        "module": module,
        "source": compiled.source,
    }
    data = encode(Artifact(shipped_artifact.KIND, shipped_artifact.SCHEMA, payload))
    return ShippedFile(module, shipped_artifact.file_of(module, level), data)
