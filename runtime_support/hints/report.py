"""An uncaught exception -> hints: what the message of CPython leaves for the reader to find.

Loaded when the exception has been printed, so that a program that ends well never pays.
Each rule gives sentences or nothing; what CPython itself suggests is not said again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from types import ModuleType
from typing import Any

type Rule = Callable[[Any], Iterator[str]]


def hints_for(error: BaseException, load: Callable[[str], ModuleType]) -> list[str]:
    """``load`` gives a module of this folder. No rule may raise: a hint is only a hint."""
    found: list[str] = []
    for rule in _rules(error, load):
        try:
            found += rule(error)
        except Exception:
            continue
    return list(dict.fromkeys(found))


def _rules(error: BaseException, load: Callable[[str], ModuleType]) -> Iterator[Rule]:
    if isinstance(error, ImportError):
        yield load("imports").hints
    if isinstance(error, TypeError):
        yield load("calls").hints
        yield load("operands").hints
        yield load("annotations").hints
    if isinstance(error, NameError | KeyError | AttributeError):
        yield load("names").hints
