"""pip into a new environment, from the wheel that the interpreter has for ``ensurepip``."""

from __future__ import annotations

import sys
from pathlib import Path

from dx_py.pkg.environment import Environment
from dx_py.pkg.install.apply import Change, apply
from dx_py.pkg.install.installer import Installation
from dx_py.pkg.install.wheel_store import WheelStore
from dx_py.pkg.names import NormalizedName


def install_bundled(environment: Environment, store: Path) -> None:
    """pip, and for interpreters that bring it setuptools; nothing where there is no wheel."""
    bundled = _bundled_folder(environment)
    if bundled is None or "pip" in environment.installed:
        return
    wheels = WheelStore(store)
    installations = [
        Installation(
            NormalizedName(wheel.name.partition("-")[0]),
            wheel.name.split("-")[1],
            wheels.add(wheel, wheel.name.partition("-")[0]),
            requested=True,
        )
        for wheel in sorted(bundled.glob("*.whl"))
    ]
    apply(Change(tuple(installations), ()), environment, keep_undo=True)


def _bundled_folder(environment: Environment) -> Path | None:
    base = Path(str(environment.interpreter.answer["base_prefix"]))
    major, minor, _ = environment.interpreter.version
    lib = "Lib" if sys.platform == "win32" else f"lib/python{major}.{minor}"
    folder = base / lib / "ensurepip" / "_bundled"
    return folder if folder.is_dir() else None
