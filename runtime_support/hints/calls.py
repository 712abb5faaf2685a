"""A TypeError of a call: the signature that was expected, and the keyword that was meant."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Iterator
from types import ModuleType

_CALL = re.compile(
    r"^(?P<name>[\w.<>]+)\(\) "
    r"(?:missing|takes|got an unexpected keyword argument '(?P<keyword>\w+)'|got multiple)"
)


def rule(load: Callable[[str], ModuleType]) -> Callable[[TypeError], Iterator[str]]:
    near = load("near")
    expression = load("failing_expression")

    def hints(error: TypeError) -> Iterator[str]:
        match = _CALL.match(str(error))
        if match is None:
            return
        node, scope = expression.of(error)
        function = _called(match["name"], expression.value(getattr(node, "func", None), scope))
        if function is None:
            return
        signature = inspect.signature(function)
        if match["keyword"]:
            close = near.near_names(match["keyword"], signature.parameters)
            if close:
                yield f"is the argument {near.listed(close)} meant?"
        yield f"it is called as {match['name']}{signature}"

    return hints


def _called(name: str, function: object) -> Callable[..., object] | None:
    """The Python function of this name; a class gives its ``__init__``."""
    if isinstance(function, type):
        function = vars(function).get("__init__", None)
    if inspect.isfunction(function) and function.__qualname__ == name:
        return function
    return None
