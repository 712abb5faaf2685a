"""Templates of environments for the launcher, which makes the next ones without Python.

`pkg/native/venv.h` describes their form. They hold what `venv` keeps for itself, the wheels
that the interpreter brings along, and stamps of the files that all of this came from.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from pathlib import Path

from dx_py.pkg.install.bundled_pip import bundled_wheels
from dx_py.pkg.install.native import library
from dx_py.pkg.install.natively import encode_records, stamp
from dx_py.pkg.install.venv import PLACEHOLDER, Template, kept_template
from dx_py.pkg.install.wheel_store import WheelStore, sha256_of
from dx_py.pkg.interpreter import Interpreter
from dx_py.pkg.store_paths import save

_MAGIC = "DXVENV1"
Record = tuple[str, ...]


def note_template(found: Path, interpreter: Interpreter, store: Path) -> None:
    """``found`` is the interpreter as it was named or found on PATH."""
    base = Path(str(interpreter.answer["base_executable"]))
    template = kept_template(base, store, ())
    if template is None or library() is None:
        return
    wheels = bundled_wheels(interpreter)
    config = found.parent.parent / "pyvenv.cfg"
    watched = [found, base, base.resolve(), config, *wheels]
    records = [(_MAGIC,), *(("T", str(path), stamp(path)) for path in watched)]
    records += [*_tree(template), *_wheels(wheels, WheelStore(store))]
    if not any("\0" in field for record in records for field in record):
        save(_path(found, store), encode_records(records), store=store)


def _tree(template: Template) -> Iterator[Record]:
    yield "H", template["home"]
    yield "N", PLACEHOLDER
    for folder in template["folders"]:
        yield "D", folder
    for link, target in template["links"]:
        yield "L", link, target
    for name, mode, data in template["files"]:
        yield "F", name, f"{mode:o}", f"={os.fsdecode(data)}"


def _wheels(wheels: Iterable[Path], known: WheelStore) -> Iterator[Record]:
    """All of them or none: those that are not in the store yet cannot be named."""
    found = [(sha256_of(wheel), wheel.name.partition("-")[0]) for wheel in wheels]
    if all(known.find(digest) for digest, _ in found):
        yield from (("W", digest, name) for digest, name in found)
        yield ("P",)


def _path(found: Path, store: Path) -> Path:
    import hashlib

    return store / "venvs" / hashlib.sha256(os.fsencode(found)).hexdigest()
