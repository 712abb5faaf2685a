"""An import that failed: what to install, which module was meant, which file is in the way."""

from __future__ import annotations

import os
import pkgutil
import sys
from collections.abc import Callable, Iterator
from types import ModuleType


def rule(load: Callable[[str], ModuleType]) -> Callable[[ImportError], Iterator[str]]:
    near = load("near")
    table = load("distributions")

    def hints(error: ImportError) -> Iterator[str]:
        if isinstance(error, ModuleNotFoundError) and error.name:
            yield from _missing_module(error.name, near, table)
        elif error.name:
            yield from _hiding_file(error.name.partition(".")[0])

    return hints


def _missing_module(name: str, near: ModuleType, table: ModuleType) -> Iterator[str]:
    parent, _, last = name.rpartition(".")
    package = sys.modules.get(parent) if parent else None
    if package is not None:
        yield from _missing_submodule(package, parent, last, near)
        return
    top = name.partition(".")[0]
    if top in table.OPTIONAL_PARTS:
        yield f"this Python was built without {table.OPTIONAL_PARTS[top]}"
        return
    close = near.near_names(top, _importable())
    if close:
        yield f"is {near.listed(close)} meant?"
    if top in table.DISTRIBUTIONS or not close:
        distribution = table.DISTRIBUTIONS.get(top, top.replace("_", "-"))
        yield f"to install it: dx-py pip install {distribution}"


def _missing_submodule(
    package: ModuleType, parent: str, last: str, near: ModuleType
) -> Iterator[str]:
    paths = getattr(package, "__path__", None)
    if paths is None:
        yield f"'{parent}' is the module {package.__file__}, and no package"
        yield from _hiding_file(parent.partition(".")[0])
        return
    close = near.near_names(last, (module.name for module in pkgutil.iter_modules(paths)))
    if close:
        yield f"is {near.listed([f'{parent}.{name}' for name in close])} meant?"


def _importable() -> set[str]:
    """The standard library, what is installed, and what lies beside the script."""
    names = {name for name in sys.stdlib_module_names if not name.startswith("_")}
    return names | {module.name for module in pkgutil.iter_modules()}


def _hiding_file(name: str) -> Iterator[str]:
    """A file of the program that took the name of a module of the standard library."""
    path = getattr(sys.modules.get(name), "__file__", None)
    if name not in sys.stdlib_module_names or not path:
        return
    if not os.path.abspath(path).startswith(os.path.dirname(os.__file__)):
        yield f"{path} hides the standard library's '{name}': rename it"
