"""Bytecode of what runs in users' processes, as part of every wheel.

Most installers compile what they install. Where one does not, and the folder cannot be written
or PYTHONDONTWRITEBYTECODE is set, each start of a program would compile it: 1.8 ms on top
of python's 6.6. The files are checked against their sources' hashes, because times do not
survive installing. Runs at build time only.
"""

from __future__ import annotations

import py_compile
from pathlib import Path

from setuptools.command.build_py import build_py

FOLDER = "dx_py/runtime_support"


class BuildModules(build_py):
    """``build_py`` that also compiles the runtime's modules; not in an editable install."""

    def run(self) -> None:
        super().run()
        if not self.editable_mode:
            for source in sorted(Path(self.build_lib, FOLDER).rglob("*.py")):
                compile_source(source, shown_as=str(source.relative_to(self.build_lib)))


def compile_source(source: Path, *, shown_as: str) -> None:
    """Write ``__pycache__``; ``shown_as`` keeps the build's folder out of it."""
    py_compile.compile(
        str(source),
        dfile=shown_as,
        doraise=True,
        invalidation_mode=py_compile.PycInvalidationMode.CHECKED_HASH,
    )
