"""An uncaught exception -> hints: what the message of CPython leaves for the reader to find.

Loaded when the exception has been printed, so that a program that ends well never pays.
Each rule gives sentences or nothing; what CPython itself suggests is not said again.
"""

from __future__ import annotations

from collections.abc import Callable
from types import ModuleType

#: Kind of exception -> modules of this folder. Each has ``rule(load)``, a function from the
#: exception to sentences.
RULES: dict[type[BaseException], tuple[str, ...]] = {
    ImportError: ("imports", "extensions"),
    TypeError: ("calls", "operands", "annotations"),
    NameError: ("names",),
    LookupError: ("names",),
    AttributeError: ("names",),
}


def hints_for(
    error: BaseException,
    load: Callable[[str], ModuleType],
    tell_failure: Callable[[str, Exception], None],
) -> list[str]:
    """``load`` gives a module of this folder; a rule that raises is told and passed over."""
    found: list[str] = []
    for kind, names in RULES.items():
        for name in names if isinstance(error, kind) else ():
            try:
                found += load(name).rule(load)(error)
            except Exception as failure:
                tell_failure(f"the hint of '{name}'", failure)
    return list(dict.fromkeys(found))
