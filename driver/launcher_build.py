"""``driver/launcher/*.c`` into the script ``dx-py``, as part of every build.

Without a working C compiler the script is one in Python that does the same; on Windows, and
under ``DX_PORTABLE=1``, that is a console-script entry point, for which installers make an
executable. Runs at build time only, when ``dx_py`` is not installed yet.
"""

from __future__ import annotations

import importlib.util
import os
import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from types import ModuleType
from typing import ClassVar

from distutils.ccompiler import CCompiler, new_compiler
from distutils.errors import CCompilerError, DistutilsError, LinkError
from distutils.sysconfig import customize_compiler
from setuptools import Command
from setuptools.command.egg_info import egg_info

ROOT = Path(__file__).resolve().parent.parent
SOURCES = ROOT / "driver" / "launcher"
#: Stages whose native code the launcher holds, for answers without Python.
LIBRARIES = tuple(
    ROOT / folder
    for folder in (
        "artifacts/native",
        "frontend/native",
        "pkg/native",
        "testrun/native",
        "testrun/native/derive",
    )
)
FLAGS = ["-std=gnu11", "-O3", "-g0", "-Wall", "-Wextra"]
#: Loading libc costs a start 0.08 ms of 0.4, and ties the launcher to the machine's libc.
STATIC = ["-fPIE", "-static-pie"] if sys.platform == "linux" else []

PORTABLE_MODULE = "dx_py.driver.portable_launcher.__main__"

#: Installers put their interpreter's path in place of ``#!python``.
PORTABLE_SCRIPT = f"""\
#!python
import sys

from {PORTABLE_MODULE} import main

sys.exit(main())
"""


class DescribeScripts(egg_info):
    """The command ``egg_info``, which here decides whether ``dx-py`` is an entry point."""

    def finalize_options(self) -> None:
        scripts = vars(self.distribution)["entry_points"]["console_scripts"]
        script = f"dx-py = {PORTABLE_MODULE}:main"
        # An editable build finalises this command more than once.
        if not has_native_launcher() and script not in scripts:
            scripts.append(script)
        super().finalize_options()


class BuildLauncher(Command):
    """The command ``build_scripts``, whose one script is ``dx-py``."""

    description = "build the dx-py launcher"
    user_options: ClassVar[list[tuple[str, str, str]]] = [
        ("build-dir=", "d", "folder of the script"),
        ("executable=", "e", "ignored: installers choose the script's interpreter"),
        ("force", "f", "ignored: it is always built"),
    ]
    boolean_options: ClassVar[list[str]] = ["force"]

    def initialize_options(self) -> None:
        self.build_dir = ""
        self.executable = ""
        self.force = False
        self.editable_mode = False

    def finalize_options(self) -> None:
        self.build_dir = self.build_dir or self.get_finalized_command("build").build_scripts

    def get_source_files(self) -> list[str]:
        """What a source distribution must hold, relative to the checkout."""
        return [str(path.relative_to(ROOT)) for path in source_files("*.[ch]")]

    def run(self) -> None:
        target = Path(self.build_dir) / "dx-py"
        target.parent.mkdir(parents=True, exist_ok=True)
        target.unlink(missing_ok=True)
        if not has_native_launcher():
            return
        if not self._compile(target):
            target.write_text(PORTABLE_SCRIPT, encoding="utf-8")
        target.chmod(0o755)

    def _compile(self, target: Path) -> bool:
        work = Path(self.get_finalized_command("build").build_temp) / "launcher"
        checkout = ROOT if self.editable_mode else None
        try:
            build_launcher(target, work, checkout=checkout)
        except (CCompilerError, DistutilsError, OSError) as error:
            self.warn(f"no native dx-py, one in Python instead: {error}")
            return False
        return True


def source_files(pattern: str) -> list[Path]:
    return [path for folder in (SOURCES, *LIBRARIES) for path in sorted(folder.glob(pattern))]


def has_native_launcher() -> bool:
    """Whether this platform can have one; the compiler may still be missing."""
    return os.name == "posix" and os.environ.get("DX_PORTABLE") != "1"


def build_launcher(
    target: Path,
    work: Path,
    *,
    checkout: Path | None = None,
    flags: Iterable[str] = (),
    extra: Iterable[str] = (),
) -> None:
    """Compile to ``target``, with objects and generated header under ``work``.

    With ``checkout`` the launcher looks for the package there, and otherwise near itself.
    ``flags``, with which libc is never linked in, and ``extra``, more C files, are of builds
    for tests.
    """
    work.mkdir(parents=True, exist_ok=True)
    (work / "dx_commands.h").write_text(commands_header(), encoding="utf-8")
    _generate_tables(work)
    static = [] if flags else STATIC
    flags = [*FLAGS, *flags]
    defines: list[tuple[str] | tuple[str, str | None]] = []
    if checkout:
        defines.append(("DX_CHECKOUT", f'"{checkout}"'))
    compiler = _compiler()
    objects = compiler.compile(
        [*(os.path.relpath(path) for path in source_files("*.c")), *extra],
        output_dir=str(work),
        macros=defines,
        include_dirs=[str(SOURCES), *map(str, LIBRARIES), str(work)],
        extra_postargs=[*flags, *static[:1]],
    )
    _link(compiler, objects, str(target), flags, static)


def _link(
    compiler: CCompiler, objects: list[str], target: str, flags: list[str], static: list[str]
) -> None:
    try:
        compiler.link_executable(objects, target, extra_postargs=[*flags, *static])
    except LinkError:
        if not static:
            raise
        # No static libc on this machine: most distributions package it apart.
        compiler.link_executable(objects, target, extra_postargs=flags)


def _compiler() -> CCompiler:
    compiler = new_compiler()
    customize_compiler(compiler)
    return compiler


def commands_header() -> str:
    """``dx_commands.h``: the words that are sub-commands, from the table of commands."""
    table = _driver_module("commands")
    words = [f'"{word}"' for word in sorted({*table.COMMANDS, "run"})]
    modules = [
        f'{{"{module}", "{word}"}}' for module, word in sorted(table.module_commands().items())
    ]
    return (
        "struct dx_module_command { const char *module, *word; };\n"
        "static const struct dx_module_command DX_MODULE_COMMANDS[] = "
        f"{{{', '.join([*modules, '{0}'])}}};\n"
        f"static const char *const DX_COMMAND_WORDS[] = {{{', '.join([*words, 'NULL'])}}};\n"
    )


def _generate_tables(target: Path) -> None:
    """The parser's tables, as the front end's own extension modules get them."""
    generate_once: Callable[[str, Path], None] = _driver_module("native_build").generate_once
    generate_once("frontend", target)


def _driver_module(name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(f"_dx_{name}", ROOT / "driver" / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module
