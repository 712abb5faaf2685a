"""A TypeError inside a function that was given another type than its annotations say."""

from __future__ import annotations

import builtins
import reprlib
import types
from collections.abc import Callable, Iterator
from types import FrameType, ModuleType


def rule(load: Callable[[str], ModuleType]) -> Callable[[TypeError], Iterator[str]]:
    return _hints


def _hints(error: TypeError) -> Iterator[str]:
    """The innermost call that broke its annotations is the one to look at."""
    found: list[str] = []
    traceback = error.__traceback__
    while traceback is not None:
        found = list(_broken(traceback.tb_frame)) or found
        traceback = traceback.tb_next
    yield from found


def _broken(frame: FrameType) -> Iterator[str]:
    code = frame.f_code
    function = frame.f_globals.get(code.co_name)
    if not isinstance(function, types.FunctionType) or function.__code__ is not code:
        return
    for name in code.co_varnames[: code.co_argcount + code.co_kwonlyargcount]:
        expected = _accepted(function.__annotations__.get(name))
        if not expected or name not in frame.f_locals:
            continue
        value = frame.f_locals[name]
        if not isinstance(value, expected):
            wanted = " or ".join(kind.__name__ for kind in expected)
            yield (
                f"'{name}' of {code.co_qualname}() is annotated as {wanted}, "
                f"and is {reprlib.repr(value)} ({type(value).__name__})"
            )


def _accepted(annotation: object) -> tuple[type, ...]:
    """The classes that an annotation of built-in types names; () for anything else.

    By PEP 484 an int is a float, and both are a complex.
    """
    if isinstance(annotation, str):
        parts = [vars(builtins).get(part.strip()) for part in annotation.split("|")]
        if "None" in annotation.split("|"):
            parts = [part for part in parts if part is not None] + [type(None)]
    elif isinstance(annotation, types.UnionType):
        parts = list(annotation.__args__)
    else:
        parts = [annotation]
    if not all(isinstance(part, type) for part in parts):
        return ()
    kinds = [part for part in parts if isinstance(part, type)]
    if float in kinds or complex in kinds:
        kinds += [int, float]
    return tuple(dict.fromkeys(kinds))
