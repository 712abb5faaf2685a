"""The constants that a module's top-level statements promise.

    LIMIT: Final = 60 * 60              LIMIT is 3600 from here on
    from typing import TYPE_CHECKING    TYPE_CHECKING is False
    TYPE_CHECKING = False               likewise (as type checkers take it)
    import typing                       typing.TYPE_CHECKING is False
    import sys                          sys.version_info begins with 3, 12

PEP 591 has a `Final` name bound once; PEP 484 has `TYPE_CHECKING` false in a running program;
and code for one host meets one version.
"""

from __future__ import annotations

import ast
import sys
from collections import Counter
from typing import Any, Final

from dx_py.frontend.folding.bindings import STAR

_TYPING: Final = ("typing", "typing_extensions")
_PLAIN: Final = (int, str, bytes, float, complex, type(None))
#: What is known of ``sys.version_info``: comparing with more would ask for the release.
VERSION: Final = tuple(sys.version_info[:2])


class Promises:
    """What is known after the statements seen so far; ``constants`` is by name."""

    def __init__(self, bindings: Counter[str]) -> None:
        self._bindings = bindings
        self._finals: set[str] = set()
        self._typing: set[str] = set()
        self._sys: set[str] = set()
        self.constants: dict[str, Any] = {}

    def see(self, statement: ast.stmt) -> None:
        """Take note of a top-level statement, already folded."""
        match statement:
            case ast.ImportFrom(module=module, level=0) if module in _TYPING:
                self._see_typing_names(statement.names)
            case ast.Import():
                self._see_modules(statement.names)
            case ast.AnnAssign(target=ast.Name(id=name), value=ast.Constant(value=value)):
                if self._is_final(statement.annotation) or _is_type_checking(name, value):
                    self._promise(name, value)
            case ast.Assign(targets=[ast.Name(id=name)], value=ast.Constant(value=value)):
                if _is_type_checking(name, value):
                    self._promise(name, value)

    def is_type_checking(self, node: ast.Attribute) -> bool:
        """Whether the node is ``typing.TYPE_CHECKING``."""
        named = isinstance(node.value, ast.Name) and node.value.id in self._typing
        return named and node.attr == "TYPE_CHECKING"

    def is_version(self, node: ast.expr) -> bool:
        """Whether the node is ``sys.version_info``."""
        match node:
            case ast.Attribute(value=ast.Name(id=name), attr="version_info"):
                return name in self._sys
        return False

    def _see_typing_names(self, names: list[ast.alias]) -> None:
        for alias in names:
            bound = alias.asname or alias.name
            if alias.name == "Final" and self._is_bound_once(bound):
                self._finals.add(bound)
            elif alias.name == "TYPE_CHECKING":
                self._promise(bound, False)

    def _see_modules(self, names: list[ast.alias]) -> None:
        for alias in names:
            bound = alias.asname or alias.name
            if alias.name in _TYPING and self._is_bound_once(bound):
                self._typing.add(bound)
            elif alias.name == "sys" and self._is_bound_once(bound):
                self._sys.add(bound)

    def _is_final(self, annotation: ast.expr) -> bool:
        match annotation:
            case ast.Subscript(value=value):
                return self._is_final(value)
            case ast.Name(id=name):
                return name in self._finals
            case ast.Attribute(value=ast.Name(id=module), attr="Final"):
                return module in self._typing
        return False

    def _promise(self, name: str, value: object) -> None:
        # In a class, a name of this form is another one.
        is_private = name.startswith("__") and not name.endswith("__")
        if isinstance(value, _PLAIN) and self._is_bound_once(name) and not is_private:
            self.constants[name] = value

    def _is_bound_once(self, name: str) -> bool:
        return self._bindings[name] == 1 and not self._bindings[STAR]


def _is_type_checking(name: str, value: object) -> bool:
    return name == "TYPE_CHECKING" and value is False
