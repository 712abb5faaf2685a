"""Where this DX-Py is installed."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Installation:
    """``home`` is the folder of the ``dx_py`` package, ``python`` the interpreter it was
    installed with."""

    home: str
    python: str


def find_installation() -> Installation:
    home = Path(__file__).resolve().parent.parent.parent
    return Installation(home=str(home), python=sys.executable)


def bootstrap_of(home: str) -> str:
    """The folder that goes on PYTHONPATH for a package folder ``home``."""
    return str(Path(home, "runtime_support", "bootstrap"))
