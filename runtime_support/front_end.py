"""The front end inside the user's process: one function from source to tree."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    import ast
    from collections.abc import Callable

_ONLY_AST = 0x400


def parser_of(home: str) -> Callable[[bytes | str, str, str], ast.AST]:
    """The parser of the DX-Py installed in ``home``, which is loaded at its first call."""

    def parse(source: bytes | str, filename: str, mode: str) -> ast.AST:
        return compile(source, filename, mode, _ONLY_AST, dont_inherit=True)  # type: ignore[no-any-return]

    return parse
