"""The compiler for programs: ``ast.parse``, ``ast.unparse`` and ``compile`` by DX-Py.

The three functions have the signatures, results, errors and warnings of the interpreter's own.
What is no source text (trees, wrong arguments) is the interpreter's to judge, so that its
messages are the same.
"""

from __future__ import annotations
import __future__

import ast
import builtins
import os
import sys
from functools import reduce
from operator import or_
from types import CodeType
from typing import Any, Final

from dx_py.driver.code_generation import generate_code
from dx_py.driver.trees import parse_tree
from dx_py.frontend import unparser

type Source = str | bytes | bytearray | memoryview | ast.AST

_FUTURE_FLAGS: Final = reduce(
    or_, (getattr(__future__, name).compiler_flag for name in __future__.all_feature_names)
)
_BARRY_AS_BDFL: Final = __future__.barry_as_FLUFL.compiler_flag
#: ``codeop``'s: whether a line at a prompt is complete is decided by the interpreter's parser.
_PROMPT_FLAGS: Final = 0x200 | 0x4000
#: The least source each mode accepts: compiling it judges the other arguments.
_LEAST: Final = {"exec": "", "eval": "0", "single": "0", "func_type": "()->0"}


def parse(
    source: Source,
    filename: str | bytes | os.PathLike[Any] = "<unknown>",
    mode: str = "exec",
    *,
    type_comments: bool = False,
    feature_version: tuple[int, int] | int | None = None,
) -> ast.AST:
    """As ``ast.parse``."""
    flags = ast.PyCF_ONLY_AST
    if type_comments:
        flags |= ast.PyCF_TYPE_COMMENTS
    tree: ast.AST = _compile(source, filename, mode, flags, -1, _minor(feature_version))
    return tree


def unparse(ast_obj: ast.AST) -> str:
    """As ``ast.unparse``: source that parses to the same tree."""
    return unparser.unparse(ast_obj)


def compile(
    source: Source,
    filename: str | bytes | os.PathLike[Any],
    mode: str,
    flags: int = 0,
    dont_inherit: bool = False,
    optimize: int = -1,
    *,
    _feature_version: int = -1,
) -> CodeType | ast.AST:
    """As ``compile``: a code object, or a tree under ``ast.PyCF_ONLY_AST``.

    Unless ``dont_inherit``, the caller's ``from __future__`` imports hold for the source too.
    """
    if not dont_inherit:
        flags |= sys._getframe(1).f_code.co_flags & _FUTURE_FLAGS
    result: CodeType | ast.AST = _compile(
        source, filename, mode, flags, optimize, _feature_version
    )
    return result


def _minor(feature_version: tuple[int, int] | int | None) -> int:
    if isinstance(feature_version, tuple):
        major, minor = feature_version
        if major != 3:
            raise ValueError(f"Unsupported major version: {major}")
        return minor
    return -1 if feature_version is None else feature_version


def _compile(
    source: Any,  # noqa: ANN401 - judged by the interpreter
    filename: Any,  # noqa: ANN401
    mode: str,
    flags: int,
    optimize: int,
    minor_version: int,
) -> Any:  # noqa: ANN401 - a tree or a code object
    def host(what: object) -> Any:  # noqa: ANN401
        return builtins.compile(
            what,  # type: ignore[call-overload]
            filename,
            mode,
            flags,
            True,
            optimize,
            _feature_version=minor_version,
        )

    if not isinstance(source, str | bytes | bytearray | memoryview) or flags & _PROMPT_FLAGS:
        return host(source)
    host(_LEAST.get(mode, ""))
    name = os.fsdecode(filename)

    def make_tree() -> ast.AST:
        return parse_tree(
            source if isinstance(source, str) else bytes(source),
            filename=name,
            mode=mode,
            minor_version=sys.version_info.minor if minor_version < 0 else minor_version,
            type_comments=bool(flags & ast.PyCF_TYPE_COMMENTS),
            barry_as_bdfl=bool(flags & _BARRY_AS_BDFL),
        )

    try:
        if flags & ast.PyCF_ONLY_AST:
            return make_tree()
        level = sys.flags.optimize if optimize < 0 else optimize
        return generate_code(make_tree, name, optimize=level, flags=flags)
    except RecursionError:
        # A tree may be nested less deeply than a source.
        return host(source)
