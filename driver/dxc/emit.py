"""``dxc --emit KIND``: what a stage makes of each module, as text."""

from __future__ import annotations

import dis
import io
import sys
from collections.abc import Callable, Iterator
from typing import Final

from dx_py.artifacts.errors import DxError
from dx_py.artifacts.store import ArtifactStore
from dx_py.driver.dxc.compilation import Compiled, Compiler
from dx_py.driver.dxc.engines import Request
from dx_py.driver.dxc.modules import Module
from dx_py.driver.dxc.report import error_text
from dx_py.driver.formats import ast_text, symbols_text
from dx_py.driver.stages import code_of
from dx_py.driver.token_text import token_lines


def emit(store: ArtifactStore, kind: str, request: Request) -> int:
    """Print each module's result, under its name where there are several."""
    compiler = Compiler(store, optimize=request.optimize)
    status = 0
    for module in request.modules:
        if len(request.modules) > 1:
            print(f"# {module.name}")
        result = compiler.compile(module, symbols=kind == "symbols")
        if result.error is not None:
            sys.stderr.write(error_text(result))
            status = 1
            continue
        for line in _KINDS[kind](module, result):
            print(line)
    return status


def _tokens(module: Module, result: Compiled) -> Iterator[str]:
    yield from token_lines(module.path.read_bytes(), str(module.path))


def _ast(module: Module, result: Compiled) -> Iterator[str]:
    assert result.ast is not None
    yield ast_text(result.ast.read())


def _symbols(module: Module, result: Compiled) -> Iterator[str]:
    assert result.symbols is not None
    yield symbols_text(result.symbols.read())


def _bytecode(module: Module, result: Compiled) -> Iterator[str]:
    assert result.code is not None
    text = io.StringIO()
    try:
        dis.dis(code_of(result.code.read(), str(module.path)), file=text)
    except RecursionError:
        raise DxError(f"'{module.path}' is nested too deeply to be shown") from None
    yield text.getvalue().rstrip("\n")


_KINDS: Final[dict[str, Callable[[Module, Compiled], Iterator[str]]]] = {
    "ast": _ast,
    "bytecode": _bytecode,
    "symbols": _symbols,
    "tokens": _tokens,
}
KINDS: Final = tuple(_KINDS)
