"""The command ``dx_py`` of setuptools, and a ``build`` that runs it after the others.

[build-system]
requires = ["setuptools>=80", "dx-py"]

[tool.setuptools.cmdclass]
build = "dx_py.driver.wheels.setuptools_command.Build"

[tool.distutils.dx_py]
levels = "0"
"""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import ClassVar

from setuptools import Command
from setuptools.command.build import build

from dx_py.driver.wheels.shipment import ShippedFile, levels_from, ship
from dx_py.runtime_support.shipped_artifact import FOLDER

COMMAND = "dx_py"


class ShipCode(Command):
    """Puts the code of the modules in the build's folder beside them."""

    description = "compile the modules of a wheel for dx-py"
    user_options: ClassVar[list[tuple[str, str | None, str]]] = [
        ("levels=", None, "levels of optimisation to ship (0)")
    ]
    editable_mode = False

    def initialize_options(self) -> None:
        self.build_lib: str | None = None
        self.levels = "0"
        self._written: list[str] = []

    def finalize_options(self) -> None:
        self.set_undefined_options("build_py", ("build_lib", "build_lib"))

    def run(self) -> None:
        if self.editable_mode:
            return
        root = Path(self.build_lib or "build/lib")
        # setuptools builds into what the last build left.
        for folder in [*root.rglob(FOLDER)]:
            shutil.rmtree(folder)
        modules = {path.relative_to(root).as_posix(): path for path in root.rglob("*.py")}
        info = self.get_finalized_command("dist_info")
        distribution = Path(vars(info)["dist_info_dir"]).name
        for made in ship(modules, distribution, levels_from(self.levels)):
            if isinstance(made, ShippedFile):
                self._write(root / made.name, made.data)
            else:
                self.warn(f"'{made.module}' is not compiled: {made.why}")

    def get_source_files(self) -> list[str]:
        return []

    def get_outputs(self) -> list[str]:
        return self._written

    def get_output_mapping(self) -> dict[str, str]:
        return {}

    def _write(self, path: Path, data: bytes) -> None:
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(data)
        self._written.append(str(path))


class Build(build):
    """``build`` with ``dx_py`` as its last sub-command."""

    sub_commands: ClassVar = [*build.sub_commands, (COMMAND, None)]

    def initialize_options(self) -> None:
        super().initialize_options()
        self.distribution.cmdclass.setdefault(COMMAND, ShipCode)
