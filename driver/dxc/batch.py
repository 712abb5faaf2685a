"""One edge of a compilation: some modules, in one process.

    python -I -m dx_py.driver.dxc.batch FOLDER BATCH OPTIMIZE STAGES

``FOLDER/BATCH.json`` lists the modules; for each, a pointer file is written, or the text of its
error to ``FOLDER/BATCH.errors``. Exit status 1 if there were errors. ``STAGES`` names the
versions of all stages: with another, the command line is another and ninja runs the edge again.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from pathlib import Path

from dx_py.artifacts.configuration import open_default
from dx_py.artifacts.errors import DxError
from dx_py.artifacts.pointer import write_if_changed, write_pointer
from dx_py.driver.dxc.compilation import Compiled, Compiler, collect_rarely
from dx_py.driver.dxc.modules import Module
from dx_py.driver.dxc.report import error_text


def main(arguments: Sequence[str]) -> int:
    folder, batch, optimize, _ = arguments
    collect_rarely()
    compiler = Compiler(open_default(), optimize=int(optimize))
    errors: dict[str, str] = {}
    for module in read_batch(Path(folder), batch):
        if error := compile_to_pointer(compiler, module, Path(folder)):
            errors[module.name] = error
    write_if_changed(errors_path(Path(folder), batch), json.dumps(errors))
    return 1 if errors else 0


def compile_to_pointer(compiler: Compiler, module: Module, folder: Path) -> str:
    """The text of the module's error, empty if it has none."""
    pointer = pointer_path(folder, module)
    try:
        result: Compiled = compiler.compile(module)
    except DxError as error:
        pointer.unlink(missing_ok=True)
        return f"dxc: {error}\n"
    if result.error is not None:
        pointer.unlink(missing_ok=True)
        return error_text(result)
    write_pointer(pointer, result.digests())
    return ""


def write_batch(folder: Path, batch: str, modules: Sequence[Module]) -> None:
    listed = [[str(module.path), module.name] for module in modules]
    write_if_changed(batch_path(folder, batch), json.dumps(listed, indent=0))


def read_batch(folder: Path, batch: str) -> list[Module]:
    listed = json.loads(batch_path(folder, batch).read_text(encoding="utf-8"))
    return [Module(Path(path), name) for path, name in listed]


def read_errors(folder: Path, batch: str) -> dict[str, str]:
    """Module name -> text; empty where the file is not there or damaged."""
    try:
        errors = json.loads(errors_path(folder, batch).read_bytes())
    except (OSError, ValueError):
        return {}
    return {str(name): str(text) for name, text in dict(errors).items()}


def batch_path(folder: Path, batch: str) -> Path:
    return folder / f"{batch}.json"


def errors_path(folder: Path, batch: str) -> Path:
    return folder / f"{batch}.errors"


def pointer_path(folder: Path, module: Module) -> Path:
    return folder / "pointers" / f"{module.name}.ptr"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
