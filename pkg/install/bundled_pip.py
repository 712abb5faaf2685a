"""pip into a new environment, from the wheel that the interpreter has for ``ensurepip``."""

from __future__ import annotations

import sys
from pathlib import Path

from dx_py.pkg.environment import Environment
from dx_py.pkg.install.apply import Change, apply
from dx_py.pkg.install.installer import Installation
from dx_py.pkg.install.wheel_store import WheelStore
from dx_py.pkg.interpreter import Interpreter
from dx_py.pkg.names import NormalizedName


def install_bundled(environment: Environment, store: Path) -> None:
    """pip, and for interpreters that bring it setuptools; nothing where there is no wheel."""
    found = bundled_wheels(environment.interpreter)
    if not found or "pip" in environment.installed:
        return
    wheels = WheelStore(store)
    installations = [
        Installation(
            NormalizedName(wheel.name.partition("-")[0]),
            wheel.name.split("-")[1],
            wheels.add(wheel, wheel.name.partition("-")[0]),
            requested=True,
        )
        for wheel in found
    ]
    apply(Change(tuple(installations), ()), environment, keep_undo=True)


def bundled_wheels(interpreter: Interpreter) -> list[Path]:
    """The wheels that the interpreter brings along for its environments."""
    base = Path(str(interpreter.answer["base_prefix"]))
    major, minor, _ = interpreter.version
    lib = "Lib" if sys.platform == "win32" else f"lib/python{major}.{minor}"
    return sorted((base / lib / "ensurepip" / "_bundled").glob("*.whl"))
