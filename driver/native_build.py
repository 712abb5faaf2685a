"""``<stage>/native/*.c`` into importable extension modules, as part of every build.

Runs at build time only, when ``dx_py`` is not installed yet: ``dx_py`` is made importable
from the checkout so that generators (the parser's tables) are ordinary modules.
"""

from __future__ import annotations

import importlib
import sys
from pathlib import Path
from types import ModuleType

from cffi import FFI
from setuptools import Extension
from setuptools.command.build_ext import build_ext

ROOT = Path(__file__).resolve().parent.parent

#: Stages whose C code includes generated files: module with ``generate(target: Path)``.
GENERATORS = {"frontend": "dx_py.frontend.grammar.generate"}


class BuildNative(build_ext):
    """``build_ext`` that runs generators and asks cffi for glue code first.

    A module named ``dx_py.<stage>._native`` is bound by cffi in API mode from the
    declarations in ``<stage>/native/<stage>.cdef.h``; every other module is a plain C-API
    extension.
    """

    def build_extension(self, ext: Extension) -> None:
        _, stage, module = ext.name.split(".")
        generated = Path(self.build_temp) / stage
        generated.mkdir(parents=True, exist_ok=True)
        if stage in GENERATORS:
            generate_once(stage, generated)
            self._ship(stage, generated)
        ext.depends = [*ext.depends, *_dependencies(stage)]
        ext.include_dirs = [*ext.include_dirs, str(ROOT / stage / "native"), str(generated)]
        ext.extra_compile_args = [*ext.extra_compile_args, *self._flags()]
        if module == "_native":
            glue = generated / "_native.c"
            _cffi(ext.name, stage).emit_c_code(str(glue))
            ext.sources = [*ext.sources, str(glue)]
        super().build_extension(ext)

    def _flags(self) -> list[str]:
        if self.compiler.compiler_type == "msvc":
            return ["/std:c11", "/O2"]
        return ["-std=gnu11", "-O3", "-fvisibility=hidden"]

    def _ship(self, stage: str, generated: Path) -> None:
        """``*.msgpack`` products are data of the package."""
        in_place = self.inplace or self.editable_mode
        package = ROOT / stage if in_place else Path(self.build_lib) / "dx_py" / stage
        for product in generated.glob("*.msgpack"):
            shipped = package / "_generated" / product.name
            shipped.parent.mkdir(parents=True, exist_ok=True)
            shipped.write_bytes(product.read_bytes())


def generate_once(stage: str, target: Path) -> None:
    """Write a stage's generated files into ``target`` if its sources are newer."""
    marker = target / "generated"
    if _is_newer(marker, _dependencies(stage)):
        return
    _make_checkout_importable()
    importlib.import_module(GENERATORS[stage]).generate(target)
    marker.touch()


def _dependencies(stage: str) -> list[str]:
    """What a module of the stage is made from beside its own sources."""
    folders = (ROOT / stage / "native", ROOT / stage / "grammar")
    files = [path for folder in folders for path in folder.rglob("*") if path.is_file()]
    tables = ROOT / stage / "tables.py"
    files += [tables] if tables.exists() else []
    return sorted(str(path) for path in files if path.suffix != ".pyc")


def _is_newer(marker: Path, files: list[str]) -> bool:
    if not marker.exists():
        return False
    time = marker.stat().st_mtime_ns
    return all(Path(name).stat().st_mtime_ns <= time for name in files)


def _make_checkout_importable() -> None:
    if "dx_py" not in sys.modules:
        namespace = ModuleType("dx_py")
        namespace.__path__ = [str(ROOT)]
        sys.modules["dx_py"] = namespace


def _cffi(module: str, stage: str) -> FFI:
    folder = ROOT / stage / "native"
    ffi = FFI()
    ffi.cdef((folder / f"{stage}.cdef.h").read_text(encoding="utf-8"))
    callbacks = folder / f"{stage}.callbacks.h"
    if callbacks.exists():
        ffi.cdef(callbacks.read_text(encoding="utf-8"))
    ffi.set_source(module, f'#include "{stage}.h"')
    return ffi
