"""``dxc --emit KIND``: what a stage makes of each module, as text.

What shows a kind is imported when that kind is asked for: compiling needs none of it.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Final

from dx_py.artifacts.store import ArtifactStore
from dx_py.driver.dxc.compilation import Compiled, Compiler
from dx_py.driver.dxc.engines import Request
from dx_py.driver.dxc.report import error_text

#: Stages of the native tier, which ``native_views`` shows.
NATIVE_KINDS: Final = ("asm", "llvm", "obj", "opt-ir", "ssa")


def emit(store: ArtifactStore, kind: str, request: Request) -> int:
    """Print each module's result, under its name where there are several."""
    compiler = Compiler(store, optimize=request.optimize)
    status = 0
    for module in request.modules:
        if len(request.modules) > 1:
            print(f"# {module.name}")
        result = compiler.compile(module, shown=kind)
        problem = error_text(result) if result.error else _show(kind, result)
        if problem:
            sys.stderr.write(problem)
            status = 1
    return status


def _show(kind: str, result: Compiled) -> str:
    """Why it could not be shown, or nothing."""
    try:
        print(KINDS[kind](result), end="")
    except RecursionError:
        return f"dxc: '{result.module.path}' is nested too deeply to be shown\n"
    return ""


def _tokens(result: Compiled) -> str:
    from dx_py.driver.token_text import token_lines

    path = result.module.path
    return "".join(f"{line}\n" for line in token_lines(path.read_bytes(), str(path)))


def _ast(result: Compiled) -> str:
    from dx_py.driver.formats import ast_text

    assert result.ast is not None
    return ast_text(result.ast.read()) + "\n"


def _symbols(result: Compiled) -> str:
    from dx_py.driver.formats import symbols_text

    assert result.symbols is not None
    return symbols_text(result.symbols.read()) + "\n"


def _code_ir(result: Compiled) -> str:
    from dx_py.driver.formats import code_ir_text

    assert result.code_ir is not None
    return code_ir_text(result.code_ir.read()) + "\n"


def _bytecode(result: Compiled) -> str:
    from dx_py.driver.formats import disassembly
    from dx_py.driver.stages import code_of

    assert result.code is not None
    return disassembly(code_of(result.code.read(), str(result.module.path)))


KINDS: Final[dict[str, Callable[[Compiled], str]]] = {
    "ast": _ast,
    "bytecode": _bytecode,
    "code-ir": _code_ir,
    "symbols": _symbols,
    "tokens": _tokens,
}
