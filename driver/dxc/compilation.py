"""One module through the stages, each from the action cache where it was run before."""

from __future__ import annotations

import gc
import io
import os
import tokenize
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Final

from dx_py.artifacts.artifact import Digest, digest
from dx_py.artifacts.errors import DxError
from dx_py.artifacts.stage import Content, action_key, run_stage
from dx_py.artifacts.stat_index import StatIndex
from dx_py.artifacts.store import ArtifactStore
from dx_py.driver.dxc.modules import Module
from dx_py.driver.stages import CodegenStage, LowerStage, ParseStage

PARSE: Final = ParseStage()
CODEGEN: Final = CodegenStage()

#: More objects than this, made and not freed, are worth a look for garbage.
_ALLOCATIONS: Final = 20_000

#: Roles in the pointer file of a module.
ROLES: Final = ("ast", "code")


@dataclass(frozen=True, slots=True)
class Compiled:
    """What became of one module: either its artifacts, or the error in its source."""

    module: Module
    source: Digest
    ast: Content | None = None
    code: Content | None = None
    symbols: Content | None = None
    code_ir: Content | None = None
    error: Exception | None = None

    def digests(self) -> dict[str, Digest]:
        """Role -> digest, as a pointer file holds them."""
        contents = zip(ROLES, (self.ast, self.code), strict=True)
        return {role: content.digest for role, content in contents if content}


class Compiler:
    """Runs the stages over modules; ``optimize`` is as for ``compile()``, 0 to 2, or 3.

    ``DX_STRICT=1`` in the environment makes a defect of a stage fatal.
    """

    def __init__(self, store: ArtifactStore, *, optimize: int) -> None:
        self._store = store
        self._index = StatIndex(store)
        self._optimize = optimize
        self._codegen = CodegenStage(strict=os.environ.get("DX_STRICT") == "1")

    def compile(self, module: Module, *, shown: str = "") -> Compiled:
        """Raises DxError where the source cannot be read; its own errors are a result.

        ``shown``: the kind of an artifact that is made only to be looked at, of
        ``symbols`` and ``code-ir``.
        """
        try:
            return self._compile(module, self.source(module.path), shown)
        except SourceChangedError:
            source = Content.of(_read(module.path))
            return self._compile(module, source, shown)

    def _compile(self, module: Module, source: Content, shown: str) -> Compiled:
        try:
            tree = self.parse(source)
            code = run_stage(self._store, self._codegen, [tree], self._code_options())
            self._record_shortcut(source, code)
            scopes = self._symbols(tree) if shown == "symbols" else None
            lowered = self._lowered(tree) if shown == "code-ir" else None
        except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
            return Compiled(module, source.digest, error=located(error, module.path, source))
        return Compiled(module, source.digest, tree, code, scopes, lowered)

    def source(self, path: Path) -> Content:
        """A source file, which is not read if the stat index knows its digest."""
        try:
            known, data = self._index.digest_of(path)
        except OSError as error:
            raise _unreadable(path, error) from None
        return (
            Content(known, lambda: _read_as(path, known)) if data is None else Content.of(data)
        )

    def parse(self, source: Content) -> Content:
        return run_stage(self._store, PARSE, [source], {"mode": "exec"})

    def _lowered(self, tree: Content) -> Content:
        return run_stage(self._store, LowerStage(), [tree], self._code_options())

    def _symbols(self, tree: Content) -> Content:
        from dx_py.driver.symbols_stage import SymbolsStage

        return run_stage(self._store, SymbolsStage(), [tree], {})

    def source_action(self, source: Digest) -> Digest:
        """The key under which a running program, which has the source, finds the code."""
        return action_key(CODEGEN, [source], self._code_options())

    def _code_options(self) -> dict[str, int]:
        return {"optimize": self._optimize}

    def _record_shortcut(self, source: Content, code: Content) -> None:
        action = self.source_action(source.digest)
        if self._store.lookup(action) != code.digest:
            self._store.record(action, code.digest)


def collect_rarely() -> None:
    """Let Python look for garbage less often: a process of ours, which makes little of it,
    otherwise spends a fifth of its time looking through trees."""
    gc.set_threshold(_ALLOCATIONS)


class SourceChangedError(DxError):
    """A source file is not any more what it was when its digest was asked for."""


def _read_as(path: Path, known: Digest) -> bytes:
    data = _read(path)
    if digest(data) != known:
        raise SourceChangedError(f"'{path}' changed while it was compiled")
    return data


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise _unreadable(path, error) from None


def _unreadable(path: Path, error: OSError) -> DxError:
    return DxError(f"cannot read '{path}': {error.strerror}")


def located(error: Exception, path: Path, source: Content) -> Exception:
    """The error, told of the file and the line that no stage knows."""
    if isinstance(error, SyntaxError):
        error.filename = str(path)
        if error.text is None and error.lineno:
            error.text = _line(source.read(), error.lineno)
    return error


def _line(data: bytes, number: int) -> str | None:
    encoding, _ = tokenize.detect_encoding(io.BytesIO(data).readline)
    lines = io.TextIOWrapper(io.BytesIO(data), encoding, errors="replace")
    return next(islice(lines, number - 1, None), None)
