"""``dx-py pip download``, ``wheel`` and ``hash``: distribution files in a folder."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Callable
from pathlib import Path

from dx_py.pkg.commands.options import Arguments
from dx_py.pkg.commands.resolution_only import Resolved, resolved
from dx_py.pkg.commands.wanted import read_files
from dx_py.pkg.errors import PkgError
from dx_py.pkg.install.wheel_store import digest_of
from dx_py.pkg.resolve.candidate import Candidate

_FileOf = Callable[[Resolved, Candidate, Path], Path]


def download(arguments: Arguments) -> int:
    return _into_folder(arguments, Path(arguments.text("dest", ".")), _as_offered, "saved")


def wheel(arguments: Arguments) -> int:
    folder = Path(arguments.text("wheel-dir", "."))
    return _into_folder(arguments, folder, _as_wheel, "built or saved")


def _into_folder(arguments: Arguments, folder: Path, file_of: _FileOf, word: str) -> int:
    said = read_files(arguments)
    if not said.requirements:
        raise PkgError(f"{arguments.command.word} needs at least one requirement")
    with resolved(arguments, said) as found:
        folder.mkdir(parents=True, exist_ok=True)
        scratch = found.workshop.acquirer.wheels.scratch()
        try:
            pins = found.resolving.resolution.pins.values()
            names = [_save(file_of(found, pin, scratch), folder) for pin in pins]
        finally:
            shutil.rmtree(scratch, ignore_errors=True)
    if not arguments.flag("quiet"):
        sys.stdout.write("".join(f"Saved {folder / name}\n" for name in names))
        sys.stdout.write(f"Successfully {word} {len(names)} files\n")
    return 0


def _save(path: Path, folder: Path) -> str:
    target = folder / path.name
    if not target.exists() or target.read_bytes() != path.read_bytes():
        shutil.copyfile(path, target)
    return path.name


def _as_offered(found: Resolved, candidate: Candidate, scratch: Path) -> Path:
    if candidate.direct is not None:
        return _as_wheel(found, candidate, scratch)
    return found.workshop.acquirer.file_of(candidate.best_file, scratch, candidate.name)


def _as_wheel(found: Resolved, candidate: Candidate, scratch: Path) -> Path:
    if candidate.wheel is not None:
        return found.workshop.acquirer.file_of(candidate.wheel, scratch, candidate.name)
    return found.workshop.builder.build(candidate)


def hash_files(arguments: Arguments) -> int:
    algorithm = arguments.text("algorithm", "sha256")
    status = 0
    for name in arguments.positional:
        path = Path(name)
        if not path.is_file():
            sys.stderr.write(f"ERROR: '{name}' is no file\n")
            status = 1
            continue
        digest = digest_of(path, algorithm)
        sys.stdout.write(f"{name}:\n--hash={algorithm}:{digest}\n")
    if not arguments.positional:
        raise PkgError("hash needs at least one file")
    return status
